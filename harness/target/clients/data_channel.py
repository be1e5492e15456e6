"""The client of a data channel of Session Manager: opens it, and reads the output of a command.

Source: https://github.com/aws/session-manager-plugin, src/datachannel.
"""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from harness.aws import session_message as messages
from harness.core import redact
from harness.core.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.sync.client import ClientConnection

    from harness.aws.session_message import Message
    from harness.core.wait import Deadline

_CONNECT_WITHIN_S = 15.0
_CLOSE_WITHIN_S = 2.0
_PING_EVERY_S = 300.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ENCRYPTION = "KMSEncryption"
_SESSION_TYPE = "SessionType"


def output_of(session: Mapping[str, Any], *, deadline: Deadline, most_bytes: int) -> bytes:
    """Open the channel of a session and return all output up to its end.

    Args:
        session: ``session`` in the answer of ExecuteCommand.
        deadline: When the command must have ended; it is interrupted then.
        most_bytes: The most output that is taken.

    Raises:
        TargetError: The channel does not open, breaks off, asks for encryption, prints too much or
            is open after the deadline.
    """
    from websockets.exceptions import ConnectionClosed

    redact.remember(str(session["tokenValue"]))
    with ExitStack() as stack:
        connection = _dial(stack, str(session["streamUrl"]), within_s=deadline.left_s)
        channel = _Channel(connection, most_bytes=most_bytes)
        try:
            connection.send(messages.opening(str(session["tokenValue"]), client_id=str(uuid4())))
            while channel.is_open:
                channel.take(connection.recv(timeout=deadline.left_s))
        except TimeoutError:
            channel.interrupt()
            raise TargetError(
                f"A command in a task has not ended after {deadline.allowed_s:.0f} s.",
                state=channel.last_words,
            ) from None
        except ConnectionClosed as error:
            raise TargetError(
                "The data channel of ECS Exec broke off."
                if channel.is_begun
                else "The data channel of ECS Exec was refused.",
                state=channel.last_words,
                last_answer=str(error),
                hint="A token is valid once and for a short time; run it again.",
            ) from None
    return bytes(channel.output)


def _dial(stack: ExitStack, url: str, *, within_s: float) -> ClientConnection:
    """Open the websocket; it closes with the stack.

    Raises:
        TargetError: It does not open.
    """
    from websockets.exceptions import InvalidHandshake
    from websockets.sync.client import connect

    try:
        connection: ClientConnection = stack.enter_context(
            connect(
                url,
                compression=None,
                open_timeout=max(min(_CONNECT_WITHIN_S, within_s), 0.1),
                close_timeout=_CLOSE_WITHIN_S,
                ping_interval=_PING_EVERY_S,
                ping_timeout=None,
                proxy=None if urlsplit(url).hostname in _LOOPBACK else True,
                logger=_silent(),
            )
        )
    except (OSError, InvalidHandshake) as error:
        raise TargetError(
            "The data channel of ECS Exec does not open.",
            last_answer=str(error),
            hint="ECS Exec needs a way to ssmmessages.<region>.amazonaws.com, port 443, from here.",
        ) from None
    return connection


def _silent() -> logging.Logger:
    """Return a logger that writes nothing: the library would log the token at level DEBUG."""
    logger = logging.Logger("data channel")
    logger.disabled = True
    return logger


class _Channel:
    """The state of one channel: acknowledged messages, and the output in its order."""

    def __init__(self, connection: Any, *, most_bytes: int) -> None:
        self._connection = connection
        self._most_bytes = most_bytes
        self._expected = 0
        self._waiting: dict[int, Message] = {}
        self._sequence = 0
        self.is_open = True
        self.output = bytearray()

    @property
    def is_begun(self) -> bool:
        """Whether a message of the other end was taken."""
        return bool(self._expected)

    @property
    def last_words(self) -> str:
        """The end of the output."""
        return self.output[-500:].decode("utf-8", "replace").strip()

    def take(self, frame: str | bytes) -> None:
        """Take one frame of the other end.

        Raises:
            TargetError: It is no message, or one that is not supported.
        """
        try:
            message = messages.decode(frame if isinstance(frame, bytes) else frame.encode())
        except ValueError as error:
            raise TargetError(
                "The data channel of ECS Exec sends something else than its messages.",
                last_answer=str(error),
            ) from None
        if message.type == messages.CHANNEL_CLOSED:
            self.is_open = False
        elif message.type == messages.OUTPUT:
            self._in_order(message)

    def _in_order(self, message: Message) -> None:
        """Acknowledge a message; handle it when those before it are, and only once."""
        self._put(messages.acknowledgement(message))
        if message.sequence >= self._expected:
            self._waiting[message.sequence] = message
        while (following := self._waiting.pop(self._expected, None)) is not None:
            self._expected += 1
            self._handle(following)

    def _handle(self, message: Message) -> None:
        if message.payload_type == messages.HANDSHAKE_REQUEST:
            self._shake_hands(message.content)
        elif message.payload_type == messages.TEXT:
            self.output += message.payload
            if len(self.output) > self._most_bytes:
                self.interrupt()
                raise TargetError(
                    f"A command in a task prints more than {self._most_bytes // 1024**2} MiB.",
                    state=self.last_words,
                )

    def _shake_hands(self, request: Mapping[str, Any]) -> None:
        actions = [action["ActionType"] for action in request.get("RequestedClientActions") or ()]
        results = [_process(action) for action in actions]
        answer = {
            "ClientVersion": "1.2.0.0",
            "ProcessedClientActions": results,
            "Errors": [item["Error"] for item in results if item["Error"]],
        }
        self._send(json.dumps(answer).encode(), payload_type=messages.HANDSHAKE_RESPONSE)
        if _ENCRYPTION in actions:
            raise TargetError(
                "ECS Exec is encrypted with a KMS key in this cluster, which is not supported.",
                hint="Leave kmsKeyId out of the cluster's executeCommandConfiguration, or run the"
                " scenarios without commands in tasks.",
            )

    def interrupt(self) -> None:
        """Send Control-C to the command."""
        self._send(messages.INTERRUPT, payload_type=messages.TEXT)

    def _send(self, payload: bytes, *, payload_type: int) -> None:
        message = messages.Message(
            messages.INPUT,
            payload,
            payload_type=payload_type,
            sequence=self._sequence,
            flags=0 if self._sequence else messages.SYN,
        )
        self._sequence += 1
        self._put(message)

    def _put(self, message: Message) -> None:
        """Send a message; a closed channel takes none, and its last messages are still read."""
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            self._connection.send(message.encode())


def _process(action: str) -> dict[str, Any]:
    """Return the answer to one action that the agent asks for."""
    if action == _SESSION_TYPE:
        return {"ActionType": action, "ActionStatus": messages.SUCCESS, "Error": ""}
    status = messages.FAILED if action == _ENCRYPTION else messages.UNSUPPORTED
    return {
        "ActionType": action,
        "ActionStatus": status,
        "Error": f"Unsupported action {action}",
    }
