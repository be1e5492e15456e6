"""The schedule's file: its rule, its target, and rejections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs.document import Document
from harness.inputs.files import schedule as schedules
from harness.inputs.problem import InputError
from tests.unit.inputs.files.documents import write

RULE = {"Name": "each-minute", "ScheduleExpression": "rate(1 minute)"}
PARAMETERS = {
    "TaskDefinitionArn": "arn:aws:ecs:r:a:task-definition/t",
    "LaunchType": "FARGATE",
}
TARGET = {
    "Id": "one",
    "Arn": "arn:aws:ecs:r:a:cluster/c",
    "RoleArn": "arn:aws:iam::a:role/r",
    "EcsParameters": PARAMETERS,
}


def schedule(directory: Path, **target: Any) -> Document:
    targets = [{k: v for k, v in {**TARGET, **target}.items() if v is not None}]
    return write(
        directory,
        {"PutRule": RULE, "PutTargets": {"Rule": "each-minute", "Targets": targets}},
    )


@pytest.mark.parametrize("text", ["{}", "{ }", {}])
def test_an_input_without_overrides_is_a_document(text: Any, tmp_path: Path) -> None:
    schedules.read(schedule(tmp_path, Input=text))


@pytest.mark.parametrize("written", [dict, json.dumps])
def test_an_override_that_ecs_does_not_know_is_refused(tmp_path: Path, written: Any) -> None:
    override = written({"containerOverride": []})
    with pytest.raises(ConfigError, match='Input has "containerOverride"'):
        schedules.read(schedule(tmp_path, Input=override))


def test_a_role_is_named_by_its_arn(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='RoleArn is "tickets-schedule-rule", which is no ARN'):
        schedules.read(schedule(tmp_path, RoleArn="tickets-schedule-rule"))


@pytest.mark.parametrize("key", ["RoleArn", "EcsParameters"])
def test_a_target_that_cannot_run_a_task_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is missing"):
        schedules.read(schedule(tmp_path, **{key: None}))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"Arn": None}, "Targets[0].Arn is missing"),
        ({"EcsParameters": "arn"}, "Targets[0].EcsParameters is a string, and must be an object"),
        (
            {"EcsParameters": {"LaunchType": "FARGATE"}},
            "Targets[0].EcsParameters.TaskDefinitionArn is missing",
        ),
        (
            {
                "EcsParameters": {
                    **PARAMETERS,
                    "NetworkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}},
                }
            },
            "Targets[0].EcsParameters.NetworkConfiguration.awsvpcConfiguration.subnets is no field"
            " that AWS knows",
        ),
    ],
)
def test_a_target_that_put_targets_does_not_take_is_refused(
    tmp_path: Path, target: dict[str, Any], said: str
) -> None:
    document = schedule(tmp_path, **target)
    with pytest.raises(ConfigError) as failure:
        schedules.read(document)
    assert f"PutTargets.{said}" in str(failure.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"LaunchType": "EC2"}, 'LaunchType is "EC2"'),
        ({"LaunchType": None}, "LaunchType is missing, so that ECS takes EC2"),
        (
            {"CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]},
            "CapacityProviderStrategy is set, and LaunchType, too: ECS refuses the two together",
        ),
        ({"PlatformVersion": "1.3.0"}, 'PlatformVersion is "1.3.0"'),
    ],
)
def test_a_target_that_is_not_on_fargate_is_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    parameters = {k: v for k, v in {**PARAMETERS, **changed}.items() if v is not None}
    with pytest.raises(ConfigError, match=f"EcsParameters.{said}"):
        schedules.read(schedule(tmp_path, EcsParameters=parameters))


def test_an_input_that_only_eventbridge_can_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="InputTransformer"):
        schedules.read(schedule(tmp_path, InputTransformer={"InputTemplate": "x"}))


@pytest.mark.parametrize(
    "bus", ["default", "arn:aws:events:us-east-1:876000000876:event-bus/default"]
)
def test_a_rule_may_name_the_default_bus(tmp_path: Path, bus: str) -> None:
    content = {
        "PutRule": {**RULE, "EventBusName": bus},
        "PutTargets": {"Rule": RULE["Name"], "EventBusName": bus, "Targets": [TARGET]},
    }
    assert schedules.read(write(tmp_path, content))


def test_a_rule_of_another_bus_has_no_schedule(tmp_path: Path) -> None:
    content = {
        "PutRule": {**RULE, "EventBusName": "shop"},
        "PutTargets": {"Rule": RULE["Name"], "EventBusName": "shop", "Targets": [TARGET]},
    }
    with pytest.raises(ConfigError) as failure:
        schedules.read(write(tmp_path, content))
    assert 'EventBusName is "shop", and EventBridge takes a ScheduleExpression on' in str(
        failure.value
    )


def test_a_schedule_of_one_run_is_refused(tmp_path: Path) -> None:
    once = {
        "Name": "once",
        "ScheduleExpression": "at(2026-12-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {key: value for key, value in TARGET.items() if key != "Id"},
    }
    with pytest.raises(ConfigError, match="runs the task once"):
        schedules.read(write(tmp_path, {"CreateSchedule": once}))


def test_a_schedule_has_a_time_zone_of_iana(tmp_path: Path) -> None:
    target = {key: value for key, value in TARGET.items() if key != "Id"}
    content: dict[str, Any] = {
        "Name": "minutely",
        "ScheduleExpression": "rate(1 minutes)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {**target, "RoleArn": "arn:aws:iam::876000000876:role/tick"},
    }
    schedules.read(write(tmp_path, {"CreateSchedule": content}))
    content["ScheduleExpressionTimezone"] = "Berlin"
    with pytest.raises(ConfigError, match=r'Timezone is "Berlin", which is no time zone'):
        schedules.read(write(tmp_path, {"CreateSchedule": content}))


def test_a_rule_without_a_target_has_one_problem(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        schedules.read(
            write(tmp_path, {"PutRule": RULE, "PutTargets": {"Rule": "each-minute", "Targets": []}})
        )
    assert [problem.key for problem in caught.value.problems] == ["PutTargets.Targets"]
