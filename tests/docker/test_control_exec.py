"""ECS Exec: our client, control's end of the data channel, and a command in a real container."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from harness.core.errors import TargetError
from harness.core.wait import Deadline
from harness.target.access import Access
from harness.target.clients.data_channel import output_of
from harness.target.resources.ecs_exec import EcsExec, ExecResult
from harness.target.target import AS_LOCAL
from tests.docker.control_stack import CLUSTER, ControlStack, definition, started, text

if TYPE_CHECKING:
    import docker

ACCESS = Access(public_url="https://tickets.876events.example", cluster=CLUSTER)
EACH = 100


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlStack]:
    with started(client, image, tmp_path_factory.mktemp("home")) as control_stack:
        control_stack.ecs.register_task_definition(**definition(user="33"))
        yield control_stack


@pytest.fixture(scope="module")
def task(stack: ControlStack) -> str:
    arn = stack.run_task(enableExecuteCommand=True)
    stack.until(lambda: stack.task(arn)["lastStatus"] == "RUNNING")
    return arn.rpartition("/")[2]


@pytest.fixture(scope="module")
def exec_(stack: ControlStack) -> EcsExec:
    return EcsExec(stack.ecs, access=ACCESS, differences=AS_LOCAL)


def test_code_and_outputs_come_back_exactly(exec_: EcsExec, task: str) -> None:
    script = "printf 'a\\n\\tb\\r\\n'; printf 'Grüße' >&2; exit 7"
    assert exec_.run(task, ["sh", "-c", script]) == ExecResult(7, "a\n\tb\r\n", "Grüße")


def test_a_command_runs_as_root_in_the_images_directory(
    exec_: EcsExec, task: str, stack: ControlStack
) -> None:
    script = "id -u; pwd; echo $TERM; env | cut -d= -f1"
    uid, directory, terminal, *names = exec_.run(task, ["sh", "-c", script]).stdout.split()
    assert (uid, directory, terminal) == ("0", "/opt/control", "xterm-256color")
    listed = text(stack.container(stack.task(task)["taskArn"]).exec_run("env", user="0").output)
    docker_exec = {line.partition("=")[0] for line in listed.splitlines()}
    assert set(names) - docker_exec <= {"TERM", "COLUMNS", "PWD", "OLDPWD", "SHLVL", "_"}
    assert docker_exec <= set(names)


def test_a_large_output_is_whole(exec_: EcsExec, task: str) -> None:
    result = exec_.run(task, ["seq", "1", "200000"])
    assert result.stdout.split() == [str(number) for number in range(1, 200_001)]


def test_no_output_is_lost(exec_: EcsExec, task: str) -> None:
    def run(number: int) -> str:
        return exec_.run(task, ["echo", str(number)]).stdout

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(EACH))) == [f"{number}\n" for number in range(EACH)]


def test_a_command_that_does_not_end_is_interrupted(
    exec_: EcsExec, task: str, stack: ControlStack
) -> None:
    with pytest.raises(TargetError, match="has not ended after 2 s"):
        exec_.run(task, ["sleep", "4321"], within_s=2)
    container = stack.container(stack.task(task)["taskArn"])
    stack.until(lambda: "4321" not in str(container.top(ps_args="-eo pid,args")))


def test_a_token_is_valid_once_and_shows_nowhere(stack: ControlStack, task: str) -> None:
    session = stack.ecs.execute_command(
        cluster=CLUSTER, task=task, container="app", command="echo ok", interactive=True
    )["session"]
    assert output_of(session, deadline=Deadline(20), most_bytes=1000) == b"ok\r\n"
    with pytest.raises(TargetError, match="was refused"):
        output_of(session, deadline=Deadline(20), most_bytes=1000)
    log = text(stack.control.logs())
    assert session["sessionId"] in log
    assert session["tokenValue"] not in log
    assert "echo" not in log
    host, _, port = session["streamUrl"].split("/")[2].partition(":")
    assert (host, bool(port)) == ("127.0.0.1", True)


def test_a_program_that_is_not_there(stack: ControlStack, task: str) -> None:
    session = stack.ecs.execute_command(
        cluster=CLUSTER, task=task, container="app", command="no-such-program", interactive=True
    )["session"]
    output = output_of(session, deadline=Deadline(20), most_bytes=10_000)
    assert b"no-such-program" in output


def test_a_task_without_exec(stack: ControlStack, exec_: EcsExec) -> None:
    arn = stack.run_task()
    stack.until(lambda: stack.task(arn)["lastStatus"] == "RUNNING")
    with pytest.raises(TargetError, match="without enableExecuteCommand"):
        exec_.run(arn.rpartition("/")[2], ["true"])
    with pytest.raises(ClientError, match="execute command was not enabled when the task was run"):
        stack.ecs.execute_command(
            cluster=CLUSTER, task=arn, container="app", command="true", interactive=True
        )
