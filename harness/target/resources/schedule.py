"""The rule that runs the scheduler's task each minute, as its operator sees it.

A tick is a task that the rule started: on AWS EventBridge runs it, locally control does. What an
operator starts besides carries another name, and is no tick.
"""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.aws.eventbridge import started_by
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.target.changes.settings import DISABLED, ENABLED, RULE, Account, describe_rule
from harness.target.resources.ecs import (
    BY_SCENARIOS,
    PROVOKED_BY_HARNESS,
    STARTED_BY_HARNESS,
    STATUSES,
    describe_tasks,
    find_tasks,
    php_container,
    task_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.target.access import Access

PERIOD_S = 60.0
_OUR_TICKS = "our-ticks.txt"


_WHOLE_MINUTE_S = 90.0
"""A minute, and how late a tick may be."""


@dataclass(frozen=True)
class Run:
    """One task of the scheduler."""

    task: str
    at: datetime
    """When RunTask was accepted."""
    stopped: bool
    code: str
    reason: str
    exit_code: int | None

    def __str__(self) -> str:
        end = f"exit code {self.exit_code}; {self.code}: {self.reason}" if self.stopped else "runs"
        return f"{self.at.astimezone(UTC):%H:%M:%S} task {self.task}: {end}"


_REMEMBERED = timedelta(minutes=30)
"""ECS lists a task that has stopped for an hour at least."""


@dataclass(frozen=True)
class RuleSettings:
    """A rule as EventBridge describes it."""

    expression: str
    state: str
    count: int
    """Tasks of a tick: TaskCount of the rule's target."""
    window_min: int = 0
    """Minutes within which EventBridge Scheduler may start a tick late; 0 where it may not."""

    @property
    def is_enabled(self) -> bool:
        """Whether the rule ticks; AWS has several states that begin so."""
        return self.state.startswith(ENABLED)

    def __str__(self) -> str:
        return f"{self.expression}, {self.state}, {self.count} tasks a tick"


class Scheduler:
    """The rule, its ticks, and the task that it runs."""

    def __init__(self, access: Access, *, ecs: Any, aws: Callable[[str], Any]) -> None:
        self._access = access
        self._account = Account(access, aws)
        self._ecs = ecs
        self._aws = aws
        self._cluster = access.cluster
        self._run_task: Mapping[str, Any] = access.schedule["run_task"]
        self._since = access.schedule.get("since", "")
        self._ticks_queue = access.schedule.get("queue", "")
        self._ours = Path(access.run_dir) / _OUR_TICKS if access.run_dir else None
        self.rule = access.resources["rule"]
        self.family = access.resources["scheduler"]
        self._group: str = access.schedule.get("group", "")
        self._started_by = started_by(self.rule, of_scheduler=bool(self._group))
        self.container: str = php_container(self.definition(), access=access)["name"]

    def window(self, length: timedelta) -> tuple[datetime, datetime]:
        """Return a window that ends now; for a younger rule, one from when it was made.

        EventBridge does not say when a rule was made; its first task does, while ECS knows it.
        """
        began = datetime.now(UTC) - length
        if self._since:
            began = max(began, datetime.fromisoformat(self._since))
        else:
            first = next((tick.at for tick in self.ticks(since=began - _REMEMBERED)), began)
            began = max(began, first)
        return began, began + length

    def definition(self) -> dict[str, Any]:
        """Return the newest task definition of the scheduler."""
        answer = self._ecs.describe_task_definition(taskDefinition=self.family)
        return dict(answer["taskDefinition"])

    def command(self) -> list[str]:
        """Return the command that a tick's task runs: the rule's override, or its definition's."""
        overrides = self._run_task.get("overrides", {}).get("containerOverrides", [])
        commands = [override["command"] for override in overrides if override.get("command")]
        own = php_container(self.definition(), access=self._access).get("command", [])
        return list((commands or [own])[0])

    def exclude(self, ticks: Sequence[Run]) -> None:
        """Leave ticks that a scenario sent out of the rule's own from now on."""
        if self._ours is not None and self._ticks_queue:
            with self._ours.open("a", encoding="utf-8") as file:
                file.writelines(f"{tick.task}\n" for tick in ticks)

    def _is_ours(self, run: Run) -> bool:
        if self._ours is None or not self._ours.is_file():
            return False
        return run.task in self._ours.read_text(encoding="utf-8").split()

    def ticks(self, *, since: datetime) -> list[Run]:
        """Return the tasks that the rule has started since then, oldest first."""
        tasks = find_tasks(
            self._ecs, cluster=self._cluster, statuses=STATUSES, startedBy=self._started_by
        )
        runs = [run for run in map(self._read, tasks) if run.at >= since and not self._is_ours(run)]
        return sorted(runs, key=lambda run: run.at)

    def unexpected_starters(self, tasks: Iterable[str | None]) -> list[str]:
        """Return which of these tasks neither the rule nor a scenario started, with their groups.

        None stands for a process that was in no task of ECS.
        """
        names = sorted({name or "" for name in tasks})
        described = describe_tasks(self._ecs, list(filter(None, names)), cluster=self._cluster)
        by_id = {task_id(task["taskArn"]): task for task in described}
        expected = (self._started_by, *BY_SCENARIOS)
        return [
            f"a task of {by_id[name]['group']} ({name})"
            if name in by_id
            else f"what is no task of the cluster ({name or 'no task id'})"
            for name in names
            if by_id.get(name, {}).get("startedBy") not in expected
        ]

    def expression(self) -> str:
        """Return the rule's schedule expression."""
        return str(self._described()["ScheduleExpression"])

    def settings(self) -> RuleSettings:
        """Return the rule's expression and state, and the number of tasks of a tick."""
        rule = self._described()
        return RuleSettings(
            rule["ScheduleExpression"],
            rule["State"],
            self._run_task.get("count", 1),
            rule.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes", 0),
        )

    def _described(self) -> dict[str, Any]:
        return describe_rule(self._account, self.rule)

    @contextmanager
    def disabled(self) -> Iterator[None]:
        """Disable the rule inside the block; after it, it is in the state that it was in."""
        before = RULE.read(self._account, self.rule)
        RULE.write(self._account, self.rule, {"State": DISABLED})
        try:
            yield
        finally:
            if before["State"] == ENABLED:
                RULE.write(self._account, self.rule, before)

    def until_quiet(self, *, quiet_s: float) -> None:
        """Wait until no tick is due for so long, going by the last one."""

        def probe() -> Ready | NotYet:
            now = datetime.now(UTC)
            ticks = self.ticks(since=now - timedelta(minutes=3))
            if not ticks:
                return Ready()
            due_in_s = PERIOD_S - (now - ticks[-1].at).total_seconds() % PERIOD_S
            return Ready() if due_in_s > quiet_s else NotYet(f"a tick is due in {due_in_s:.0f} s")

        wait_until(probe, deadline=Deadline(2 * PERIOD_S), interval_s=1.0)

    def wait_for_next_tick(self) -> datetime:
        """Wait for the rule's next tick, and return when the wait began.

        Where ticks come through a queue, put one like the emulator's there and wait until it is
        taken, which saves the minute. Elsewhere let the minute pass.
        """
        began = datetime.now(UTC)
        if self._ticks_queue:
            is_taken = self._send_tick(began)
        else:

            def is_taken() -> bool:
                return (datetime.now(UTC) - began).total_seconds() > _WHOLE_MINUTE_S

        def probe() -> Ready | NotYet:
            return Ready() if is_taken() else NotYet("the tick is not taken")

        wait_until(probe, deadline=Deadline(2 * PERIOD_S), interval_s=0.1)
        return began

    def _send_tick(self, at: datetime) -> Callable[[], bool]:
        sqs = self._aws("sqs")
        url = sqs.get_queue_url(QueueName=self._ticks_queue)["QueueUrl"]
        event = {
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "detail": {},
        }
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]

        def is_taken() -> bool:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            return not any(int(answer["Attributes"][name]) for name in names)

        return is_taken

    def start(
        self, *, command: Sequence[str] = (), definition: str = "", to_fail: bool = False
    ) -> str:
        """Run the task as the rule does, with another command or definition if one is given.

        ``to_fail`` marks a task that fails on purpose, so that it is no evidence elsewhere.
        """
        request = dict(self._run_task)
        if definition:
            request["taskDefinition"] = definition
        if command:
            request["overrides"] = self._overrides(command)
        starter = PROVOKED_BY_HARNESS if to_fail else STARTED_BY_HARNESS
        answer = self._ecs.run_task(**request, startedBy=starter)
        return task_id(answer["tasks"][0]["taskArn"])

    def _overrides(self, command: Sequence[str]) -> dict[str, Any]:
        """Return the rule's own overrides, with another command of Laravel's container."""
        own = self._run_task.get("overrides", {})
        containers = {override["name"]: override for override in own.get("containerOverrides", [])}
        laravel = {**containers.get(self.container, {}), "name": self.container}
        containers[self.container] = {**laravel, "command": list(command)}
        return {**own, "containerOverrides": [*containers.values()]}

    def run(self, task: str) -> Run:
        """Return one task of the scheduler."""
        (description,) = describe_tasks(self._ecs, [task], cluster=self._cluster)
        return self._read(description)

    def _read(self, task: Mapping[str, Any]) -> Run:
        return _run_of(task, access=self._access)


class FurtherSchedules:
    """The rules beside that of Laravel's scheduler."""

    def __init__(self, access: Access, *, ecs: Any) -> None:
        self._access = access
        self._ecs = ecs

    def start(self) -> dict[str, str]:
        """Run the task of each rule, and return their ids by the rules' names."""
        return {
            name: task_id(
                self._ecs.run_task(**run_task, startedBy=STARTED_BY_HARNESS)["tasks"][0]["taskArn"]
            )
            for name, run_task in self._access.further_schedules.items()
        }

    def run(self, task: str) -> Run:
        """Return one of these tasks."""
        (description,) = describe_tasks(self._ecs, [task], cluster=self._access.cluster)
        return _run_of(description, access=self._access)


def _run_of(task: Mapping[str, Any], *, access: Access) -> Run:
    return Run(
        task=task_id(task["taskArn"]),
        at=task["createdAt"],
        stopped=task["lastStatus"] == "STOPPED",
        code=task.get("stopCode", ""),
        reason=task.get("stoppedReason", ""),
        exit_code=php_container(task, access=access).get("exitCode"),
    )
