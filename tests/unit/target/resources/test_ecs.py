"""One ECS service: its tasks, its stability, and changes that are undone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from harness.target.resources.ecs import EcsService, command_line, copy_of
from tests.unit.pages import Paged


class Ecs(Paged):
    def __init__(self, **changes: Any) -> None:
        self.service: dict[str, Any] = {
            "desiredCount": 2,
            "runningCount": 2,
            "deployments": [{"rolloutState": "COMPLETED"}],
            **changes,
        }
        self.tasks: dict[str, dict[str, Any]] = {
            name: {"taskArn": name, "lastStatus": status}
            for name, status in {"task/c/a": "RUNNING", "task/c/b": "PENDING"}.items()
        }
        self.counts: list[int] = []

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [deepcopy(self.service)]}

    def update_service(self, *, desiredCount: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.counts.append(desiredCount)
        return {"service": deepcopy(self.service)}

    def list_tasks(self, *, desiredStatus: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"taskArns": list(self.tasks) if desiredStatus == "RUNNING" else []}

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        return {"tasks": [self.tasks[name] for name in tasks if name in self.tasks]}


def service(ecs: Ecs) -> EcsService:
    return EcsService(ecs, cluster="c", name="tickets-web")


@pytest.mark.parametrize(
    ("changes", "stable"),
    [
        ({}, True),
        ({"runningCount": 1}, False),
        ({"deployments": [{"rolloutState": "IN_PROGRESS"}]}, False),
        ({"deployments": [{"rolloutState": "FAILED"}]}, False),
        ({"deployments": [{"rolloutState": "COMPLETED"}, {"rolloutState": "COMPLETED"}]}, False),
    ],
)
def test_stable_is_one_completed_deployment_with_all_tasks(
    changes: dict[str, Any], stable: bool
) -> None:
    assert service(Ecs(**changes)).is_stable() is stable


def test_a_running_task_is_one_that_has_started() -> None:
    assert service(Ecs()).running() == {"a"}


def test_a_forgotten_task_is_empty() -> None:
    assert service(Ecs()).task("task/c/z") == {}
    assert service(Ecs()).task("task/c/a")["lastStatus"] == "RUNNING"


def test_the_count_is_restored_even_after_an_error() -> None:
    ecs = Ecs()
    with pytest.raises(ZeroDivisionError), service(ecs).scaled_to(0):
        raise ZeroDivisionError
    assert ecs.counts == [0, 2]


def test_a_copy_has_only_what_registering_takes_and_shares_nothing() -> None:
    definition = {"family": "f", "revision": 3, "containerDefinitions": [{"name": "app"}]}
    copied = copy_of(definition)
    assert copied == {"family": "f", "containerDefinitions": [{"name": "app"}]}
    copied["containerDefinitions"][0]["name"] = "other"
    assert definition["containerDefinitions"] == [{"name": "app"}]


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({}, []),
        ({"entryPoint": None, "command": ["php"]}, ["php"]),
        ({"entryPoint": ["sh", "-c"], "command": ["php artisan"]}, ["sh", "-c", "php artisan"]),
        ({"entryPoint": ["php", "artisan", "queue:work"]}, ["php", "artisan", "queue:work"]),
    ],
)
def test_a_command_line_begins_with_the_entry_point(
    container: dict[str, Any], words: list[str]
) -> None:
    assert command_line(container) == words
