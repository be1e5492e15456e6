"""Inputs of AWS's operations: rejections, with file, key and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs import operation_shapes
from harness.inputs.document import read_json
from harness.inputs.files import load_balancer
from harness.inputs.problem import Problem

SERVICE: dict[str, Any] = {"serviceName": "web", "desiredCount": 2, "launchType": "FARGATE"}


def problems(
    given: dict[str, Any], *, api: str = "ecs", operation: str = "CreateService", key: str = ""
) -> list[str]:
    fit = operation_shapes.fit(given, api=api, operation=operation, key=key)
    return [f"{problem}: {problem.hint}" for problem in fit.problems]


def test_what_aws_takes_is_taken() -> None:
    group = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}}
    service = {**SERVICE, "networkConfiguration": group, "tags": [{"key": "a", "value": "b"}]}
    fit = operation_shapes.fit(service, api="ecs", operation="CreateService")
    assert not fit.problems
    assert fit.fitting == service


@pytest.mark.parametrize(
    ("changed", "said", "remedy"),
    [
        ({"desiredcount": 2}, "desiredcount is no field", 'did you mean "desiredCount"?'),
        ({"desiredCount": "2"}, "desiredCount is a string, and must be a whole number", "write a"),
        ({"desiredCount": True}, "desiredCount is a boolean, and must be a whole", "write a"),
        ({"desiredCount": None}, "desiredCount is null, and must be a whole number", "write a"),
        ({"launchType": "Fargate"}, 'launchType is "Fargate", which AWS does not', "FARGATE"),
        ({"tags": {"a": "b"}}, "tags is an object, and must be a list", "write a list"),
        ({"tags": [{"name": "a"}]}, "tags[0].name is no field", "known here: key, value"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-1"]}}},
            "networkConfiguration.awsvpcConfiguration.subnets is missing",
            "add the key subnets",
        ),
    ],
)
def test_what_aws_refuses_is_named(changed: dict[str, Any], said: str, remedy: str) -> None:
    message = next(
        problem for problem in problems({**SERVICE, **changed}) if problem.startswith(said)
    )
    assert remedy in message
    assert "(ecs CreateService)" in message


def test_an_empty_name_in_a_list_is_named_and_an_empty_word_of_a_command_is_not() -> None:
    balancer = {"Name": "shop", "Subnets": ["", "subnet-1"], "SecurityGroups": ["sg-1"]}
    messages = problems(balancer, api="elbv2", operation="CreateLoadBalancer")
    assert [message.split(":")[0] for message in messages] == ["Subnets[0] is empty"]
    container = {"name": "app", "image": "app:1", "command": ["php", ""]}
    task = {"family": "web", "containerDefinitions": [container]}
    assert problems(task, operation="RegisterTaskDefinition") == []


def test_a_document_may_be_any_json() -> None:
    hook = {"hookTargetArn": "arn", "roleArn": "arn", "lifecycleStages": ["PRE_SCALE_UP"]}
    for details in ("{}", {"suite": "smoke"}):
        hooks = {"lifecycleHooks": [{**hook, "hookDetails": details}]}
        service = {**SERVICE, "deploymentConfiguration": hooks}
        fit = operation_shapes.fit(service, api="ecs", operation="CreateService")
        assert not fit.problems
        assert fit.fitting == service


def test_a_value_is_never_shown_but_where_aws_lists_what_it_takes() -> None:
    environment = [{"name": "DB_PASSWORD", "value": 12345678}]
    container = {"name": "app", "environment": environment}
    task = {"family": "web", "containerDefinitions": [container]}
    (message,) = problems(task, operation="RegisterTaskDefinition")
    assert "containerDefinitions[0].environment[0].value is a number" in message
    assert "put it in quotes" in message
    assert "12345678" not in message


def test_the_key_says_where_in_the_file_the_input_is() -> None:
    assert problems({"x": 1}, key="Service")[0].startswith("Service.x is no field")


def test_a_misspelt_field_is_one_problem_and_not_two() -> None:
    assert [message.partition(":")[0] for message in problems({"serviceNam": "web"})] == [
        "serviceNam is no field that AWS knows"
    ]


def test_every_problem_is_found_and_what_fits_is_left() -> None:
    service = {"serviceName": 5, "desiredcount": 2, "tags": [{"key": "a"}, 7], "launchType": "EC2x"}
    fit = operation_shapes.fit(service, api="ecs", operation="CreateService")
    assert [problem.key for problem in fit.problems] == [
        "serviceName",
        "desiredcount",
        "tags[1]",
        "launchType",
    ]
    assert fit.fitting == {"tags": [{"key": "a"}, {}], "launchType": "EC2x"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Name is empty"),
        ("x" * 65, "Name has 65 characters, and AWS takes 64 at the most"),
        ("each minute", "Name has characters, or a form, that AWS does not take"),
    ],
)
def test_a_text_has_the_length_and_form_that_aws_takes(name: str, said: str) -> None:
    (message,) = problems({"Name": name}, api="events", operation="PutRule")
    assert message.startswith(said)


def test_a_name_that_aws_needs_is_not_empty_and_another_text_may_be() -> None:
    (message,) = problems({"EmailAddress": ""}, api="ses", operation="VerifyEmailIdentity")
    assert message.startswith("EmailAddress is empty")
    logging = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
    request = {"Bucket": "uploads", "BucketLoggingStatus": logging}
    assert problems(request, api="s3", operation="PutBucketLogging") == []


def test_a_rule_has_the_word_where_the_shape_says_less_and_not_where_it_saw_nothing() -> None:
    service = {"serviceName": 5, "launchType": "EC2x"}
    fit = operation_shapes.fit(service, api="ecs", operation="CreateService")
    rules = [Problem("serviceName", "is missing", ""), Problem("launchType", "is EC2", "")]
    all_problems = fit.with_checks(rules)
    assert [str(problem) for problem in all_problems] == [
        "serviceName is a number, and must be a string",
        "launchType is EC2",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"HealthCheckIntervalSeconds": 400}, "is 400, and AWS takes 300 at the most"),
        ({"UnhealthyThresholdCount": 1}, "is 1, and AWS takes 2 at the least"),
        ({"Matcher": "200"}, "Matcher is a string, and must be an object"),
    ],
)
def test_a_target_group_out_of_range_is_named(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "target-group.json"
    good = {"Name": "web", "TargetType": "ip", "Protocol": "HTTP", "Port": 8080}
    path.write_text(json.dumps({"TargetGroup": good}))
    assert load_balancer.target_group(read_json(path))
    path.write_text(json.dumps({"TargetGroup": {**good, **changed}}))
    with pytest.raises(ConfigError) as caught:
        load_balancer.target_group(read_json(path))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{path}: TargetGroup.")


def test_attributes_are_a_list_of_keys_and_values(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    attributes = {"idle_timeout.timeout_seconds": "60"}
    path.write_text(json.dumps({"LoadBalancer": {"Name": "web"}, "Attributes": attributes}))
    with pytest.raises(ConfigError, match="Attributes is an object, and must be a list"):
        load_balancer.load_balancer(read_json(path))
