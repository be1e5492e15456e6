"""Inputs of AWS's operations: what is refused, with file, key and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs import load_balancer, operation_shapes

FILE = Path("service.json")
SERVICE: dict[str, Any] = {"serviceName": "web", "desiredCount": 2, "launchType": "FARGATE"}


def refused(given: dict[str, Any], *, operation: str = "CreateService", key: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        operation_shapes.check(given, api="ecs", operation=operation, path=FILE, key=key)
    return str(caught.value)


def test_what_aws_takes_is_taken() -> None:
    group = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}}
    given = {**SERVICE, "networkConfiguration": group, "tags": [{"key": "a", "value": "b"}]}
    operation_shapes.check(given, api="ecs", operation="CreateService", path=FILE)


@pytest.mark.parametrize(
    ("changed", "said", "remedy"),
    [
        ({"desiredcount": 2}, "desiredcount is no member", 'did you mean "desiredCount"?'),
        ({"desiredCount": "2"}, "desiredCount is a string, and must be a whole number", "write a"),
        ({"desiredCount": True}, "desiredCount is a boolean, and must be a whole", "write a"),
        ({"desiredCount": None}, "desiredCount is null, and must be a whole number", "write a"),
        ({"launchType": "Fargate"}, 'launchType is "Fargate", which AWS does not', "FARGATE"),
        ({"tags": {"a": "b"}}, "tags is an object, and must be a list", "write a list"),
        ({"tags": [{"name": "a"}]}, "tags[0].name is no member", "known here: key, value"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-1"]}}},
            "networkConfiguration.awsvpcConfiguration.subnets is missing",
            "add the key subnets",
        ),
    ],
)
def test_what_aws_refuses_is_named(changed: dict[str, Any], said: str, remedy: str) -> None:
    message = refused({**SERVICE, **changed})
    assert message.startswith(f"service.json: {said}")
    assert remedy in message
    assert "(ecs CreateService)" in message


def test_a_value_is_never_shown_but_where_aws_lists_what_it_takes() -> None:
    environment = [{"name": "DB_PASSWORD", "value": 12345678}]
    container = {"name": "app", "environment": environment}
    given = {"family": "web", "containerDefinitions": [container]}
    message = refused(given, operation="RegisterTaskDefinition")
    assert "containerDefinitions[0].environment[0].value is a number" in message
    assert "12345678" not in message


def test_the_key_says_where_in_the_file_the_input_is() -> None:
    assert refused({"x": 1}, key="Service").startswith("service.json: Service.x is no member")


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
    assert load_balancer.target_group(path)
    path.write_text(json.dumps({"TargetGroup": {**good, **changed}}))
    with pytest.raises(ConfigError) as caught:
        load_balancer.target_group(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{path}: TargetGroup.")


def test_attributes_are_a_list_of_keys_and_values(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    attributes = {"idle_timeout.timeout_seconds": "60"}
    path.write_text(json.dumps({"LoadBalancer": {"Name": "web"}, "Attributes": attributes}))
    with pytest.raises(ConfigError, match="Attributes is an object, and must be a list"):
        load_balancer.load_balancer(path)
