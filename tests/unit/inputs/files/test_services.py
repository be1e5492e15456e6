"""The file of a service: its launch, its load balancers, and rejections."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.core.errors import ConfigError
from harness.inputs.document import read_json
from harness.inputs.files import services
from tests.unit.inputs.files.test_task_definitions import app, load, written

GROUP = {
    "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/web/1f2e"
}
FARGATE = {
    "serviceName": "web",
    "taskDefinition": "web",
    "launchType": "FARGATE",
    "platformVersion": "1.4.0",
}


def load_service(path: Path, *, definition: TaskDefinition | None) -> dict[str, Any]:
    return services.read(read_json(path), definition=definition)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"launchType": "EC2"}, 'launchType is "EC2"'),
        ({"desiredCount": 0}, "desiredCount is 0: nobody does its work"),
        ({"launchType": None}, "launchType is missing, so that ECS takes EC2"),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "capacityProviderStrategy is set, and launchType, too: ECS refuses the two",
        ),
        ({"platformVersion": "1.3.0"}, 'platformVersion is "1.3.0"'),
        ({"taskDefinition": None}, "taskDefinition is missing"),
        ({"serviceName": "my web"}, 'serviceName is "my web"'),
        ({"desiredCount": 2**31}, "desiredCount is 2147483648, and AWS takes 2147483647 at the"),
    ],
)
def test_a_service_that_is_not_on_fargate_is_named(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    definition = load(written(tmp_path, lambda _: None))
    path = tmp_path / "service.json"
    named = {"serviceName": "web", "taskDefinition": "web"}
    spot = {**named, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}
    for good in (FARGATE, {**named, "launchType": "FARGATE"}, spot):
        path.write_text(json.dumps(good), encoding="utf-8")
        assert load_service(path, definition=definition) == good
    service = {k: v for k, v in {**FARGATE, **changed}.items() if v is not None}
    path.write_text(json.dumps(service), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_service(path, definition=definition)

    assert str(caught.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"containerName": "nginx", "containerPort": 8080},
            'loadBalancers[0].containerName is "nginx", which ',
        ),
        (
            {"containerName": "app", "containerPort": 80},
            "loadBalancers[0].containerPort is 80, which is no portMapping of the container",
        ),
        (
            {"containerName": "app", "containerPort": 53},
            "loadBalancers[0].containerPort is 53, which has several portMappings",
        ),
        (
            {"containerName": "app", "containerPort": 54},
            "loadBalancers[0].containerPort is 54, whose portMapping in the container",
        ),
    ],
)
def test_a_service_whose_load_balancer_leads_nowhere_is_named(
    tmp_path: Path, entry: dict[str, Any], said: str
) -> None:
    twice = [{"containerPort": 53, "protocol": protocol} for protocol in ("tcp", "udp")]
    datagrams = {"containerPort": 54, "protocol": "udp"}
    ports = {"portMappings": [{"containerPort": 8080}, *twice, datagrams]}
    definition = load(written(tmp_path, lambda raw: app(raw).update(ports)))
    path = tmp_path / "service.json"
    good = {"containerName": "app", "containerPort": 8080, **GROUP}
    path.write_text(json.dumps({**FARGATE, "loadBalancers": [good]}), encoding="utf-8")
    assert load_service(path, definition=definition)
    path.write_text(json.dumps({**FARGATE, "loadBalancers": [{**GROUP, **entry}]}), "utf-8")

    with pytest.raises(ConfigError) as caught:
        load_service(path, definition=definition)

    assert str(caught.value).startswith(f"{path}: {said}")
    assert str(tmp_path / "web.json") in str(caught.value)


@pytest.mark.parametrize("arn", [None, "", "${TG_ARN}", GROUP["targetGroupArn"][:-5]])
def test_a_service_that_names_no_target_group_is_named(tmp_path: Path, arn: str | None) -> None:
    path = tmp_path / "service.json"
    entry = {"containerName": "app", "containerPort": 8080, "targetGroupArn": arn}
    balancer = {name: value for name, value in entry.items() if value is not None}
    path.write_text(json.dumps({**FARGATE, "loadBalancers": [balancer]}), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_service(path, definition=None)

    message = f'is "{arn}", which is no ARN of a target group' if arn else "is missing"
    assert f"loadBalancers[0].targetGroupArn {message}" in str(caught.value)
    assert "`aws elbv2 describe-target-groups` prints" in str(caught.value)


def test_a_placeholder_in_a_service_is_named(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    network = {"subnets": ["subnet-1", "${SUBNET_B}"], "securityGroups": ["sg-1"]}
    settings = {"networkConfiguration": {"awsvpcConfiguration": network}}
    path.write_text(json.dumps({**FARGATE, **settings}), encoding="utf-8")
    key = "networkConfiguration.awsvpcConfiguration.subnets[1]"
    with pytest.raises(ConfigError, match=re.escape(f'{key} is "${{SUBNET_B}}", and AWS takes')):
        load_service(path, definition=None)
