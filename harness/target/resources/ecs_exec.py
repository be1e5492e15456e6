"""Commands in a running task through ECS Exec: the same call locally and on AWS.

ECS Exec knows terminals only, and no exit code. So the command runs in a small script, which keeps
both outputs in files and prints them with the code, in a form that a terminal leaves as it is.
"""

from __future__ import annotations

import re
import secrets
import shlex
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from harness.core.errors import TargetError
from harness.core.wait import Deadline, DeadlinePassed, GaveUp, NotYet, Ready, wait_until
from harness.target.clients import account, data_channel
from harness.target.resources.ecs import describe_tasks, php_container
from harness.target.target import AS_ON_AWS, Differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.target.access import Access

COLUMNS = "1000"
"""So wide that artisan breaks no name in two; it is 80 where there is no terminal."""
_MOST_BYTES = 8 * 1024**2
_WITHIN_S = 120.0
_AGENT = "ExecuteCommandAgent"
_SCRIPT = """\
export COLUMNS={columns}
d=$(mktemp -d) || exit 1
(exec {command}) </dev/null >"$d/out" 2>"$d/err"
echo "{mark} $?"
head -c {most} "$d/out" | base64
echo {mark}
head -c {most} "$d/err" | base64
echo {mark}
rm -rf "$d"
"""


@dataclass(frozen=True)
class ExecResult:
    """Exit code and output of a command in a container."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class WrappedCommand:
    """A command in the script that prints its exit code and both outputs."""

    command: tuple[str, ...]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    most_bytes: int = _MOST_BYTES

    @property
    def line(self) -> str:
        """The command line for ECS Exec, which splits it as a shell does, and needs no shell."""
        script = _SCRIPT.format(
            columns=COLUMNS,
            command=shlex.join(self.command),
            mark=self.mark,
            most=self.most_bytes + 1,
        )
        return f"sh -c 'echo {b64encode(script.encode()).decode()} | base64 -d | sh'"

    def result(self, output: bytes) -> ExecResult:
        """Read the output of the script.

        Raises:
            TargetError: The script did not come to its end, or the command printed too much.
        """
        text = output.decode("utf-8", "replace")
        match = re.search(rf"{self.mark} (\d+)\s(.*?){self.mark}(.*?){self.mark}", text, re.DOTALL)
        if match is None:
            raise TargetError(
                f"ECS Exec brought no result of `{self.command[0]}`.",
                state=text[-500:].strip(),
                hint="The container needs sh, base64, head and mktemp, and a /tmp to write to.",
            )
        code, *encoded = match.groups()
        stdout, stderr = (b64decode(re.sub(r"\s", "", text)) for text in encoded)
        if max(len(stdout), len(stderr)) > self.most_bytes:
            raise TargetError(
                f"`{self.command[0]}` prints more than {self.most_bytes // 1024**2} MiB in a task."
            )
        return ExecResult(
            int(code), stdout.decode(errors="replace"), stderr.decode(errors="replace")
        )


class Commands(Protocol):
    """Runs commands in tasks."""

    def run(self, task: str, command: Sequence[str], *, container: str = "") -> ExecResult:
        """Run a command in a task's container to its end; by default in Laravel's."""


class EcsExec:
    """Runs commands in the tasks of a cluster through ECS Exec: as root.

    Args:
        ecs: A client of ECS.
        access: The cluster, and the container of each family in which Laravel runs.
        differences: How long the agent of a new task may take, and how often to look.
    """

    def __init__(self, ecs: Any, *, access: Access, differences: Differences = AS_ON_AWS) -> None:
        self._ecs = ecs
        self._access = access
        self._differences = differences

    def run(
        self,
        task: str,
        command: Sequence[str],
        *,
        container: str = "",
        within_s: float = _WITHIN_S,
    ) -> ExecResult:
        """Run a command in a task's container to its end; by default in Laravel's.

        Raises:
            TargetError: ECS Exec does not work for the task, or the command does not end in time.
        """
        name = self._await_agent(task, container=container)
        wrapped = WrappedCommand(tuple(command))
        answer = self._start(task, container=name, line=wrapped.line)
        output = data_channel.output_of(
            answer["session"], deadline=Deadline(within_s), most_bytes=4 * wrapped.most_bytes
        )
        return wrapped.result(output)

    def _start(self, task: str, *, container: str, line: str) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self._ecs.execute_command(
                cluster=self._access.cluster,
                task=task,
                container=container,
                command=line,
                interactive=True,
            )
        except account.call_errors() as error:
            raise TargetError(
                f"ECS Exec does not work for the container {container} of task {task}.",
                last_answer=str(error),
                hint="The task's role needs the ssmmessages actions, its root file system must be"
                " writable, and the caller needs ecs:ExecuteCommand.",
            ) from None
        return answer

    def _await_agent(self, task: str, *, container: str) -> str:
        """Return the container's name, once its agent runs.

        Raises:
            TargetError: There is no such task or container, or its agent does not run in time.
        """
        name = ""

        def probe() -> Ready | NotYet:
            nonlocal name
            described = self._describe(task)
            items = {item["name"]: item for item in described["containers"]}
            name = container or php_container(described, access=self._access)["name"]
            if name not in items:
                raise GaveUp(f"it has no container {name}")
            if not described.get("enableExecuteCommand"):
                raise GaveUp("it was started without enableExecuteCommand")
            agents = items[name].get("managedAgents") or ()
            status = next(
                (item["lastStatus"] for item in agents if item["name"] == _AGENT), "missing"
            )
            if status == "STOPPED":
                raise GaveUp(f"the agent in its container {name} is STOPPED")
            return Ready() if status == "RUNNING" else NotYet(f"the agent of {name} is {status}")

        deadline = Deadline(self._differences.eventual_timeout_s)
        interval_s = self._differences.poll_interval_s
        try:
            wait_until(probe, deadline=deadline, interval_s=interval_s)
        except (GaveUp, DeadlinePassed) as reason:
            raise TargetError(
                f"ECS Exec does not work for task {task}: {reason}.",
                hint='Set "enableExecuteCommand": true in the service, allow the task\'s role the'
                " ssmmessages actions, and replace the tasks.",
            ) from None
        return name

    def _describe(self, task: str) -> dict[str, Any]:
        tasks = describe_tasks(self._ecs, [task], cluster=self._access.cluster)
        if not tasks:
            raise GaveUp("ECS does not know it")
        return tasks[0]
