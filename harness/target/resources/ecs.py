"""The tasks of an ECS cluster, as every part of the harness asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


STATUSES = ("RUNNING", "STOPPED")
"""Both desired statuses; ECS forgets a stopped task after about an hour."""


_ASKED_AT_ONCE = 100
"""DescribeTasks takes no more ARNs."""


def task_id(arn: str) -> str:
    """Return the last part of a task's ARN, by which everything else calls it."""
    return arn.rsplit("/", 1)[-1]


def address_of(task: Mapping[str, Any]) -> str:
    """Return a task's private address; empty when it has none yet."""
    details = [one for part in task.get("attachments", []) for one in part.get("details", [])]
    return next((one["value"] for one in details if one["name"] == "privateIPv4Address"), "")


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


def described(ecs: Any, arns: list[str], *, cluster: str) -> list[dict[str, Any]]:
    """Return tasks as DescribeTasks shows them; those that ECS has forgotten are left out."""
    found: list[dict[str, Any]] = []
    for first in range(0, len(arns), _ASKED_AT_ONCE):
        asked = arns[first : first + _ASKED_AT_ONCE]
        found += ecs.describe_tasks(cluster=cluster, tasks=asked)["tasks"]
    return found


def find_tasks(
    ecs: Any, *, cluster: str, statuses: tuple[str, ...] = ("RUNNING",), **chosen: str
) -> list[dict[str, Any]]:
    """Return a cluster's tasks of some desired statuses, chosen and shown as above."""
    return described(
        ecs, task_arns(ecs, cluster=cluster, statuses=statuses, **chosen), cluster=cluster
    )


def stopped_at(task: dict[str, Any]) -> datetime | None:
    """Return when a task began to stop, or else had stopped; None while it runs."""
    found: datetime | None = task.get("stoppingAt") or task.get("stoppedAt")
    return found


class EcsService:
    """A service of the cluster, by its name."""

    def __init__(self, ecs: Any, *, cluster: str, name: str) -> None:
        self._ecs = ecs
        self.cluster = cluster
        self.name = name

    def describe(self) -> dict[str, Any]:
        """Return the service as DescribeServices shows it."""
        answer = self._ecs.describe_services(cluster=self.cluster, services=[self.name])
        found: dict[str, Any] = answer["services"][0]
        return found

    def container(self) -> dict[str, Any]:
        """Return the app's container in the task definition that the service is on."""
        answer = self._ecs.describe_task_definition(
            taskDefinition=self.describe()["taskDefinition"]
        )
        found: dict[str, Any] = answer["taskDefinition"]["containerDefinitions"][0]
        return found

    def running(self) -> set[str]:
        """Return the ids of the tasks that run and are meant to."""
        found = find_tasks(self._ecs, cluster=self.cluster, serviceName=self.name)
        return {task_id(one["taskArn"]) for one in found if one["lastStatus"] == "RUNNING"}

    def known(self) -> set[str]:
        """Return the ids of all tasks that ECS still knows, running or stopped."""
        arns = task_arns(self._ecs, cluster=self.cluster, statuses=STATUSES, serviceName=self.name)
        return {task_id(arn) for arn in arns}

    def task(self, task: str) -> dict[str, Any]:
        """Return one task as DescribeTasks shows it; nothing when it is forgotten."""
        found = self._ecs.describe_tasks(cluster=self.cluster, tasks=[task])["tasks"]
        return dict(found[0]) if found else {}

    def is_steady(self) -> bool:
        """Say whether as many tasks run as are wanted, and none besides."""
        found = self.describe()
        return bool(found["runningCount"] == found["desiredCount"] and not found["pendingCount"])

    @contextmanager
    def scaled_to(self, count: int) -> Iterator[None]:
        """Ask for this many tasks inside the block, and for as many as before after it."""
        before = self.describe()["desiredCount"]
        self._scale(count)
        try:
            yield
        finally:
            self._scale(before)

    def _scale(self, count: int) -> None:
        self._ecs.update_service(cluster=self.cluster, service=self.name, desiredCount=count)


STARTED_BY_HARNESS = "cutover-harness"
"""startedBy of the tasks that scenarios run; some are meant to fail."""


INTENDED_STOP_CODES = ("UserInitiated", "ServiceSchedulerInitiated")
