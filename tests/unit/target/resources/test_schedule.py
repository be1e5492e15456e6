"""The scheduler from outside: the runs that count as ticks, and over which time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.aws.eventbridge import is_each_minute
from harness.target.access import Access
from harness.target.resources.ecs import task_id
from harness.target.resources.schedule import FurtherSchedules, Scheduler
from tests.unit.pages import Paged

NOW = datetime.now(UTC)


def task(name: str, *, age_s: float, started_by: str, status: str = "STOPPED") -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:r:a:task/tickets/{name}",
        "createdAt": NOW - timedelta(seconds=age_s),
        "lastStatus": status,
        "startedBy": started_by,
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "exitCode": 0}],
    }


@dataclass
class FakeEcs(Paged):
    """A cluster with some tasks; keeps its requests to run."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)

    def describe_task_definition(self, **_: Any) -> dict[str, Any]:
        return {"taskDefinition": {"containerDefinitions": [{"name": "app"}]}}

    def list_tasks(self, **given: Any) -> dict[str, Any]:
        arns = [
            entry["taskArn"]
            for entry in self.tasks
            if entry["startedBy"] == given["startedBy"]
            and (entry["lastStatus"] == "STOPPED") == (given["desiredStatus"] == "STOPPED")
        ]
        return {"taskArns": arns}

    def describe_tasks(self, **given: Any) -> dict[str, Any]:
        return {"tasks": [entry for entry in self.tasks if entry["taskArn"] in given["tasks"]]}

    def run_task(self, **given: Any) -> dict[str, Any]:
        self.asked = given
        return {"tasks": [{"taskArn": "arn:aws:ecs:r:a:task/tickets/new"}]}


def scheduler(ecs: FakeEcs, *, events: Any = None, **schedule: Any) -> Scheduler:
    access = Access(
        public_url="https://tickets.example",
        cluster="tickets",
        resources={"rule": "tickets-schedule", "scheduler": "tickets-scheduler"},
        schedule={
            "run_task": {"cluster": "c", "overrides": {"containerOverrides": []}},
            **schedule,
        },
    )
    return Scheduler(access, ecs=ecs, aws=lambda _: events)


def test_ticks_are_the_tasks_that_the_rule_started_oldest_first() -> None:
    by_rule = "events-rule/tickets-schedule"
    ecs = FakeEcs(
        [
            task("second", age_s=5, started_by=by_rule, status="RUNNING"),
            task("first", age_s=65, started_by=by_rule),
            task("old", age_s=600, started_by=by_rule),
            task("ours", age_s=30, started_by="cutover-harness"),
        ]
    )
    ticks = scheduler(ecs).ticks(since=NOW - timedelta(minutes=2))
    assert [tick.task for tick in ticks] == ["first", "second"]
    assert [tick.stopped for tick in ticks] == [True, False]
    assert "exit code 0" in str(ticks[0])


def test_a_young_rules_window_begins_when_it_was_made() -> None:
    creation = datetime.now(UTC) - timedelta(seconds=30)
    began, ended = scheduler(FakeEcs(), since=creation.isoformat()).window(timedelta(minutes=2))
    assert began == creation
    assert ended == creation + timedelta(minutes=2)


def test_further_schedules_run_their_tasks_with_their_own_input() -> None:
    run_task = {"cluster": "c", "taskDefinition": "digest"}
    access = Access(public_url="https://a.example", further_schedules={"digest": run_task})
    ecs = FakeEcs([task("new", age_s=1, started_by="cutover-harness")])
    schedules = FurtherSchedules(access, ecs=ecs)
    assert schedules.start() == {"digest": "new"}
    assert ecs.asked == {**run_task, "startedBy": "cutover-harness"}
    assert schedules.run(ecs.tasks[0]["taskArn"]).exit_code == 0


