"""What explains a failure: stopped tasks in ECS's words, events, targets, the web tier's view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.wait import DeadlinePassed
from harness.diagnosis import collectors
from harness.diagnosis.collectors import COLLECTORS
from harness.diagnosis.evidence import EvidenceSources, collect
from harness.diagnosis.facts import Deployment, stopped_task
from harness.replay import markers
from harness.report import not_covered, proved
from harness.target.access import Access
from harness.target.locate import url
from harness.target.resources.web_tier import WebTier
from harness.target.target import URL, Differences, Target
from tests.unit.pages import Paged

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:876000000876:task/tickets/"
ACCESS = Access(
    public_url="https://tickets.876events.example",
    cluster="tickets",
    services={"web": "tickets-web"},
    target_group="tickets-web",
    load_balancer="tickets",
)
QUICK = Differences(
    patience_s=0.0,
    replacement_s=0.0,
    plaintext_at_proxy=(),
    plaintext_at_server=(),
    unknown_host_status=404,
)


class FakeEcs(Paged):
    def __init__(self, *, desired: int = 2, stopped: list[dict[str, Any]] | None = None) -> None:
        self.desired = desired
        self.stopped = stopped or []
        self.updates: list[dict[str, Any]] = []

    def list_tasks(self, **how: Any) -> Any:
        running = {"taskArns": [f"{ARN}aaa", f"{ARN}bbb"]}
        return (
            running
            if how["desiredStatus"] == "RUNNING"
            else {"taskArns": [f"{ARN}x"] * len(self.stopped)}
        )

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> Any:
        if tasks and tasks[0].endswith("/x"):
            return {"tasks": self.stopped}
        details = [{"name": "privateIPv4Address", "value": "10.0.0.4"}]
        return {
            "tasks": [
                {
                    "taskArn": arn,
                    "lastStatus": "RUNNING",
                    "attachments": [{"details": details}] if arn.endswith("aaa") else [],
                }
                for arn in tasks
            ]
        }

    def describe_services(self, *, cluster: str, services: list[str]) -> Any:
        events = [
            {"createdAt": NOW, "message": "(service tickets-web) has reached a steady state."},
            {"createdAt": NOW - timedelta(hours=1), "message": "an old one"},
        ]
        return {
            "services": [
                {"desiredCount": self.desired, "events": events, "taskDefinition": "tickets-web:1"}
            ]
        }

    def describe_task_definition(self, **how: Any) -> Any:
        secret = {"name": "APP_KEY", "valueFrom": "arn:aws:secretsmanager:r:1:secret:t/a-x:k::"}
        return {"taskDefinition": {"containerDefinitions": [{"name": "app", "secrets": [secret]}]}}

    def update_service(self, **how: Any) -> Any:
        self.updates.append(how)
        return {"service": {}}


class FakeElb:
    def __init__(self, *states: str) -> None:
        self.states = states
        self.idle = ["60"]
        self.interval_s = 0

    def describe_target_groups(self, **how: Any) -> Any:
        checks = {"HealthCheckIntervalSeconds": self.interval_s, "HealthyThresholdCount": 5}
        return {"TargetGroups": [{"TargetGroupArn": "arn:group", **checks}]}

    def describe_target_group_attributes(self, **how: Any) -> Any:
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "300"}]}

    def describe_load_balancers(self, **how: Any) -> Any:
        return {"LoadBalancers": [{"LoadBalancerArn": "arn:balancer"}]}

    def describe_target_health(self, **how: Any) -> Any:
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": state, "Reason": "R"}}
                for n, state in enumerate(self.states)
            ]
        }

    def describe_load_balancer_attributes(self, **how: Any) -> Any:
        return {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": self.idle[-1]}]}

    def modify_load_balancer_attributes(self, **how: Any) -> None:
        self.idle.append(how["Attributes"][0]["Value"])


def tier(ecs: FakeEcs, *states: str) -> WebTier:
    return WebTier(ACCESS, ecs=ecs, elbv2=FakeElb(*states), differences=QUICK)


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
    return EvidenceSources(ACCESS, since=NOW, web=web)


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
    found = sections(tier(FakeEcs(), "healthy", "unhealthy"))
    assert found["target health"] == "10.0.0.0 healthy R\n10.0.0.1 unhealthy R"
    assert found["ECS service events"].endswith("has reached a steady state.")
    assert "APP_KEY <- " in found["secrets of the task definition"]


def test_a_section_that_cannot_be_read_says_so_and_explains_nothing() -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("control is gone: certificate verify failed")

    broken = SimpleNamespace(
        get_paginator=fail, describe_services=fail, describe_task_definition=fail
    )
    web = WebTier(ACCESS, ecs=broken, elbv2=FakeElb("healthy"), differences=QUICK)
    found = collect(COLLECTORS, sources=sources(web))
    assert dict(found.sections)["stopped tasks"].startswith("could not be read: control is gone")
    assert [one.text for one in found.lines] == ["10.0.0.0 healthy R"]


def test_the_log_of_a_container_is_read_from_the_scenarios_start() -> None:
    asked: list[Any] = []

    def logs(**how: Any) -> bytes:
        asked.append(how)
        return b'one\n"GET /_probe/v1/jobs/1 HTTP/1.1" 200 17\ntwo\xff\n'

    assert collectors.log_lines(SimpleNamespace(logs=logs), since=NOW) == ["one", "two\ufffd"]
    assert asked == [{"tail": collectors.LINES_READ, "since": NOW.timestamp()}]


# the web tier


def test_tasks_are_known_by_the_last_part_of_their_arn() -> None:
    web = tier(FakeEcs())
    assert web.running() == {"aaa", "bbb"}
    assert (web.address_of("aaa"), web.address_of("bbb"), web.address_of("zzz")) == (
        "10.0.0.4",
        "",
        "",
    )


def test_steady_is_every_wanted_task_healthy() -> None:
    tier(FakeEcs(), "healthy", "healthy", "draining").wait_until_steady()
    for ecs, states in ((FakeEcs(), ("healthy", "initial")), (FakeEcs(desired=0), ())):
        with pytest.raises(DeadlinePassed, match="web tasks are healthy; targets: "):
            tier(ecs, *states).wait_until_steady()


def test_a_deployment_may_take_as_long_as_its_checks_and_its_draining() -> None:
    elb = FakeElb()
    elb.interval_s = 30
    web = WebTier(ACCESS, ecs=FakeEcs(), elbv2=elb, differences=QUICK)
    assert (web.steady_within_s(), web.settled_within_s()) == (150, 450)


def test_what_a_scenario_changes_is_put_back_even_when_it_fails() -> None:
    ecs, elb = FakeEcs(), FakeElb()
    web = WebTier(ACCESS, ecs=ecs, elbv2=elb, differences=QUICK)
    for changed in (web.scaled_to(0), web.balancer.idle_timeout(1)):
        with pytest.raises(ZeroDivisionError), changed:
            raise ZeroDivisionError
    assert [one["desiredCount"] for one in ecs.updates] == [0, 2]
    assert elb.idle == ["60", "1", "60"]


# what a scenario says of itself


def mark(name: str, *args: object, **kwargs: object) -> markers.Mark:
    return markers.Mark(name, args, tuple(kwargs.items()))


TRUTH = mark("truth", local=proved, aws=proved, url=not_covered("it has no shell"))


def test_declared_is_the_sum_of_the_markers() -> None:
    found = markers.declared(
        [TRUTH, mark("requires", "http"), mark("requires", "ecs"), mark("mutates", alone=2)]
    )
    assert found.requires == {"http", "ecs", "change"}
    assert found.alone == 2


def test_why_a_scenario_does_not_run_on_a_target() -> None:
    production = url("https://tickets.876events.example", probe_key=None)
    found = markers.declared([TRUTH, mark("requires", "ecs"), mark("read_only")])
    assert found.skip_reason(production) == "not covered: it has no shell"
    local = Target("local", ACCESS, frozenset({"http"}))
    assert found.skip_reason(local) == "target local lacks: ecs"
    assert production.name == URL


def test_complete_marks_have_no_problems() -> None:
    assert markers.problems([TRUTH, mark("requires", "http", "probe"), mark("read_only")]) == []
    assert markers.problems([TRUTH, TRUTH, mark("mutates")]) == [
        "needs one marker truth(local=..., aws=..., url=...), and has more"
    ]
    assert markers.problems(
        [mark("truth", local=proved, aws=proved, moon=proved, url=proved), mark("mutates")]
    ) == ["its truth label names unknown targets: moon"]


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

    found = collectors.log_lines(SimpleNamespace(logs=logs), since=NOW)
    assert found == [error, *visits[-collectors.LOG_LINES :]]
