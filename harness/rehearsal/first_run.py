"""The app's first run: commands in the first healthy web task, as on the day of the cutover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from harness.core.errors import ProvisionError
from harness.diagnosis.causes import explain
from harness.diagnosis.evidence import Evidence, Line
from harness.diagnosis.patterns.pattern import Source
from harness.inputs.config import FirstRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_STOPPED = "STOPPED"


class ExecResult(Protocol):
    """The result of a command in a task."""

    @property
    def exit_code(self) -> int:
        """Exit code."""

    @property
    def stdout(self) -> str:
        """Standard output."""

    @property
    def stderr(self) -> str:
        """Standard error."""


class Exec(Protocol):
    """Runs a command in a running task, as ECS Exec does: as root."""

    def __call__(self, task_id: str, command: tuple[str, ...], /) -> ExecResult:
        """Run it and wait for its end."""


def require_exec(task: Mapping[str, Any], *, require_task: Callable[[], None], where: str) -> None:
    """Require that ECS Exec works for a task, since the first run needs it on AWS.

    Args:
        task: As DescribeTasks shows it.
        require_task: Raises the error of a task that has stopped, which has no agent any more.
        where: The run directory, for the error.

    Raises:
        ProvisionError: The task was started without it or has ended, or its role lacks the rights.
    """
    containers = task.get("containers", ())
    agents = [agent for item in containers for agent in item.get("managedAgents") or ()]
    if any(agent.get("lastStatus") == "RUNNING" for agent in agents):
        return
    require_task()
    if any(item.get("lastStatus") == _STOPPED for item in containers):
        raise ProvisionError(
            "the web task ended before its first run",
            where=where,
            hint="its log says why: correct that, then run it again",
        )
    cause = "its role lacks the ssmmessages actions" if agents else "its service does not enable it"
    raise ProvisionError(
        f"ECS Exec does not work for the web task: {cause}",
        state="The execute command failed because execute command was not enabled when the task was"
        " run or the execute command agent isn't running.",
        where=where,
        hint="set \"enableExecuteCommand\": true in the service's file, and allow the task's role"
        " ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and"
        " OpenDataChannel on *",
    )


def run_commands(
    commands: tuple[FirstRun, ...],
    *,
    task_id: str,
    run: Exec,
    require_task: Callable[[], None],
    where: str,
) -> None:
    """Run the first-run commands in a web task, one after the other.

    Args:
        commands: The commands.
        task_id: Id of the task.
        run: Runs one.
        require_task: Raises the error of a task that was stopped, which ends its commands, too.
        where: The run directory, for the error.

    Raises:
        ProvisionError: A command failed, and not in the way that its ``accept`` allows.
    """
    for item in commands:
        result = run(task_id, item.command)
        output = f"{result.stdout}\n{result.stderr}".strip()
        if result.exit_code == 0 or (item.accept and item.accept in output):
            continue
        require_task()
        lines = (
            Line(text, Source.APP, subject="the web task", task="web task")
            for text in output.splitlines()
        )
        command = " ".join(item.command)
        raise ProvisionError(
            f"`{command}` failed in the web task{explain(Evidence(lines=tuple(lines)))}",
            state=f"exit code {result.exit_code}, task {task_id}",
            log_tail=output,
            where=where,
            hint="correct the cause, then run it again",
        )
