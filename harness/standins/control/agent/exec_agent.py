"""The agent of ECS Exec: the container's end of a data channel, and the terminal behind it.

Source: https://github.com/aws/amazon-ssm-agent, agent/session.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from harness.aws import session_message as messages
from harness.aws.session_message import Message
from harness.standins.control.agent.engine import EngineError

log = logging.getLogger(__name__)

_VERSION = "3.3.0.0"
_PAYLOAD_BYTES = 1024
"""The most that the agent sends in one message."""
_FAILED = "\r\n----------ERROR-------\r\nUnable to start command: Failed to start pty: {}\r\n"


class Channel(Protocol):
    """The websocket."""

    def messages(self) -> Iterator[bytes]:
        """Yield the client's messages until either end closes."""

    def send(self, data: bytes, /) -> None:
        """Send a message."""

    def close(self) -> None:
        """Begin to close."""


class Terminal(Protocol):
    """A command that runs in a terminal."""

    def output(self) -> Iterator[bytes]:
        """Yield the output until the command ends."""

    def write(self, data: bytes, /) -> None:
        """Type something."""

    def resize(self, *, columns: int, rows: int) -> None:
        """Change the size."""

    def close(self) -> None:
        """Leave it."""


class ExecAgent:
    """One session: shakes hands, starts the command, carries input and output."""

    def __init__(self, channel: Channel, *, start: Callable[[], Terminal]) -> None:
        self._channel = channel
        self._start = start
        self._terminal: Terminal | None = None
        self._sequence = 0
        self._expected = 0

    def serve(self) -> None:
        """Serve the client until either end closes; a command that still runs is interrupted."""
        action = {
            "ActionType": "SessionType",
            "ActionParameters": {"SessionType": "InteractiveCommands", "Properties": {}},
        }
        request = {"AgentVersion": _VERSION, "RequestedClientActions": [action]}
        self._send_json(request, payload_type=messages.HANDSHAKE_REQUEST)
        try:
            for frame in self._channel.messages():
                self._take(messages.decode(frame))
        except ValueError as error:
            log.warning("data channel: %s", error)
        finally:
            if self._terminal is not None:
                self._terminal.write(messages.INTERRUPT)
                self._terminal.close()

    def _take(self, message: Message) -> None:
        if message.type != messages.INPUT:
            return
        self._channel.send(messages.acknowledgement(message).encode())
        if message.sequence != self._expected:
            return
        self._expected += 1
        if message.payload_type == messages.HANDSHAKE_RESPONSE:
            self._begin()
        elif self._terminal is not None and message.payload_type == messages.TEXT:
            self._terminal.write(message.payload)
        elif self._terminal is not None and message.payload_type == messages.SIZE:
            size = message.content
            self._terminal.resize(columns=int(size["cols"]), rows=int(size["rows"]))

    def _begin(self) -> None:
        if self._terminal is not None:
            return
        complete = {"HandshakeTimeToComplete": 0, "CustomerMessage": ""}
        self._send_json(complete, payload_type=messages.HANDSHAKE_COMPLETE)
        try:
            self._terminal = self._start()
        except EngineError as error:
            self._send(_FAILED.format(error).encode(), payload_type=messages.TEXT)
            self._end()
        else:
            threading.Thread(
                target=self._carry, args=(self._terminal,), name="exec-output", daemon=True
            ).start()

    def _carry(self, terminal: Terminal) -> None:
        for part in terminal.output():
            for first in range(0, len(part), _PAYLOAD_BYTES):
                payload = part[first : first + _PAYLOAD_BYTES]
                self._send(payload, payload_type=messages.TEXT)
        self._end()

    def _end(self) -> None:
        closed = {"MessageType": messages.CHANNEL_CLOSED, "SchemaVersion": 1, "Output": ""}
        self._channel.send(messages.with_json(messages.CHANNEL_CLOSED, closed).encode())
        self._channel.close()

    def _send_json(self, content: Any, *, payload_type: int) -> None:
        payload = messages.with_json(messages.OUTPUT, content).payload
        self._send(payload, payload_type=payload_type)

    def _send(self, payload: bytes, *, payload_type: int) -> None:
        flags = 0 if self._sequence else messages.SYN
        message = Message(
            messages.OUTPUT,
            payload,
            payload_type=payload_type,
            sequence=self._sequence,
            flags=flags,
        )
        self._sequence += 1
        self._channel.send(message.encode())
