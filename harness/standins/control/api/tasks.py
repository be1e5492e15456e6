"""RunTask, StopTask, ListTasks and DescribeTasks."""

from __future__ import annotations

from typing import Any

from harness.standins.control.agent.packet_rules import groups_of
from harness.standins.control.api import describe
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.server import Operations
from harness.standins.control.scheduler.tasks import Tasks
from harness.standins.control.state import names
from harness.standins.control.state.model import RUNNING, Task
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError

_MOST_DESCRIBED = 100
_MOST_RUN = 10


class TaskApi:
    """The operations on tasks."""

    def __init__(
        self, state: State, *, clusters: Clusters, definitions: Definitions, tasks: Tasks
    ) -> None:
        self._state = state
        self._clusters = clusters
        self._definitions = definitions
        self._tasks = tasks

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "RunTask": self.run,
            "StopTask": self.stop,
            "ListTasks": self.list_tasks,
            "DescribeTasks": self.describe,
        }

    def run(self, given: dict[str, Any]) -> dict[str, Any]:
        """Start tasks outside any service."""
        cluster = self._clusters.require(given.get("cluster"))
        definition = self._definitions.find(given["taskDefinition"])
        if definition is None:
            raise ApiError("ClientException", message="TaskDefinition not found.")
        if definition.status != "ACTIVE":
            raise ApiError("ClientException", message="TaskDefinition is inactive")
        require_network(given, raw=definition.raw)
        overrides = given.get("overrides") or {}
        containers = {item["name"] for item in definition.raw["containerDefinitions"]}
        for override in overrides.get("containerOverrides") or ():
            if override.get("name") not in containers:
                raise ApiError(
                    "InvalidParameterException",
                    message="Override for container named "
                    f"{override.get('name')} is not a container in the TaskDefinition.",
                )
        count = given.get("count", 1)
        if not 1 <= count <= _MOST_RUN:
            raise ApiError("InvalidParameterException", message="count must be between 1 and 10")
        with self._state.lock():
            started = [
                self._tasks.create(
                    definition,
                    cluster=cluster,
                    group=given.get("group") or f"family:{definition.family}",
                    started_by=given.get("startedBy", ""),
                    overrides=overrides,
                    execute_command=bool(given.get("enableExecuteCommand")),
                    security_groups=groups_of(given),
                )
                for _ in range(count)
            ]
            described = [describe.task(task, state=self._state) for task in started]
        for task in started:
            self._tasks.begin(task)
        return {"tasks": described, "failures": []}

    def stop(self, given: dict[str, Any]) -> dict[str, Any]:
        """Ask one task to stop."""
        cluster = self._clusters.require(given.get("cluster"))
        task = self._find(given["task"], cluster=cluster)
        if task is None:
            raise ApiError(
                "InvalidParameterException", message="The referenced task was not found."
            )
        reason = given.get("reason") or "Task stopped by user"
        self._tasks.stop(task, code="UserInitiated", reason=reason)
        with self._state.lock():
            return {"task": describe.task(task, state=self._state)}

    def list_tasks(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the ARNs of tasks, those meant to run unless said otherwise."""
        cluster = self._clusters.require(given.get("cluster"))
        wanted = given.get("desiredStatus", RUNNING)
        with self._state.lock():
            service = given.get("serviceName")
            if service is not None:
                key = f"{cluster}/{names.last_part(service)}"
                if key not in self._state.services:
                    raise ApiError("ServiceNotFoundException", message="Service not found.")
            arns = [
                task.arn
                for task in self._state.tasks.values()
                if task.cluster == cluster
                and task.desired == wanted
                and (service is None or task.service == key)
                and ("family" not in given or _family(task) == given["family"])
                and ("startedBy" not in given or task.started_by == given["startedBy"])
            ]
        return {"taskArns": arns}

    def describe(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the tasks named, and a failure for each that is unknown."""
        cluster = self._clusters.require(given.get("cluster"))
        if not given["tasks"]:
            raise ApiError("InvalidParameterException", message="Tasks cannot be empty.")
        if len(given["tasks"]) > _MOST_DESCRIBED:
            raise ApiError("InvalidParameterException", message="Too many tasks: at most 100.")
        found, failures = [], []
        with self._state.lock():
            for text in given["tasks"]:
                task = self._find(text, cluster=cluster)
                if task is None:
                    failures.append({"arn": self._arn(text, cluster=cluster), "reason": "MISSING"})
                else:
                    found.append(describe.task(task, state=self._state))
        return {"tasks": found, "failures": failures}

    def _find(self, text: str, *, cluster: str) -> Task | None:
        with self._state.lock():
            task = self._state.tasks.get(names.last_part(text))
        return task if task is not None and task.cluster == cluster else None

    def _arn(self, text: str, *, cluster: str) -> str:
        return text if text.startswith("arn:") else self._clusters.arn(f"task/{cluster}/{text}")


def _family(task: Task) -> str:
    return names.family_and_revision(task.definition_arn)[0]


def require_network(given: dict[str, Any], *, raw: dict[str, Any]) -> None:
    """Refuse an awsvpc task without subnets, as ECS does."""
    if raw.get("networkMode") == "awsvpc" and not given.get("networkConfiguration"):
        raise ApiError(
            "InvalidParameterException",
            message="Network Configuration must be provided when networkMode 'awsvpc' is"
            " specified.",
        )
