"""The sections of evidence, and the sources of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis import collectors
from harness.diagnosis.collectors import COLLECTORS
from harness.diagnosis.evidence import EvidenceSources, collect
from harness.diagnosis.facts import Deployment, stopped_task
from harness.diagnosis.log_entries import LOG_LINES
from harness.diagnosis.patterns.pattern import Source
from harness.diagnosis.scope import Scope
from harness.target.resources.web_tier import WebTier
from tests.unit.fake_web_tier import ACCESS, ARN, NOW, QUICK, FakeEcs, FakeElb, tier


def stopped(code: str, reason: str, **more: Any) -> dict[str, Any]:
    return {
        "taskArn": f"{ARN}0123abcd",
        "group": "service:tickets-web",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/tickets-web:3",
        "stopCode": code,
        "stoppedReason": reason,
        "stoppedAt": NOW,
        **more,
    }


def sources(web: WebTier) -> EvidenceSources:
    return EvidenceSources(ACCESS, Scope(NOW), web=web)


def sections(web: WebTier) -> dict[str, str]:
    return dict(collect(COLLECTORS, sources=sources(web)).sections)


def test_a_stopped_task_is_shown_in_ecs_words() -> None:
    task = stopped("EssentialContainerExited", "Essential container in task exited")
    task["containers"] = [
        {"name": "app", "exitCode": 12, "reason": ""},
        {"name": "log"},
        {"name": "x", "reason": "CannotStartContainerError: no"},
    ]
    assert str(stopped_task(task, group="web")) == (
        "web task 0123abcd (tickets-web:3); EssentialContainerExited: Essential container in task"
        " exited; app: exit code 12; x: CannotStartContainerError: no"
    )


def test_tasks_that_were_stopped_on_purpose_or_earlier_are_left_out() -> None:
    ecs = FakeEcs(
        stopped=[
            stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment x)"),
            stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in (x)"),
            stopped("TaskFailedToStart", "old", stoppedAt=NOW - timedelta(minutes=5)),
        ]
    )
    (task,) = collectors.stopped_web_tasks(sources(tier(ecs)))
    assert "Task failed ELB health checks" in task.reason


def test_evidence_without_containers_or_probe_is_still_evidence() -> None:
    texts = sections(tier(FakeEcs(), "healthy", "unhealthy"))
    assert texts["target health"] == "10.0.0.0 healthy R\n10.0.0.1 unhealthy R"
    assert texts["ECS service events"].endswith("has reached a steady state.")
    assert "APP_KEY <- " in texts["secrets of the task definition"]


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"SESSION_DRIVER": "file"}, "the session driver is 'file'"),
        ({"SESSION_DRIVER": "redis", "SESSION_PATH": "/"}, "the session driver is 'redis'"),
        ({"SESSION_DOMAIN": ".old-host.example"}, "is for the domain .old-host.example"),
        ({"SESSION_PATH": "/shop"}, "is for the path /shop, and no other"),
    ],
)
def test_without_a_probe_the_definition_tells_how_sessions_are_kept(
    variables: dict[str, str], shown: str
) -> None:
    ecs = FakeEcs()
    ecs.variables = variables
    assert shown in sections(tier(ecs))["session settings of the task definition"]


def test_a_section_that_cannot_be_read_says_so_and_explains_nothing() -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("control is gone: certificate verify failed")

    broken = SimpleNamespace(
        get_paginator=fail, describe_services=fail, describe_task_definition=fail
    )
    web = WebTier(ACCESS, ecs=broken, elbv2=FakeElb("healthy"), differences=QUICK)
    evidence = collect(COLLECTORS, sources=sources(web))
    assert dict(evidence.sections)["stopped tasks"].startswith("could not be read: control is gone")
    assert [line.text for line in evidence.lines] == ["10.0.0.0 healthy R"]


def test_the_log_of_a_container_is_read_from_the_scenarios_start() -> None:
    calls: list[Any] = []

    def logs(**how: Any) -> bytes:
        calls.append(how)
        stamp = b"2026-11-27T07:00:00.123456789Z "
        return stamp + b'one\n"GET /_probe/v1/jobs/1 HTTP/1.1" 200 17\ntwo\xff\n'

    assert collectors.log_lines(SimpleNamespace(logs=logs), since=NOW) == [
        (datetime(2026, 11, 27, 7, 0, 0, 123456, tzinfo=UTC), "one", ""),
        (None, "two\ufffd", ""),
    ]
    assert calls == [{"tail": collectors.LINES_READ, "since": NOW.timestamp(), "timestamps": True}]


@pytest.mark.parametrize(
    ("rolls_back", "percent", "lines"),
    [
        (True, 100, []),
        (False, 100, ["the service's deployment circuit breaker, or its rollback, is off"]),
        (True, 50, ["the service's minimumHealthyPercent is 50"]),
    ],
)
def test_a_setting_that_does_not_keep_tasks_through_a_bad_release_is_shown(
    *, rolls_back: bool, percent: int, lines: list[str]
) -> None:
    assert str(Deployment(rolls_back, percent)).splitlines() == lines


def test_an_error_stays_however_many_visits_follow_it() -> None:
    error = '{"message":"Value 3600 for parameter DelaySeconds","level":400,"level_name":"ERROR"}'
    visits = [
        f'{{"channel":"access","path":"/login","status":200,"seconds":{n}}}' for n in range(90)
    ]

    def logs(**_: object) -> bytes:
        return "\n".join([error, *visits]).encode()

    lines = collectors.log_lines(SimpleNamespace(logs=logs), since=NOW)
    assert [line.text for line in lines] == [error, *visits[-LOG_LINES:]]


def test_a_task_that_a_scenario_lets_fail_is_nobodys_evidence() -> None:
    def container(starter: str, text: bytes) -> SimpleNamespace:
        return SimpleNamespace(
            name=starter,
            status="running",
            labels={"cutover.ecs.started-by": starter},
            logs=lambda **_: text,
        )

    containers = SimpleNamespace(
        of_role=lambda role, *, also_stopped=False: [
            container("ecs-svc/1", b"the app's own"),
            container("cutover-harness-provoked", b"provoked"),
        ]
    )
    evidence_sources = EvidenceSources(ACCESS, Scope(NOW), web=None, containers=containers)  # type: ignore[arg-type]
    assert [line.text for line in collectors.task_logs(evidence_sources)] == ["the app's own"]


OWN, OTHER = "a" * 32, "b" * 32


def test_an_error_of_another_scenarios_visitor_explains_nothing() -> None:
    def error(trace: str) -> str:
        return (
            f'{{"message":"no bucket","level_name":"ERROR","extra":{{"cutover_trace":"{trace}"}}}}'
        )

    texts = [error(OTHER), error(OWN), '{"message":"of a tick","level_name":"ERROR"}']
    task = SimpleNamespace(
        name="web",
        status="running",
        labels={"cutover.ecs.started-by": "ecs-svc/1"},
        logs=lambda **_: "\n".join(texts).encode(),
    )
    containers = SimpleNamespace(of_role=lambda role, *, also_stopped=False: [task])
    scope = Scope(NOW, trace=OWN)
    evidence_sources = EvidenceSources(ACCESS, scope, web=None, containers=containers)  # type: ignore[arg-type]
    sources = [line.source for line in collectors.task_logs(evidence_sources)]
    assert sources == [None, Source.APP, Source.APP]
