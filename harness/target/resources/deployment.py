"""A deployment of an ECS service, as a release makes it: begin, watch, restore.

Only the ECS API is used. What a scenario registers here is deregistered after it, and a service
that is left on such a definition goes back to the one it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.target.resources.ecs import STATUSES, copy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.resources.ecs import EcsService


@dataclass(frozen=True)
class Progress:
    """How far a deployment has come."""

    started: int = 0
    """Tasks of it that reached RUNNING, ever."""
    refusals: tuple[str, ...] = ()
    """stoppedReason of each of its tasks that never started."""
    events: tuple[str, ...] = ()
    """The service's events since the deployment began, oldest first."""
    replaced: bool = False
    """Whether the service has settled on another deployment."""
    stuck: bool = False
    """Whether the deployment failed, and is the service's all the same."""


class Deployment:
    """A deployment of an ECS service, and how to undo it."""

    def __init__(self, service: EcsService) -> None:
        self.service = service
        self._before = ""
        self._registered: list[str] = []
        self._id = ""
        self._events_before: set[str] = set()

    def revise(self, change: Callable[[dict[str, Any]], None]) -> str:
        """Register the service's task definition with a change to it; return its ARN."""
        service = self.service
        self._before = self._before or service.describe()["taskDefinition"]
        revision = copy_of(service.definition(self._before))
        change(revision)
        answer = service.ecs.register_task_definition(**revision)
        arn = str(answer["taskDefinition"]["taskDefinitionArn"])
        self._registered.append(arn)
        return arn

    def begin(self, definition: str = "") -> None:
        """Begin a deployment of a definition, or a forced one of the same."""
        self._events_before = {event["id"] for event in self.service.describe().get("events", [])}
        changes: dict[str, Any] = (
            {"taskDefinition": definition} if definition else {"forceNewDeployment": True}
        )
        self._id = self.service.update(**changes)["deployments"][0]["id"]

    def progress(self) -> Progress:
        """Return how far the deployment has come that was begun last."""
        service = self.service.describe()
        tasks = [
            task
            for status in STATUSES
            for task in self.service.tasks(status=status)
            if task.get("startedBy") == self._id
        ]
        first, *rest = service["deployments"]
        return Progress(
            started=sum("startedAt" in task for task in tasks),
            refusals=tuple(
                task.get("stoppedReason", "")
                for task in tasks
                if task.get("stopCode") == "TaskFailedToStart"
            ),
            events=tuple(
                event["message"]
                for event in reversed(service.get("events", []))
                if event["id"] not in self._events_before
            ),
            replaced=not rest
            and first["id"] != self._id
            and first.get("rolloutState") == "COMPLETED",
            stuck=first["id"] == self._id and first.get("rolloutState") == "FAILED",
        )

    def restore(self) -> None:
        """Leave nothing registered, and the service on the definition that it had."""
        if self._registered and self.service.describe()["taskDefinition"] in self._registered:
            self.begin(self._before)
        for arn in self._registered:
            self.service.ecs.deregister_task_definition(taskDefinition=arn)
        self._registered.clear()
