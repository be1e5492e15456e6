"""One ECS service that no load balancer stands before, through the ECS API only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.target.resources.ecs import STATUSES, find_tasks, task_arns, task_id

if TYPE_CHECKING:
    from collections.abc import Iterator


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
