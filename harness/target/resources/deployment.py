"""One service's deployments as a release makes them: begun, watched, and taken back if need be.

Only the ECS API is used. What a scenario registers here is deregistered after it, and a service
that is left on such a definition goes back to the one it had.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.target.resources.ecs import find_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access

_REGISTERED = (
    *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions"),
    *("volumes", "placementConstraints", "requiresCompatibilities", "cpu", "memory"),
    *("pidMode", "ipcMode", "proxyConfiguration", "ephemeralStorage", "runtimePlatform"),
)
"""What RegisterTaskDefinition takes of what DescribeTaskDefinition shows."""


@dataclass(frozen=True)
class Progress:
    """How far a deployment has come."""

    started: int = 0
    """Tasks of it that reached RUNNING, ever."""
    refusals: tuple[str, ...] = ()
    """stoppedReason of each of its tasks that never started."""
    events: tuple[str, ...] = ()
    """What the service has said since the deployment began, oldest first."""
    replaced: bool = False
    """Whether the service has settled on another deployment."""
    stuck: bool = False
    """Whether the deployment failed, and is the service's all the same."""


class Rollout:
    """Deployments of one service."""

    def __init__(self, access: Access, *, ecs: Any, service: str) -> None:
        self.cluster = access.cluster
        self.service = service
        self._ecs = ecs
        self._before = ""
        self._registered: list[str] = []
        self._deployment = ""
        self._seen: set[str] = set()

    def revise(self, change: Callable[[dict[str, Any]], None]) -> str:
        """Register the service's task definition with a change to it; return its ARN."""
        self._before = self._before or self._describe()["taskDefinition"]
        shown = self._ecs.describe_task_definition(taskDefinition=self._before)["taskDefinition"]
        wanted = deepcopy({key: shown[key] for key in _REGISTERED if key in shown})
        change(wanted)
        made = self._ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
        self._registered.append(made)
        return str(made)

    def begin(self, definition: str = "") -> None:
        """Begin a deployment of a definition, or a forced one of the same."""
        self._seen = {one["id"] for one in self._describe().get("events", [])}
        wanted: dict[str, Any] = (
            {"taskDefinition": definition} if definition else {"forceNewDeployment": True}
        )
        answer = self._ecs.update_service(cluster=self.cluster, service=self.service, **wanted)
        self._deployment = answer["service"]["deployments"][0]["id"]

    def progress(self) -> Progress:
        """Say how far the deployment has come that was begun last."""
        found = self._describe()
        mine = [
            one
            for status in ("RUNNING", "STOPPED")
            for one in self._tasks(status)
            if one.get("startedBy") == self._deployment
        ]
        deployments = found["deployments"]
        return Progress(
            started=sum("startedAt" in one for one in mine),
            refusals=tuple(
                one.get("stoppedReason", "")
                for one in mine
                if one.get("stopCode") == "TaskFailedToStart"
            ),
            events=tuple(
                one["message"]
                for one in reversed(found.get("events", []))
                if one["id"] not in self._seen
            ),
            replaced=len(deployments) == 1
            and deployments[0]["id"] != self._deployment
            and deployments[0].get("rolloutState") == "COMPLETED",
            stuck=deployments[0]["id"] == self._deployment
            and deployments[0].get("rolloutState") == "FAILED",
        )

    def is_settled(self) -> bool:
        """Say whether the service runs one deployment only, and all of it."""
        (first, *others) = self._describe()["deployments"]
        return not others and first.get("rolloutState") == "COMPLETED"

    def put_back(self) -> None:
        """Leave nothing registered, and the service on the definition that it had."""
        if self._registered and self._describe()["taskDefinition"] in self._registered:
            self.begin(self._before)
        for arn in self._registered:
            self._ecs.deregister_task_definition(taskDefinition=arn)
        self._registered.clear()

    def _describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ecs.describe_services(
            cluster=self.cluster, services=[self.service]
        )["services"][0]
        return found

    def _tasks(self, status: str) -> list[dict[str, Any]]:
        return find_tasks(
            self._ecs, cluster=self.cluster, statuses=(status,), serviceName=self.service
        )
