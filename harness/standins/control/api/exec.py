"""ExecuteCommand, and the data channel to which its answer leads."""

from __future__ import annotations

import json
import logging
import secrets
import shlex
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import redact
from harness.standins.control.agent.exec_agent import ExecAgent, Terminal
from harness.standins.control.agent.metadata import container_arn
from harness.standins.control.api.definitions import Clusters
from harness.standins.control.api.server import CHANNEL_PATH, HOST, Operations
from harness.standins.control.state import names
from harness.standins.control.state.model import RUNNING, Container, Task
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError
from harness.standins.control.wire.websocket import WebSocket

log = logging.getLogger(__name__)

_VALID_S = 60.0
"""How long a token opens its channel."""
_POLICY_VIOLATION = 1008
"""Of RFC 6455, 7.4.1."""
_NO_AGENT = (
    "The execute command failed because execute command was not enabled when the task was run or"
    " the execute command agent isn’t running. Wait and try again or run a new task with execute"  # noqa: RUF001
    " command enabled and try again."
)
_NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
_INTERACTIVE = (
    "Amazon ECS only supports initiating interactive sessions, so you must specify true for this"
    " value."
)

Start = Callable[[str, Sequence[str]], Terminal]


@dataclass(frozen=True)
class _Session:
    """A channel that was not opened yet."""

    token: str
    docker_id: str
    command: tuple[str, ...]
    valid_until: float


class ExecApi:
    """ExecuteCommand.

    Args:
        state: The records.
        clusters: Finds clusters.
        start: Runs a command in a container, in a terminal.
    """

    def __init__(self, state: State, *, clusters: Clusters, start: Start) -> None:
        self._state = state
        self._clusters = clusters
        self._start = start
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {"ExecuteCommand": self.execute}

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a session in which the command will run."""
        cluster = self._clusters.require(request.get("cluster"))
        if not request["interactive"]:
            raise ApiError("InvalidParameterException", message=_INTERACTIVE)
        try:
            command = tuple(shlex.split(request["command"]))
        except ValueError as error:
            message = f"Failed to parse commands input: {error}"
            raise ApiError("InvalidParameterException", message=message) from None
        if not command:
            raise ApiError("InvalidParameterException", message="command cannot be empty.")
        with self._state.lock():
            task = self._task(request["task"], cluster=cluster)
            container = _container(task, name=request.get("container"))
            self._require_agent(task, container=container)
            answer = {
                "clusterArn": self._clusters.arn(f"cluster/{cluster}"),
                "containerArn": container_arn(task, item=container),
                "containerName": container.name,
                "interactive": True,
                "taskArn": task.arn,
            }
            docker_id = container.docker_id
        return {**answer, "session": self._session(docker_id, command=command)}

    def _session(self, docker_id: str, *, command: tuple[str, ...]) -> dict[str, str]:
        ident, token = f"ecs-execute-command-{secrets.token_hex(13)}", secrets.token_urlsafe(96)
        redact.remember(token)
        now = self._state.now()
        with self._lock:
            for old in [key for key, item in self._sessions.items() if item.valid_until < now]:
                del self._sessions[old]
            self._sessions[ident] = _Session(token, docker_id, command, now + _VALID_S)
        return {
            "sessionId": ident,
            "streamUrl": f"ws://{HOST.get()}{CHANNEL_PATH}{ident}?role=publish_subscribe",
            "tokenValue": token,
        }

    def serve(self, path: str, channel: WebSocket) -> None:
        """Serve a data channel: its first message must have the token, which is valid once."""
        ident = path.removeprefix(CHANNEL_PATH).partition("?")[0]
        session = self._open(ident, opening=next(channel.messages(), b""))
        if session is None:
            channel.close(_POLICY_VIOLATION, "the token is not valid")
            return
        log.info("session %s: a command in container %s", ident, session.docker_id[:12])
        ExecAgent(channel, start=lambda: self._start(session.docker_id, session.command)).serve()

    def _open(self, ident: str, *, opening: bytes) -> _Session | None:
        try:
            token = str(json.loads(opening)["TokenValue"])
        except (ValueError, KeyError, TypeError):
            return None
        with self._lock:
            session = self._sessions.get(ident)
            if session is None or not secrets.compare_digest(
                session.token.encode(), token.encode()
            ):
                return None
            del self._sessions[ident]
        return session if session.valid_until >= self._state.now() else None

    def _task(self, text: str, *, cluster: str) -> Task:
        task = self._state.tasks.get(names.last_part(text))
        if task is None or task.cluster != cluster:
            message = "The referenced task was not found."
            raise ApiError("InvalidParameterException", message=message)
        return task

    def _require_agent(self, task: Task, *, container: Container) -> None:
        """Refuse where the agent of ECS Exec is not there, or cannot work.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html (role,
        read-only root), https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommand.html.
        """
        if not task.execute_command or (task.active and not task.started_at):
            raise ApiError("InvalidParameterException", message=_NO_AGENT)
        raw = self._state.definition(task.definition_arn).parsed.container(container.name).raw
        lives = task.status == RUNNING and container.status == RUNNING
        if task.exec_refused or not lives or raw.get("readonlyRootFilesystem"):
            raise ApiError("TargetNotConnectedException", message=_NOT_CONNECTED)


def _container(task: Task, *, name: str | None) -> Container:
    """Return the container of this name, or the only one."""
    if name is None and len(task.containers) > 1:
        message = "A container name must be specified for a task with multiple containers."
        raise ApiError("InvalidParameterException", message=message)
    for container in task.containers:
        if name in (None, container.name):
            return container
    message = f"The container {name} was not found in the task."
    raise ApiError("InvalidParameterException", message=message)
