"""The logs of tasks in CloudWatch Logs, where the awslogs driver writes them.

FilterLogEvents is used: it costs nothing, other than a query of Logs Insights. A line comes there
some seconds after it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from harness.target.resources.ecs import (
    PROVOKED_BY_HARNESS,
    STATUSES,
    describe_tasks,
    find_tasks,
    stopped_at,
    task_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.target.access import Access

_WINDOW = timedelta(minutes=30)


class LogReader(Protocol):
    """Reads the logs of tasks, wherever they are kept."""

    def log_of(self, task: str) -> str:
        """Return the logs of the containers of a task, running or stopped."""

    def logs(self) -> Iterator[tuple[str, str]]:
        """Go through the containers of all tasks, running or stopped: name and log."""


@dataclass(frozen=True)
class LogLine:
    """One line of a container's log."""

    at: datetime
    text: str


@dataclass(frozen=True)
class ContainerLog:
    """The log stream of one container of a task."""

    container: str
    group: str
    stream: str


def awslogs_groups(definition: Mapping[str, Any], *, only_needed: bool = False) -> list[str]:
    """Return the log groups that a task definition's containers write to.

    Args:
        definition: The task definition.
        only_needed: Leave out those that ECS makes itself, by awslogs-create-group.
    """
    settings = [
        container.get("logConfiguration") or {} for container in definition["containerDefinitions"]
    ]
    options = [
        setting.get("options") or {}
        for setting in settings
        if setting.get("logDriver") == "awslogs"
    ]
    if only_needed:
        options = [option for option in options if option.get("awslogs-create-group") != "true"]
    return list(
        dict.fromkeys(option["awslogs-group"] for option in options if "awslogs-group" in option)
    )


class TaskLogs:
    """The logs of one cluster's tasks.

    Args:
        access: The names.
        ecs: A client of ECS.
        logs: A client of CloudWatch Logs.
    """

    def __init__(self, access: Access, *, ecs: Any, logs: Any) -> None:
        self._access = access
        self._ecs = ecs
        self._logs = logs
        self._definitions: dict[str, Mapping[str, Any]] = {}

    def log_of(self, task: str) -> str:
        """Return the last half hour of the logs of a task's containers."""
        descriptions = describe_tasks(self._ecs, [task], cluster=self._access.cluster)
        since = datetime.now(UTC) - _WINDOW
        return "\n".join(
            line.text
            for description in descriptions
            for log in self.streams(description)
            for line in self.lines(log, since=since)
        )

    def logs(self) -> Iterator[tuple[str, str]]:
        """Go through the containers of the app's tasks, running or stopped: name and log."""
        since = datetime.now(UTC) - _WINDOW
        for family in self._access.php_containers:
            for task in find_tasks(
                self._ecs, cluster=self._access.cluster, statuses=STATUSES, family=family
            ):
                for log in self.streams(task):
                    lines = self.lines(log, since=since)
                    yield log.stream, "\n".join(line.text for line in lines)

    def recent_tasks(self, families: Iterable[str], *, since: datetime) -> list[dict[str, Any]]:
        """Return tasks of families that run, or have stopped since then; not of provoked ones."""
        return [
            task
            for family in families
            for task in find_tasks(
                self._ecs, cluster=self._access.cluster, statuses=STATUSES, family=family
            )
            if task.get("startedBy") != PROVOKED_BY_HARNESS
            and (stopped_at(task) is None or task.get("stoppedAt", since) >= since)
        ]

    def streams(self, task: Mapping[str, Any]) -> list[ContainerLog]:
        """Return the log streams of a task, as DescribeTasks shows it."""
        definition = self._definition(str(task["taskDefinitionArn"]))
        logs = []
        for container in definition["containerDefinitions"]:
            settings = container.get("logConfiguration") or {}
            options = settings.get("options") or {}
            prefix = options.get("awslogs-stream-prefix")
            if settings.get("logDriver") == "awslogs" and prefix:
                stream = f"{prefix}/{container['name']}/{task_id(task['taskArn'])}"
                logs.append(ContainerLog(container["name"], options["awslogs-group"], stream))
        return logs

    def lines(self, log: ContainerLog, *, since: datetime) -> list[LogLine]:
        """Return a stream's lines since then, oldest first; none where it has no line yet."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=log.group,
            logStreamNames=[log.stream],
            startTime=int(since.timestamp() * 1000),
        )
        try:
            # A page may be empty before the last.
            events = [event for page in pages for event in page["events"]]
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        return [
            LogLine(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"])
            for event in events
        ]

    def _definition(self, arn: str) -> Mapping[str, Any]:
        if arn not in self._definitions:
            answer = self._ecs.describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = answer["taskDefinition"]
        return self._definitions[arn]
