"""Subnets and groups of tasks: what ECS refuses, and a default group that nobody means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.inputs.checks import task_networks
from harness.inputs.problem import Problem
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import judge, with_service


def problems(app: Production) -> Iterator[Problem]:
    return task_networks.problems(app.tasks, files=app.files)


KEY = "networkConfiguration.awsvpcConfiguration"


def test_the_reference_app_is_taken(app: Production) -> None:
    assert edits.keys((problems,), app) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subnets": []}, f"{KEY}.subnets: is missing: ECS starts no task of Fargate without"),
        ({"subnets": ["sg-0a40c1e2"]}, f'{KEY}.subnets[0]: is "sg-0a40c1e2", which is no id'),
        ({"securityGroups": []}, f"{KEY}.securityGroups: is missing, so that ECS takes the VPC's"),
        ({"assignPublicIp": "ENABLED"}, ""),
    ],
)
def test_a_task_starts_in_subnets_with_groups(
    app: Production, changes: dict[str, Any], said: str
) -> None:
    network = app.services["worker"].network.content
    configuration = {"awsvpcConfiguration": {**network, **changes}}
    changed = with_service(app, "worker", networkConfiguration=configuration)
    judge(edits.texts((problems,), changed), said)


def test_a_service_without_a_network_is_named(app: Production) -> None:
    changed = with_service(app, "web", networkConfiguration={})
    assert edits.keys((problems,), changed) == [f"{KEY}.subnets"]
