"""RunTask, StopTask, ListTasks and DescribeTasks."""

from __future__ import annotations

from typing import Any

from harness.standins.control.agent.packet_rules import groups_of
from harness.standins.control.api import describe
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.server import Operations
from harness.standins.control.scheduler.tasks import Tasks
from harness.standins.control.state import names
from harness.standins.control.state.model import RUNNING, Definition, Task
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

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start tasks outside any service."""
        definition, fields = self._wanted(request)
        with self._state.lock():
            started = [
                self._tasks.create(definition, **fields) for _ in range(request.get("count", 1))
            ]
            described = [describe.task(task, state=self._state) for task in started]
        for task in started:
            self._tasks.begin(task)
        return {"tasks": described, "failures": []}

    def refusal(self, request: dict[str, Any]) -> str:
        """Return why RunTask would be refused, or its task not start; nothing if it would.

        Nothing is started.
        """
        try:
            definition, fields = self._wanted(request)
        except ApiError as error:
            return f"{error.code}: {error.message}"
        return self._tasks.refusal(definition, **fields)

    def _wanted(self, request: dict[str, Any]) -> tuple[Definition, dict[str, Any]]:
        """Return the definition of a RunTask input, and the fields of its tasks.

        Raises:
            ApiError: ECS refuses the input.
        """
        cluster = self._clusters.require(request.get("cluster"))
        definition = self._definitions.find(request["taskDefinition"])
        if definition is None:
            raise ApiError("ClientException", message="TaskDefinition not found.")
        if definition.status != "ACTIVE":
            raise ApiError("ClientException", message="TaskDefinition is inactive")
        require_network(request, raw=definition.raw)
        overrides = request.get("overrides") or {}
        containers = {item["name"] for item in definition.raw["containerDefinitions"]}
        for override in overrides.get("containerOverrides") or ():
            if override.get("name") not in containers:
                raise ApiError(
                    "InvalidParameterException",
                    message="Override for container named "
                    f"{override.get('name')} is not a container in the TaskDefinition.",
                )
        if not 1 <= request.get("count", 1) <= _MOST_RUN:
            raise ApiError("InvalidParameterException", message="count must be between 1 and 10")
        return definition, {
            "cluster": cluster,
            "group": request.get("group") or f"family:{definition.family}",
            "started_by": request.get("startedBy", ""),
            "overrides": overrides,
            "execute_command": bool(request.get("enableExecuteCommand")),
            "security_groups": groups_of(request),
        }

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask one task to stop."""
        cluster = self._clusters.require(request.get("cluster"))
        task = self._find(request["task"], cluster=cluster)
        if task is None:
            raise ApiError(
                "InvalidParameterException", message="The referenced task was not found."
            )
        reason = request.get("reason") or "Task stopped by user"
        self._tasks.stop(task, code="UserInitiated", reason=reason)
        with self._state.lock():
            return {"task": describe.task(task, state=self._state)}

    def list_tasks(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the ARNs of tasks, those meant to run unless said otherwise."""
        cluster = self._clusters.require(request.get("cluster"))
        desired_status = request.get("desiredStatus", RUNNING)
        with self._state.lock():
            service = request.get("serviceName")
            if service is not None:
                key = f"{cluster}/{names.last_part(service)}"
                if key not in self._state.services:
                    raise ApiError("ServiceNotFoundException", message="Service not found.")
            arns = [
                task.arn
                for task in self._state.tasks.values()
                if task.cluster == cluster
                and task.desired == desired_status
                and (service is None or task.service == key)
                and ("family" not in request or _family(task) == request["family"])
                and ("startedBy" not in request or task.started_by == request["startedBy"])
            ]
        return {"taskArns": arns}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the tasks named, and a failure for each that is unknown."""
        cluster = self._clusters.require(request.get("cluster"))
        if not request["tasks"]:
            raise ApiError("InvalidParameterException", message="Tasks cannot be empty.")
        if len(request["tasks"]) > _MOST_DESCRIBED:
            raise ApiError("InvalidParameterException", message="Too many tasks: at most 100.")
        tasks, failures = [], []
        with self._state.lock():
            for text in request["tasks"]:
                task = self._find(text, cluster=cluster)
                if task is None:
                    failures.append({"arn": self._arn(text, cluster=cluster), "reason": "MISSING"})
                else:
                    tasks.append(describe.task(task, state=self._state))
        return {"tasks": tasks, "failures": failures}

    def _find(self, text: str, *, cluster: str) -> Task | None:
        with self._state.lock():
            task = self._state.tasks.get(names.last_part(text))
        return task if task is not None and task.cluster == cluster else None

    def _arn(self, text: str, *, cluster: str) -> str:
        return text if text.startswith("arn:") else self._clusters.arn(f"task/{cluster}/{text}")


def _family(task: Task) -> str:
    return names.family_and_revision(task.definition_arn)[0]


def require_network(request: dict[str, Any], *, raw: dict[str, Any]) -> None:
    """Refuse an awsvpc task without subnets, as ECS does."""
    if raw.get("networkMode") == "awsvpc" and not request.get("networkConfiguration"):
        raise ApiError(
            "InvalidParameterException",
            message="Network Configuration must be provided when networkMode 'awsvpc' is"
            " specified.",
        )
