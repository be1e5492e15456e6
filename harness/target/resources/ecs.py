"""ECS services and tasks, through the API of ECS alone: the same calls locally and on AWS."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from harness.target.access import Access

REGISTERED = (
    *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions"),
    *("volumes", "placementConstraints", "requiresCompatibilities", "cpu", "memory"),
    *("pidMode", "ipcMode", "proxyConfiguration", "ephemeralStorage", "runtimePlatform"),
)
"""Fields of DescribeTaskDefinition's answer that RegisterTaskDefinition takes."""
STATUSES = ("RUNNING", "STOPPED")
"""Both desired statuses; ECS forgets a stopped task after about an hour."""
STARTED_BY_HARNESS = "cutover-harness"
"""startedBy of the tasks that scenarios run."""
PROVOKED_BY_HARNESS = f"{STARTED_BY_HARNESS}-provoked"
"""startedBy of the tasks that scenarios let fail on purpose: never evidence of another failure."""
BY_SCENARIOS = (STARTED_BY_HARNESS, PROVOKED_BY_HARNESS)
INTENDED_STOP_CODES = ("UserInitiated", "ServiceSchedulerInitiated")
"""stopCodes of tasks that a user or their service stopped."""
TASKS_AT_ONCE = 100
"""DescribeTasks takes no more ARNs."""
SERVICES_AT_ONCE = 10
"""DescribeServices takes no more names."""


def task_id(arn: str) -> str:
    """Return the last part of a task's ARN, by which everything else calls it."""
    return arn.rsplit("/", 1)[-1]


def php_container(described: Mapping[str, Any], *, access: Access) -> dict[str, Any]:
    """Return Laravel's container of a task or of a task definition, as ECS describes it."""
    family = described.get("family") or family_of(str(described.get("taskDefinitionArn", "")))
    name = access.php_containers.get(family, "")
    containers = described.get("containers") or described["containerDefinitions"]
    return dict(
        next((container for container in containers if container["name"] == name), containers[0])
    )


def address_of(task: Mapping[str, Any]) -> str:
    """Return a task's private address; empty when it has none yet."""
    details = [item for part in task.get("attachments", []) for item in part.get("details", [])]
    return next((item["value"] for item in details if item["name"] == "privateIPv4Address"), "")


def task_arns(ecs: Any, *, cluster: str, statuses: tuple[str, ...], **chosen: str) -> list[str]:
    """Return the ARNs of a cluster's tasks of some desired statuses.

    Args:
        ecs: A client of ECS.
        cluster: The cluster's name.
        statuses: Desired statuses, in the order of the answer.
        **chosen: Whose tasks, as ListTasks takes it: ``serviceName``, ``family`` or ``startedBy``.
    """
    pages = ecs.get_paginator("list_tasks")
    return [
        arn
        for status in statuses
        for page in pages.paginate(cluster=cluster, desiredStatus=status, **chosen)
        for arn in page["taskArns"]
    ]


def describe_tasks(ecs: Any, names: list[str], *, cluster: str) -> list[dict[str, Any]]:
    """Return tasks of ARNs or ids as DescribeTasks shows them, but for those ECS has forgotten."""
    tasks: list[dict[str, Any]] = []
    for first in range(0, len(names), TASKS_AT_ONCE):
        batch = names[first : first + TASKS_AT_ONCE]
        tasks += ecs.describe_tasks(cluster=cluster, tasks=batch)["tasks"]
    return tasks


def find_tasks(
    ecs: Any, *, cluster: str, statuses: tuple[str, ...] = ("RUNNING",), **chosen: str
) -> list[dict[str, Any]]:
    """Return a cluster's tasks of some desired statuses, chosen and shown as above."""
    arns = task_arns(ecs, cluster=cluster, statuses=statuses, **chosen)
    return describe_tasks(ecs, arns, cluster=cluster)


def find_services(ecs: Any, names: list[str], *, cluster: str) -> list[dict[str, Any]]:
    """Return services as DescribeServices shows them; those that the cluster lacks are left out."""
    services: list[dict[str, Any]] = []
    for first in range(0, len(names), SERVICES_AT_ONCE):
        batch = names[first : first + SERVICES_AT_ONCE]
        services += ecs.describe_services(cluster=cluster, services=batch)["services"]
    return services


