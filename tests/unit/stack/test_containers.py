"""Containers are found by their labels, and commands run in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import TargetError
from harness.stack import container_command
from harness.stack.containers import Containers
from harness.target.access import Access
from harness.target.resources.ecs_exec import ExecResult
from tests.unit.local_servers import HOST

URL = f"https://{HOST}"


class FakeContainer:
    def __init__(self, task: str, name: str, *, output: bytes = b"") -> None:
        self.labels = {
            "com.amazonaws.ecs.task-definition-family": "tickets-web",
            "com.amazonaws.ecs.task-arn": f"arn:aws:ecs:us-east-1:876000000876:task/tickets/{task}",
            "com.amazonaws.ecs.container-name": name,
        }
        self.output = output
        self.ran: list[Any] = []
        self.attrs = {
            "NetworkSettings": {
                "Networks": {"cutover-abc-app": {"IPAddress": "10.1.0.2", "Gateway": "10.1.0.1"}}
            }
        }

    def run(
        self, command: list[str], *, user: str, environment: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        assert int(environment["COLUMNS"]) > 500, "artisan breaks names in two"
        self.ran.append((command, user))
        return 3, self.output, b""


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_command, "run", FakeContainer.run)


def engine_with(*found: FakeContainer) -> Any:
    calls: list[Any] = []

    def listed(**how: Any) -> list[FakeContainer]:
        calls.append(how)
        return list(found)

    return SimpleNamespace(containers=SimpleNamespace(list=listed), asked=calls)


def test_a_command_runs_as_root_in_the_tasks_app_container() -> None:
    other = FakeContainer("aaa", "sidecar")
    app = FakeContainer("aaa", "app", output=b"out")
    engine = engine_with(other, FakeContainer("bbb", "app"), app)
    containers = Containers(Access(public_url=URL, run="abc"), client=engine)
    assert containers.run("aaa", ["php", "-v"]) == ExecResult(3, "out", "")
    assert app.ran == [(["php", "-v"], "0")]
    assert engine.asked[0]["filters"] == {"label": ["cutover.run=abc", "cutover.role=task"]}


def test_a_command_runs_in_laravels_container_unless_another_is_named() -> None:
    nginx = FakeContainer("aaa", "nginx")
    php = FakeContainer("aaa", "php")
    access = Access(public_url=URL, run="abc", php_containers={"tickets-web": "php"})
    containers = Containers(access, client=engine_with(php, nginx))
    containers.run("aaa", ["php", "-v"])
    containers.run("aaa", ["nginx", "-v"], container="nginx")
    assert php.ran == [(["php", "-v"], "0")]
    assert nginx.ran == [(["nginx", "-v"], "0")]
    with pytest.raises(TargetError, match='no running container "agent"'):
        containers.of_task("aaa", container="agent")


def test_a_task_that_does_not_run_is_said_so() -> None:
    containers = Containers(Access(public_url=URL, run="abc"), client=engine_with())
    with pytest.raises(TargetError, match="Task zzz has no running container"):
        containers.run("zzz", ["true"])


def test_addresses_of_a_service_are_those_on_its_networks() -> None:
    engine = engine_with(FakeContainer("a", "app"))
    containers = Containers(Access(public_url=URL, run="abc"), client=engine)
    assert containers.addresses("edge") == {"cutover-abc-app": ("10.1.0.2", "10.1.0.1")}