def test_the_window_of_a_rule_with_a_first_task_begins_with_it() -> None:
    first = task("first", age_s=0, started_by="events-rule/tickets-schedule")
    first["createdAt"] = datetime.now(UTC) - timedelta(seconds=40)
    began, ended = scheduler(FakeEcs([first])).window(timedelta(minutes=2))
    assert began == first["createdAt"]
    assert ended == began + timedelta(minutes=2)


def test_an_old_rules_window_ends_now() -> None:
    creation = datetime.now(UTC) - timedelta(minutes=30)
    ticks = [task(str(s), age_s=s, started_by="events-rule/tickets-schedule") for s in (40, 400)]
    for tasks, known in (([], {"since": creation.isoformat()}), ([], {}), (ticks, {})):
        began, ended = scheduler(FakeEcs(tasks), **known).window(timedelta(minutes=2))
        assert abs((datetime.now(UTC) - ended).total_seconds()) < 5
        assert ended - began == timedelta(minutes=2)


def test_a_task_that_we_start_is_no_tick() -> None:
    ecs = FakeEcs()
    assert scheduler(ecs).start(command=["php", "x"], definition="other") == "new"
    assert ecs.asked["startedBy"] == "cutover-harness"
    assert ecs.asked["taskDefinition"] == "other"
    assert ecs.asked["overrides"] == {
        "containerOverrides": [{"name": "app", "command": ["php", "x"]}]
    }


def test_a_task_with_another_command_has_the_rules_own_overrides() -> None:
    ecs, environment = FakeEcs(), [{"name": "QUEUE_CONNECTION", "value": "sync"}]
    own: list[dict[str, Any]] = [
        {"name": "app", "command": ["php", "y"], "environment": environment},
        {"name": "log", "memory": 64},
    ]
    request = {"overrides": {"cpu": "256", "containerOverrides": own}}
    scheduler(ecs, run_task=request).start(command=["php", "x"])
    assert ecs.asked["overrides"] == {
        "cpu": "256",
        "containerOverrides": [{**own[0], "command": ["php", "x"]}, own[1]],
    }


def test_whoever_else_runs_the_scheduler_is_named() -> None:
    web = {**task("web", age_s=300, started_by="ecs-svc/1"), "group": "service:tickets-web"}
    by_rule = task("tick", age_s=5, started_by="events-rule/tickets-schedule")
    ecs = FakeEcs([web, by_rule, task("ours", age_s=5, started_by="cutover-harness")])
    ecs.describe_tasks = lambda **call: {  # type: ignore[method-assign]
        "tasks": [entry for entry in ecs.tasks if task_id(entry["taskArn"]) in call["tasks"]]
    }
    starters = scheduler(ecs).unexpected_starters(["tick", "ours", "web", "web", None])
    assert starters == [
        "what is no task of the cluster (no task id)",
        "a task of service:tickets-web (web)",
    ]


@dataclass
class FakeEvents:
    """One rule."""

    state: str

    def describe_rule(self, **_: Any) -> dict[str, Any]:
        return {"State": self.state}

    def disable_rule(self, **_: Any) -> None:
        self.state = "DISABLED"

    def enable_rule(self, **_: Any) -> None:
        self.state = "ENABLED"


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_a_rule_that_was_disabled_for_a_while_is_as_it_was_after_it(state: str) -> None:
    events = FakeEvents(state)
    with scheduler(FakeEcs(), events=events).disabled():
        assert events.state == "DISABLED"
    assert events.state == state


@pytest.mark.parametrize(
    ("expression", "is_it"),
    [
        ("rate(1 minute)", True),
        ("cron(* * * * ? *)", True),
        ("cron(0-59 0-23 * 1-12 ? *)", True),
        ("cron(0/1 * 1/1 * ? *)", True),
        ("cron(0/2 * * * ? *)", False),
        ("cron(* 8-23 * * ? *)", False),
        ("rate(5 minutes)", False),
        ("rate(1 hour)", False),
    ],
)
def test_a_schedule_is_each_minute_or_it_is_not(expression: str, *, is_it: bool) -> None:
    assert is_each_minute(expression) is is_it
