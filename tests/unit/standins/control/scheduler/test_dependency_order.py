"""The order in which a task's containers are created, started and stopped."""

from __future__ import annotations

from typing import Any

import pytest

from harness.standins.control.scheduler import dependency_order
from harness.standins.control.state.model import (
    HEALTHY,
    RUNNING,
    STOPPED,
    UNHEALTHY,
    Container,
    Task,
)
from tests.unit.standins.control.conftest import ACCOUNT_ARN


def named(name: str, **fields: Any) -> Container:
    return Container(name=name, runtime_id=f"{name}-1", image="app:1", **fields)


def task(*names: str) -> Task:
    return Task(
        id="t" * 32,
        arn=f"{ACCOUNT_ARN}:task/tickets/{'t' * 32}",
        definition_arn=f"{ACCOUNT_ARN}:task-definition/tickets-web:1",
        group="g",
        created_at=1.0,
        containers=[named(name) for name in names],
    )


RAW: dict[str, Any] = {
    "containerDefinitions": [
        {"name": "a", "dependsOn": [{"containerName": "b", "condition": "START"}]},
        {
            "name": "b",
            "dependsOn": [{"containerName": "c", "condition": "SUCCESS"}],
            "volumesFrom": [{"sourceContainer": "d"}],
        },
        {"name": "c", "volumesFrom": [{"sourceContainer": "a"}]},
        {"name": "d"},
    ]
}


def test_containers_start_after_those_that_they_need() -> None:
    ordered = dependency_order.of_start(task("a", "b", "c", "d"), raw=RAW)
    assert [item.name for item in ordered] == ["c", "d", "b", "a"]


def test_containers_stop_before_those_that_they_need() -> None:
    levels = dependency_order.levels(task("a", "b", "c", "d"), raw=RAW)
    assert [[item.name for item in level] for level in levels] == [["c", "d"], ["b"], ["a"]]


def test_containers_are_created_after_those_whose_volumes_they_take() -> None:
    ordered = dependency_order.of_creation(task("a", "b", "c", "d"), raw=RAW)
    assert [item.name for item in ordered] == ["a", "d", "b", "c"]


@pytest.mark.parametrize(
    ("wanted", "fields", "met"),
    [
        ("START", {}, None),
        ("START", {"status": RUNNING}, True),
        ("HEALTHY", {"status": RUNNING}, None),
        ("HEALTHY", {"health": HEALTHY}, True),
        ("HEALTHY", {"health": UNHEALTHY}, False),
        ("HEALTHY", {"health": UNHEALTHY, "essential": False}, None),
        ("HEALTHY", {"status": STOPPED, "essential": False}, False),
        ("COMPLETE", {"status": RUNNING}, None),
        ("COMPLETE", {"status": STOPPED, "exit_code": 1}, True),
        ("SUCCESS", {"status": STOPPED, "exit_code": 1}, False),
        ("SUCCESS", {"status": STOPPED, "exit_code": 0}, True),
    ],
)
def test_conditions(wanted: str, fields: dict[str, Any], met: bool | None) -> None:
    assert dependency_order.condition_met(named("x", **fields), wanted=wanted) is met
