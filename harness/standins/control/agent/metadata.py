"""The task metadata endpoint, version 4: facts about a container and its task."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from harness.standins.control.state import model
from harness.standins.control.state.state import State

PATH = "/v4/"


class Metadata:
    """Answers /v4/<container>, /v4/<container>/task and /v4/<container>/taskWithTags."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, task_id: str, *, path: str) -> tuple[int, str, bytes]:
        """Answer one GET of one task."""
        runtime_id, _, rest = path.removeprefix(PATH).partition("/")
        with self._state.lock():
            task = self._state.tasks.get(task_id)
            containers = [c for c in task.containers if c.runtime_id == runtime_id] if task else []
            if task is None or not containers:
                return _text(404, body=f"V4 container metadata handler: unable to get {runtime_id}")
            if rest == "":
                return _text(200, body=self._container(task, item=containers[0]))
            if rest in ("task", "taskWithTags"):
                return _text(200, body=self._task(task))
        return _text(404, body="404 page not found")

    def _task(self, task: model.Task) -> dict[str, Any]:
        definition = self._state.definition(task.definition_arn)
        body: dict[str, Any] = {
            "Cluster": task.cluster,
            "TaskARN": task.arn,
            "Family": definition.family,
            "Revision": str(definition.revision),
            "DesiredStatus": task.desired,
            "KnownStatus": task.status,
            "Limits": {
                "CPU": definition.parsed.cpu_units / 1024,
                "Memory": definition.parsed.memory_mib,
            },
            "PullStartedAt": _iso(task.pull_at),
            "PullStoppedAt": _iso(task.pull_at),
            "AvailabilityZone": "us-east-1a",
            "LaunchType": "FARGATE",
            "Containers": [self._container(task, item=item) for item in task.containers],
            "ClockDrift": {"ClockSynchronizationStatus": "SYNCHRONIZED"},
        }
        if task.service:
            body["ServiceName"] = task.service.rsplit("/", 1)[-1]
        return {key: value for key, value in body.items() if value is not None}

    def _container(self, task: model.Task, *, item: model.Container) -> dict[str, Any]:
        definition = self._state.definition(task.definition_arn)
        account = task.arn.split(":task/", maxsplit=1)[0]
        body: dict[str, Any] = {
            "DockerId": item.runtime_id,
            "Name": item.name,
            "DockerName": item.name,
            "Image": item.image,
            "ImageID": item.image_id,
            "Labels": {
                "com.amazonaws.ecs.cluster": f"{account}:cluster/{task.cluster}",
                "com.amazonaws.ecs.container-name": item.name,
                "com.amazonaws.ecs.task-arn": task.arn,
                "com.amazonaws.ecs.task-definition-family": definition.family,
                "com.amazonaws.ecs.task-definition-version": str(definition.revision),
            },
            "DesiredStatus": task.desired,
            "KnownStatus": item.status,
            "CreatedAt": _iso(task.created_at),
            "StartedAt": _iso(task.started_at),
            "Type": "NORMAL",
            "ContainerARN": container_arn(task, item=item),
            "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [task.ip]}],
            "ExitCode": item.exit_code,
        }
        if item.has_check:
            body["Health"] = {"status": item.health}
        return {key: value for key, value in body.items() if value is not None}


def container_arn(task: model.Task, *, item: model.Container) -> str:
    """Return a container's ARN."""
    return f"{task.arn.replace(':task/', ':container/')}/{item.runtime_id}"


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="microseconds")


def _text(status: int, *, body: Any) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()
