"""The stack's history: read from ECS, the log of control, the app and the run directory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from harness.core.runs import READY_FILE
from harness.diagnosis import history_reader
from harness.diagnosis.history import History
from harness.standins.contract import ControlEvent, TargetEvent, TickEvent, to_line
from harness.target.access import Access
from tests.unit.pages import Paged

if TYPE_CHECKING:
    from pathlib import Path

BEGAN = datetime(2026, 11, 23, 4, 43, 30, tzinfo=UTC)
CLUSTER = "arn:aws:ecs:us-east-1:876000000876:cluster/tickets"


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def task(name: str, *, family: str = "tickets-web", **more: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:876000000876:task/tickets/{name}",
        "taskDefinitionArn": f"arn:aws:ecs:us-east-1:876000000876:task-definition/{family}:3",
        "group": f"service:{family}",
        "startedBy": "ecs-svc/123",
        "lastStatus": "RUNNING",
        "createdAt": at(1),
        "startedAt": at(2),
        "containers": [{"name": "app", "runtimeId": "r"}],
        "attachments": [{"details": [{"name": "privateIPv4Address", "value": "10.0.0.5"}]}],
        **more,
    }


def stopped(name: str, *, code: str, reason: str, exit_code: int | None, **more: Any) -> Any:
    ended = {"lastStatus": "STOPPED", "stopCode": code, "stoppedReason": reason}
    container = {"name": "app", "runtimeId": "r", "exitCode": exit_code}
    return task(name, **{"stoppedAt": at(9), "containers": [container], **ended, **more})


TASKS = [
    stopped(
        "old", code="ServiceSchedulerInitiated", reason="Scaling activity", exit_code=0,
        createdAt=at(-50), stoppedAt=at(-20),
    ),
    stopped("left", code="ServiceSchedulerInitiated", reason="Scaling activity", exit_code=0),
    stopped("sick", code="ServiceSchedulerInitiated", reason="Task failed ELB", exit_code=0),
    stopped("dead", code="EssentialContainerExited", reason="Essential", exit_code=137),
    stopped(
        "tick", family="tickets-scheduler", code="EssentialContainerExited", reason="Essential",
        exit_code=0, startedBy="events-rule/tickets-schedule", group="family:tickets-scheduler",
    ),
    task("runs", createdAt=at(20), startedAt=at(21)),
]  # fmt: skip


def target(seconds: float, state: str, description: str = "") -> TargetEvent:
    return TargetEvent(
        at=at(seconds).timestamp(),
        address="10.0.0.5",
        port=8080,
        state=state,
        description=description,
    )


def tick(minute: int, outcome: Any, **more: Any) -> TickEvent:
    due = f"2026-11-23T04:{minute}:31Z"
    return TickEvent(at=0.0, rule="tickets-schedule", id="6fb5", due=due, outcome=outcome, **more)


EVENTS: tuple[ControlEvent, ...] = (
    target(3.5, "healthy"),
    target(22, "unhealthy", "Health checks failed with codes: [500]"),
    target(23, "healthy"),
    tick(43, "started", tasks=("arn:aws:ecs:us-east-1:876000000876:task/tickets/tick",)),
    tick(44, "dropped", reason="the rule is disabled"),
    tick(45, "refused", reason="ClusterNotFoundException: Cluster not found."),
)
LOG = "\n".join(["2026-11-23 04:43:31,000 INFO control is ready", *map(to_line, EVENTS)]).encode()


def control_log(*, since: float | None = None) -> bytes:
    assert since is None or since > 0  # as docker-py wants it
    return LOG


class Ecs(Paged):
    def __init__(self, tasks: list[dict[str, Any]]) -> None:
        self._tasks = {entry["taskArn"]: entry for entry in tasks}

    def list_tasks(self, *, cluster: str, desiredStatus: str) -> Any:  # noqa: N803
        arns = [arn for arn, entry in self._tasks.items() if entry["lastStatus"] == desiredStatus]
        return {"taskArns": arns}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> Any:
        return {"tasks": [self._tasks[arn] for arn in tasks]}

    def describe_services(self, *, cluster: str, services: list[str]) -> Any:
        events = [
            {"createdAt": at(4), "message": "(service tickets-web) has reached a steady state."},
            {"createdAt": at(-4), "message": "(service tickets-web) is old."},
        ]
        return {"services": [{"serviceName": services[0], "events": events}]}


class Containers:
    def of_role(self, role: str, *, also_stopped: bool = False) -> list[Any]:
        if role not in ("control", "mysql"):
            return []
        ran = role == "control"
        state = {
            "StartedAt": "2026-11-23T04:43:11.073521086Z",
            "FinishedAt": "0001-01-01T00:00:00Z" if ran else "2026-11-23T04:43:41Z",
            "ExitCode": 0 if ran else 137,
        }
        attrs = {"Created": "2026-11-23T04:43:10.5Z", "State": state}
        status = "running" if ran else "exited"
        return [SimpleNamespace(status=status, attrs=attrs, logs=control_log)]


def read(tmp_path: Path, **more: Any) -> History:
    web = SimpleNamespace(ecs=Ecs(TASKS), targets=lambda: ["10.0.0.5 healthy"])
    access = Access(
        public_url="https://tickets.876events.example",
        run_dir=str(tmp_path),
        cluster="tickets",
        services={"web": "tickets-web"},
    )
    known = {"web": web, "containers": Containers(), **more}
    return history_reader.read(history_reader.Sources(access, **known), since=BEGAN)


def test_lifespans_are_told_with_their_ends(tmp_path: Path) -> None:
    lifespans = {lifespan.name: lifespan for lifespan in read(tmp_path).lifespans}
    assert read(tmp_path).unread == ()
    assert set(lifespans) == {"mysql", "control", "left", "sick", "dead", "tick", "runs"}
    assert {name for name, lifespan in lifespans.items() if lifespan.failed} == {
        "mysql",
        "sick",
        "dead",
    }
    assert lifespans["left"].end == "ServiceSchedulerInitiated: Scaling activity; app: exit code 0"
    assert lifespans["dead"].end == "EssentialContainerExited: Essential; app: exit code 137"
    assert lifespans["tick"].end == "app: exit code 0"
    assert lifespans["tick"].detail == "revision 3, run by the rule"
    assert lifespans["runs"].detail == "revision 3, of service tickets-web"
    assert lifespans["runs"].folders == (("app", "tasks/tickets-web-runs/app"),)
    assert lifespans["mysql"].end == "exited, exit code 137"


def test_only_what_has_logs_has_a_folder(tmp_path: Path) -> None:
    never = stopped("never", code="TaskFailedToStart", reason="no secret", exit_code=None)
    web = SimpleNamespace(ecs=Ecs([never, task("runs")]), targets=list)
    lifespans = {lifespan.name: lifespan for lifespan in read(tmp_path, web=web).lifespans}
    assert lifespans["never"].failed
    assert lifespans["never"].folders == ()
    assert lifespans["runs"].folders
    on_aws = read(tmp_path, web=web, containers=None).lifespans
    assert [lifespan.folders for lifespan in on_aws] == [(), ()]


def test_services_say_when_they_were_ready(tmp_path: Path) -> None:
    (tmp_path / "services/control").mkdir(parents=True)
    (tmp_path / "services/control" / READY_FILE).write_text(at(-9).isoformat())
    lifespans = {lifespan.name: lifespan for lifespan in read(tmp_path).lifespans}
    assert lifespans["control"].ready_at == at(-9)
    assert lifespans["control"].started_at == datetime(2026, 11, 23, 4, 43, 11, 73521, tzinfo=UTC)
    assert (lifespans["control"].stopped_at, lifespans["mysql"].stopped_at) == (None, at(11))
    assert lifespans["mysql"].ready_at is None


def test_health_is_told_of_the_task_that_had_the_address_then(tmp_path: Path) -> None:
    history = read(tmp_path)
    assert [(change.state, change.task, change.why) for change in history.health][1:] == [
        ("unhealthy", "runs", "Health checks failed with codes: [500]"),
        ("healthy", "runs", ""),
    ]
    assert {lifespan.name: lifespan.ready_at for lifespan in history.lifespans}["runs"] == at(23)
    assert history.targets == ("10.0.0.5 healthy",)
    assert [(event.service, event.message) for event in history.events] == [
        ("tickets-web", "has reached a steady state.")
    ]


def test_each_tick_says_what_became_of_it(tmp_path: Path) -> None:
    ran = [
        {
            "name": "schedule:run",
            "task": "tick",
            "started_at": at(3.5).isoformat(),
            "outcome": None,
        },
        {"name": "release-holds", "task": "tick", "started_at": "", "outcome": "succeeded"},
        {"name": "report", "task": "other", "started_at": "", "outcome": "succeeded"},
    ]
    first, dropped, refused = read(tmp_path, app_ticks=lambda since: ran).ticks
    assert (first.due, first.task, first.lag_s, first.end) == (
        at(1),
        "tick",
        2.5,
        "app: exit code 0",
    )
    assert first.ran == ("release-holds succeeded",)
    assert (dropped.lag_s, dropped.end) == (None, "dropped: the rule is disabled")
    assert refused.end == "refused: ClusterNotFoundException: Cluster not found."


def test_on_aws_ticks_are_the_tasks_of_the_rule(tmp_path: Path) -> None:
    (tick,) = read(tmp_path, containers=None).ticks
    assert (tick.due, tick.task, tick.lag_s) == (at(1), "tick", 1.0)


def test_what_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path) -> None:
    def broken(since: datetime) -> Any:
        raise OSError("503")

    (tmp_path / "images.json").write_text(json.dumps({"app": {"id": "sha256:a", "reference": "r"}}))
    history = read(tmp_path, app_ticks=broken)
    assert history.unread == ("what the scheduler ran: 503",)
    assert [(image.name, image.reference) for image in history.images] == [("app", "r")]
    assert history.lifespans


def test_a_site_seen_from_outside_has_no_history(tmp_path: Path) -> None:
    sources = history_reader.Sources(Access(public_url="https://tickets.876events.example"))
    assert history_reader.read(sources, since=BEGAN) == History()
