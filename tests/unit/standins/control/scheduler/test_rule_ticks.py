"""Ticks: each RunTask, its input, and the messages that leave the queue."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.standins.contract import RuleTarget, TickEvent, events_in
from harness.standins.control.scheduler.rule_ticks import LONG_POLL_S, Ticks, request
from harness.standins.control.wire.protocol import ApiError

NOW = 1_795_408_080.0
TIME = "2026-11-23T04:28:00Z"
TARGET = {
    "Id": "scheduler",
    "Arn": "arn:aws:ecs:us-east-1:876000000876:cluster/tickets",
    "RoleArn": "arn:aws:iam::876000000876:role/tickets-schedule-rule",
    "EcsParameters": {
        "TaskDefinitionArn": "arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-scheduler",
        "TaskCount": 1,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": ["subnet-1"],
                "SecurityGroups": ["sg-1"],
                "AssignPublicIp": "DISABLED",
            }
        },
    },
    "Input": {"containerOverrides": [{"name": "app", "command": ["php", "artisan"]}]},
    "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 3},
}
SETTINGS = RuleTarget(
    rule="tickets-schedule", group="", queue="tickets-schedule-ticks", target=TARGET
)


def message(body: str | None = None, *, received: int = 1, time: str = TIME) -> dict[str, Any]:
    return {
        "Body": body or json.dumps({"id": "tick-1", "time": time}),
        "ReceiptHandle": "handle",
        "Attributes": {"ApproximateReceiveCount": str(received)},
    }


@dataclass
class FakeAws:
    """A queue with some messages, and a rule."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    state: str = "ENABLED"
    deleted: int = 0
    waited_s: int = 0

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "http://queue"}

    def receive_message(self, **given: Any) -> dict[str, Any]:
        self.waited_s = given["WaitTimeSeconds"]
        return {"Messages": self.messages}

    def delete_message(self, **_: Any) -> None:
        self.deleted += 1


@dataclass
class FakeEcs:
    """RunTask that is accepted or refused."""

    refuses: ApiError | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        if self.refuses is not None:
            raise self.refuses
        return {"tasks": [{"taskArn": "arn:aws:ecs:r:a:task/tickets/abc"}], "failures": []}

    def refusal(self, request: dict[str, Any]) -> str:
        self.asked.append(request)
        return self.refuses.message if self.refuses else ""


def ticks(aws: FakeAws, ecs: FakeEcs, *, denial: str = "") -> Ticks:
    return Ticks(
        SETTINGS,
        sqs=lambda: aws,
        state=lambda: aws.state,
        runner=ecs,
        denial=lambda _target: denial,
        now=lambda: NOW + 2,
    )


def read(aws: FakeAws, ecs: FakeEcs) -> None:
    ticks(aws, ecs).read()


def test_the_tasks_of_a_schedule_carry_the_name_that_scheduler_gives_them() -> None:
    settings = replace(SETTINGS, rule="tickets-each-minute-of-every-day", group="default")
    assert request(settings)["startedBy"] == "chronos-schedule/tickets-each-minute"
    assert request(SETTINGS)["startedBy"] == "events-rule/tickets-schedule"


def test_it_is_known_beforehand_why_a_tick_would_start_nothing() -> None:
    aws, ecs = FakeAws(), FakeEcs()
    assert not ticks(aws, ecs).refusal()
    assert ticks(aws, ecs, denial="its role lacks it").refusal() == "its role lacks it"
    refusing = FakeEcs(refuses=ApiError("ClientException", message="TaskDefinition not found."))
    assert ticks(aws, refusing).refusal() == "TaskDefinition not found."
    assert refusing.asked[0]["startedBy"] == "events-rule/tickets-schedule"


def test_a_tick_becomes_one_run_task_with_the_targets_parameters_and_overrides() -> None:
    aws, ecs = FakeAws([message()]), FakeEcs()
    read(aws, ecs)
    assert ecs.asked == [
        {
            "cluster": TARGET["Arn"],
            "taskDefinition": TARGET["EcsParameters"]["TaskDefinitionArn"],  # type: ignore[index]
            "count": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-1"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": "DISABLED",
                }
            },
            "overrides": TARGET["Input"],
            "startedBy": "events-rule/tickets-schedule",
        }
    ]
    assert aws.deleted == 1
    assert aws.waited_s == LONG_POLL_S


def test_started_by_is_no_longer_than_ecs_takes() -> None:
    long = RuleTarget(rule="r" * 64, group="", queue="q", target=TARGET)
    assert len(request(long)["startedBy"]) == 36


def test_overrides_may_be_text() -> None:
    texts = RuleTarget(
        rule="r", group="", queue="q", target={**TARGET, "Input": json.dumps(TARGET["Input"])}
    )
    assert request(texts)["overrides"] == TARGET["Input"]


def test_a_refused_tick_stays_in_the_queue_and_the_words_are_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    aws = FakeAws([message()])
    read(aws, FakeEcs(ApiError("ClientException", message="TaskDefinition not found.")))
    assert aws.deleted == 0
    (event,) = events_in(caplog.messages)
    assert event == TickEvent(
        at=NOW + 2,
        rule="tickets-schedule",
        id="tick-1",
        due=TIME,
        outcome="refused",
        reason="ClientException: TaskDefinition not found.",
    )
    assert str(event) == (
        f"rule tickets-schedule: tick tick-1 of {TIME}: RunTask:"
        " ClientException: TaskDefinition not found."
    )


def test_a_tick_that_started_is_an_event_with_its_tasks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    read(FakeAws([message()]), FakeEcs())
    (event,) = events_in(caplog.messages)
    assert isinstance(event, TickEvent)
    assert (event.outcome, event.tasks) == ("started", ("arn:aws:ecs:r:a:task/tickets/abc",))


def test_a_refusal_of_one_tick_does_not_keep_the_next_from_its_task() -> None:
    aws, ecs = FakeAws([message("nonsense"), message()]), FakeEcs()
    read(aws, ecs)
    assert len(ecs.asked) == 1
    assert aws.deleted == 2


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (message(time="2026-11-23T04:26:00Z"), "it is 122 s old"),
        (message(received=5), "RunTask was refused 4 times"),
        (message("[]"), "what is no event"),
    ],
    ids=["too old", "refused too often", "no event"],
)
def test_a_tick_that_eventbridge_would_drop_is_dropped(
    one: dict[str, Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    aws, ecs = FakeAws([one]), FakeEcs()
    read(aws, ecs)
    assert ecs.asked == []
    assert aws.deleted == 1
    assert why in caplog.text


def test_a_disabled_rule_starts_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    aws, ecs = FakeAws([message()], state="DISABLED"), FakeEcs()
    read(aws, ecs)
    assert ecs.asked == []
    assert aws.deleted == 1
    assert "the rule is disabled" in caplog.text


def test_no_tick_starts_nothing() -> None:
    aws, ecs = FakeAws(), FakeEcs()
    read(aws, ecs)
    assert ecs.asked == []
    assert aws.deleted == 0
