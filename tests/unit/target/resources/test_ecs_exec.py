"""Commands through ECS Exec: the script that a terminal cannot spoil, and ECS's conditions."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.core.errors import TargetError
from harness.core.wait import Deadline
from harness.target.access import Access
from harness.target.clients import data_channel
from harness.target.resources.ecs_exec import EcsExec, ExecResult, WrappedCommand
from harness.target.target import AS_LOCAL, Differences

ACCESS = Access(
    public_url="https://shop.example", cluster="shop", php_containers={"shop-web": "app"}
)
QUICK = Differences(
    eventual_timeout_s=0.2,
    task_replacement_timeout_s=1,
    plaintext_at_proxy=(),
    plaintext_at_server=(),
    poll_interval_s=0.01,
)


def in_terminal(line: str) -> bytes:
    """Run a command line as the agent does: split into words, in a terminal."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        shlex.split(line), stdin=child, stdout=child, stderr=child, start_new_session=True
    ):
        os.close(child)
        output = b""
        while True:
            try:
                part = os.read(parent, 4096)
            except OSError:  # Linux says so when the last process has closed its end
                break
            output += part
    os.close(parent)
    return output


def run(*command: str, most_bytes: int = 10_000) -> ExecResult:
    wrapped = WrappedCommand(command, most_bytes=most_bytes)
    return wrapped.result(in_terminal(wrapped.line))


def test_code_and_outputs_come_back_exactly() -> None:
    script = "printf 'a\\n\\tb\\r\\n'; printf 'Grüße \\033[31m' >&2; exit 7"
    assert run("sh", "-c", script) == ExecResult(7, "a\n\tb\r\n", "Grüße \033[31m")


@pytest.mark.parametrize(
    "argument", ["it's", 'a "b" $HOME `id` \\', "two\nlines", "* ? [a]", "", "-n", "ü", "%s %d"]
)
def test_an_argument_arrives_as_it_is(argument: str) -> None:
    assert run("printf", "%s", argument) == ExecResult(0, argument, "")


def test_a_command_that_is_not_there() -> None:
    result = run("no-such-program")
    assert result.exit_code == 127
    assert "no-such-program" in result.stderr


def test_a_builtin_of_the_shell_is_no_program() -> None:
    assert run("alias").exit_code == 127


def test_a_command_has_no_terminal_and_no_input() -> None:
    result = run("sh", "-c", "test -t 0 || test -t 1 || test -t 2; echo $?; cat; echo $COLUMNS")
    assert result == ExecResult(0, "1\n1000\n", "")


def test_a_long_output_is_whole() -> None:
    result = run("seq", "1", "2000")
    assert result.stdout.split() == [str(number) for number in range(1, 2001)]


def test_an_output_that_is_too_long_is_an_error() -> None:
    assert len(run("seq", "1", "100", most_bytes=292).stdout) == 292
    with pytest.raises(TargetError, match="`seq` prints more than 0 MiB in a task"):
        run("seq", "1", "100", most_bytes=291)


def test_nothing_is_left_behind(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run("true").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_an_end_without_a_result_shows_what_there_is() -> None:
    wrapped = WrappedCommand(("php", "-v"))
    with pytest.raises(TargetError, match="no result of `php`") as raised:
        wrapped.result(b"sh: base64: not found\r\n" + f"{wrapped.mark} 0\r\n".encode())
    assert str(raised.value.state).startswith("sh: base64: not found")


class Ecs:
    """DescribeTasks and ExecuteCommand of one task."""

    def __init__(self, *statuses: str, error: str = "", **changes: Any) -> None:
        self.statuses = list(statuses)
        self.error = error
        self.task: dict[str, Any] = {
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/shop-web:3",
            "enableExecuteCommand": True,
            "containers": [{"name": "nginx"}, {"name": "app"}],
            **changes,
        }
        self.calls: list[dict[str, Any]] = []

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        if tasks != ["t"]:
            return {"tasks": []}
        task = deepcopy(self.task)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        for container in task["containers"]:
            container["managedAgents"] = [{"name": "ExecuteCommandAgent", "lastStatus": status}]
        return {"tasks": [task]}

    def execute_command(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given)
        if self.error:
            answer: Any = {"Error": {"Code": self.error, "Message": "no"}}
            raise ClientError(answer, "ExecuteCommand")
        return {"session": {"streamUrl": "ws://127.0.0.1:1/", "tokenValue": "t"}}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Ecs:
    """ECS with sessions on this machine."""
    ecs = Ecs("PENDING", "RUNNING")

    def output_of(_session: Any, *, deadline: Deadline, most_bytes: int) -> bytes:
        return in_terminal(ecs.calls[-1]["command"])

    monkeypatch.setattr(data_channel, "output_of", output_of)
    return ecs


def test_a_command_runs_in_laravels_container_once_its_agent_runs(terminal: Ecs) -> None:
    result = EcsExec(terminal, access=ACCESS, differences=QUICK).run("t", ["echo", "ok"])
    assert result == ExecResult(0, "ok\n", "")
    (call,) = terminal.calls
    assert {key: call[key] for key in ("cluster", "task", "container", "interactive")} == {
        "cluster": "shop",
        "task": "t",
        "container": "app",
        "interactive": True,
    }


def test_another_container_is_named(terminal: Ecs) -> None:
    EcsExec(terminal, access=ACCESS, differences=QUICK).run("t", ["true"], container="nginx")
    assert terminal.calls[0]["container"] == "nginx"


@pytest.mark.parametrize(
    ("ecs", "task", "container", "words"),
    [
        (Ecs("RUNNING", enableExecuteCommand=False), "t", "", "without enableExecuteCommand"),
        (Ecs("STOPPED"), "t", "", "the agent in its container app is STOPPED"),
        (Ecs("PENDING"), "t", "", "not within 0 s: the agent of app is PENDING"),
        (Ecs("RUNNING"), "t", "redis", "it has no container redis"),
        (Ecs("RUNNING"), "gone", "", "for task gone: ECS does not know it"),
    ],
)
def test_a_task_without_an_agent(ecs: Ecs, task: str, container: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        EcsExec(ecs, access=ACCESS, differences=QUICK).run(task, ["true"], container=container)
    assert ecs.calls == []


def test_a_refusal_of_ecs_is_shown() -> None:
    ecs = Ecs("RUNNING", error="TargetNotConnectedException")
    with pytest.raises(TargetError, match="container app of task t") as raised:
        EcsExec(ecs, access=ACCESS, differences=AS_LOCAL).run("t", ["true"])
    assert "TargetNotConnectedException" in str(raised.value.last_answer)
    assert "ssmmessages" in str(raised.value.hint)