def copy_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a RegisterTaskDefinition input that makes the same definition again."""
    return deepcopy({key: definition[key] for key in REGISTERED if key in definition})


def stopped_at(task: dict[str, Any]) -> datetime | None:
    """Return when a task began to stop, or else had stopped; None while it runs."""
    at: datetime | None = task.get("stoppingAt") or task.get("stoppedAt")
    return at


class EcsService:
    """One service of a cluster, and its tasks."""

    def __init__(self, ecs: Any, *, cluster: str, name: str, access: Access | None = None) -> None:
        self.ecs = ecs
        self._access = access
        self.cluster = cluster
        self.name = name

    def describe(self) -> dict[str, Any]:
        """Return the service as DescribeServices shows it."""
        answer = self.ecs.describe_services(cluster=self.cluster, services=[self.name])
        return dict(answer["services"][0])

    def definition(self, arn: str = "") -> dict[str, Any]:
        """Return a task definition: the one that the service is on, unless another is named."""
        definition_arn = arn or self.describe()["taskDefinition"]
        answer = self.ecs.describe_task_definition(taskDefinition=definition_arn)
        return dict(answer["taskDefinition"])

    def container(self) -> dict[str, Any]:
        """Return Laravel's container in the task definition that the service is on."""
        definition = self.definition()
        if self._access is None:
            return dict(definition["containerDefinitions"][0])
        return php_container(definition, access=self._access)

    def tasks(self, *, status: str = "RUNNING") -> list[dict[str, Any]]:
        """Return the service's tasks of a desired status, as DescribeTasks shows them."""
        return find_tasks(self.ecs, cluster=self.cluster, statuses=(status,), serviceName=self.name)

    def task(self, task: str) -> dict[str, Any]:
        """Return one task as DescribeTasks shows it; nothing when it is forgotten."""
        tasks = describe_tasks(self.ecs, [task], cluster=self.cluster)
        return tasks[0] if tasks else {}

    def running(self) -> set[str]:
        """Return the ids of the tasks that run and are meant to."""
        return {
            task_id(task["taskArn"]) for task in self.tasks() if task["lastStatus"] == "RUNNING"
        }

    def known(self) -> set[str]:
        """Return the ids of all tasks that ECS still knows, running or stopped."""
        arns = task_arns(self.ecs, cluster=self.cluster, statuses=STATUSES, serviceName=self.name)
        return {task_id(arn) for arn in arns}

    def is_stable(self) -> bool:
        """Return whether the service has one deployment, completed, with all of its tasks."""
        service = self.describe()
        (first, *rest) = service["deployments"]
        running = service["runningCount"] == service["desiredCount"]
        return not rest and first.get("rolloutState") == "COMPLETED" and bool(running)

    def update(self, **changes: Any) -> dict[str, Any]:
        """Change the service, as UpdateService takes it; return it as it is then."""
        answer = self.ecs.update_service(cluster=self.cluster, service=self.name, **changes)
        return dict(answer["service"])

    def replace_all(self) -> None:
        """Start a new task for each; ECS stops the old ones when the new ones are healthy."""
        self.update(forceNewDeployment=True)

    @contextmanager
    def scaled_to(self, count: int) -> Iterator[None]:
        """Ask for this many tasks inside the block, and for as many as before after it."""
        before = self.describe()["desiredCount"]
        self.update(desiredCount=count)
        try:
            yield
        finally:
            self.update(desiredCount=before)


def command_line(container: Mapping[str, Any]) -> list[str]:
    """Return the words that a container's definition starts: its entry point's, its command's."""
    return [*(container.get("entryPoint") or ()), *(container.get("command") or ())]


def services_of(access: Access, *, ecs: Any) -> dict[str, EcsService]:
    """Return the app's services by their names in cutover.toml."""
    return {
        key: EcsService(ecs, cluster=access.cluster, name=name, access=access)
        for key, name in access.services.items()
    }
