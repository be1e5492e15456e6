"""A command in a container, with all of its output.

docker-py's ``exec_run`` reads the socket of the engine's answer. What came in one segment with the
answer's headers is in the buffer of the HTTP library then, and is lost: now and then, under load,
a command seems to print nothing.
"""

from __future__ import annotations

import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

from harness.core.wait import Deadline, NotYet, Ready, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FRAME = struct.Struct(">BxxxL")
"""The stream's number and the length of a part of its output."""
_STDOUT, _STDERR = 1, 2
_CODE_WITHIN_S = 5.0


def run(
    container: Any, command: Sequence[str], *, user: str, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """Run a command in a container to its end; return its exit code and both outputs.

    Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach.
    """
    api = container.client.api
    execution = api.exec_create(
        container.id, list(command), user=user, environment=dict(environment)
    )["Id"]
    outputs = {_STDOUT: b"", _STDERR: b""}
    with closing(api.exec_start(execution, socket=True)) as stream:
        getattr(stream, "_sock", stream).settimeout(None)  # a command may print nothing for long
        reader = stream._response.raw._fp.fp  # noqa: SLF001 - the buffer
        while len(header := reader.read(_FRAME.size)) == _FRAME.size:
            number, length = _FRAME.unpack(header)
            outputs[number] += reader.read(length)
    return _exit_code(api, execution), outputs[_STDOUT], outputs[_STDERR]


def _exit_code(api: Any, execution: str) -> int:
    """Return the exit code, which the engine knows a moment after the output has ended."""
    state: dict[str, Any] = {}

    def probe() -> Ready | NotYet:
        state.update(api.exec_inspect(execution))
        is_known = not state["Running"] and state["ExitCode"] is not None
        return Ready() if is_known else NotYet("the engine does not know the exit code yet")

    wait_until(probe, deadline=Deadline(_CODE_WITHIN_S), interval_s=0.02)
    return int(state["ExitCode"])
