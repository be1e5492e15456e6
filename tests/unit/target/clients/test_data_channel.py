"""The client of a data channel, against a server on loopback that sends the documented frames."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from harness.aws import session_message as messages
from harness.aws.session_message import Message
from harness.core.errors import TargetError
from harness.core.wait import Deadline
from harness.target.clients.data_channel import output_of

TOKEN = "token-of-the-test"
CLOSED = messages.with_json(messages.CHANNEL_CLOSED, {"Output": ""})


class Peer:
    """The other end: its received frames, and its connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.opening = json.loads(connection.recv())

    def send(self, *sent: Message) -> None:
        for message in sent:
            self.connection.send(message.encode())

    def answers(self, count: int) -> list[Message]:
        return [messages.decode(self.connection.recv(decode=False)) for _ in range(count)]


@contextmanager
def peer(behave: Callable[[Peer], None]) -> Iterator[dict[str, Any]]:
    """Serve one session; errors of the server's side fail the test."""
    errors: list[BaseException] = []

    def handle(connection: ServerConnection) -> None:
        try:
            behave(Peer(connection))
        except ConnectionClosed:
            pass
        except BaseException as error:  # noqa: BLE001 - shown in the test's thread
            errors.append(error)

    with serve(handle, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.socket.getsockname()[1]
        session = {"streamUrl": f"ws://127.0.0.1:{port}/v1/data-channel/s", "tokenValue": TOKEN}
        yield session
        server.shutdown()
        thread.join(5)
    if errors:
        raise errors[0]


def text(sequence: int, payload: bytes) -> Message:
    return Message(messages.OUTPUT, payload, payload_type=messages.TEXT, sequence=sequence)


def handshake(*actions: str) -> Message:
    request = {
        "AgentVersion": "3.3.0.0",
        "RequestedClientActions": [
            {"ActionType": action, "ActionParameters": {}} for action in actions
        ],
    }
    return messages.with_json(
        messages.OUTPUT, request, payload_type=messages.HANDSHAKE_REQUEST, flags=messages.SYN
    )


def read(behave: Callable[[Peer], None], *, within_s: float = 5, most_bytes: int = 10**6) -> bytes:
    with peer(behave) as session:
        return output_of(session, deadline=Deadline(within_s), most_bytes=most_bytes)


def test_a_session_from_its_token_to_its_end() -> None:
    replies: list[Message] = []
    opened: dict[str, str] = {}

    def behave(other: Peer) -> None:
        opened.update(other.opening)
        other.send(handshake("SessionType"))
        replies.extend(other.answers(2))
        complete = {"HandshakeTimeToComplete": 1, "CustomerMessage": ""}
        other.send(
            messages.with_json(
                messages.OUTPUT, complete, payload_type=messages.HANDSHAKE_COMPLETE, sequence=1
            ),
            text(2, b"one "),
            text(3, b"two"),
            CLOSED,
        )
        replies.extend(other.answers(3))

    assert read(behave) == b"one two"
    assert opened["MessageSchemaVersion"] == "1.0"
    assert opened["TokenValue"] == TOKEN
    assert opened["RequestId"] != opened["ClientId"]
    acknowledged, answer, *rest = replies
    assert acknowledged.type == messages.ACKNOWLEDGE
    assert (answer.type, answer.sequence, answer.flags) == (messages.INPUT, 0, messages.SYN)
    assert answer.payload_type == messages.HANDSHAKE_RESPONSE
    assert answer.content["ProcessedClientActions"] == [
        {"ActionType": "SessionType", "ActionStatus": 1, "Error": ""}
    ]
    numbers = [
        reply.content["AcknowledgedMessageSequenceNumber"] for reply in (acknowledged, *rest)
    ]
    assert numbers == [0, 1, 2, 3]


def test_what_comes_twice_counts_once_and_is_acknowledged_again() -> None:
    replies: list[Message] = []

    def behave(other: Peer) -> None:
        other.send(
            text(0, b"a"), text(0, b"a"), text(1, b"b"), text(0, b"a"), text(1, b"b"), CLOSED
        )
        replies.extend(other.answers(5))

    assert read(behave) == b"ab"
    numbers = [reply.content["AcknowledgedMessageSequenceNumber"] for reply in replies]
    assert numbers == [0, 0, 1, 0, 1]


def test_what_comes_early_waits_for_its_turn() -> None:
    def behave(other: Peer) -> None:
        other.send(text(2, b"c"), text(1, b"b"), text(0, b"a"), text(3, b"d"), CLOSED)

    assert read(behave) == b"abcd"


def test_a_message_may_come_in_several_frames() -> None:
    def behave(other: Peer) -> None:
        whole = text(0, b"in three parts").encode()
        other.connection.send([whole[:50], whole[50:121], whole[121:]])
        other.send(CLOSED)

    assert read(behave) == b"in three parts"


def test_other_messages_are_passed_over() -> None:
    def behave(other: Peer) -> None:
        other.send(Message("start_publication", b""), Message("pause_publication", b""))
        other.send(text(0, b"a"), CLOSED)

    assert read(behave) == b"a"


def test_an_action_that_is_not_known_is_unsupported() -> None:
    answers: list[Message] = []

    def behave(other: Peer) -> None:
        other.send(handshake("Dance"))
        answers.extend(other.answers(2))
        other.send(CLOSED)

    assert read(behave) == b""
    assert answers[1].content["ProcessedClientActions"] == [
        {"ActionType": "Dance", "ActionStatus": 3, "Error": "Unsupported action Dance"}
    ]
    assert answers[1].content["Errors"] == ["Unsupported action Dance"]


def test_encryption_with_a_key_is_not_supported() -> None:
    answers: list[Message] = []

    def behave(other: Peer) -> None:
        other.send(handshake("KMSEncryption", "SessionType"))
        answers.extend(other.answers(2))

    with pytest.raises(TargetError, match=r"encrypted with a KMS key.*not supported") as raised:
        read(behave)
    assert "kmsKeyId" in str(raised.value.hint)
    assert answers[1].content["ProcessedClientActions"][0]["ActionStatus"] == 2


def test_a_token_that_is_refused() -> None:
    def behave(other: Peer) -> None:
        other.connection.close(1008, "the token is not valid")

    with pytest.raises(TargetError, match="was refused") as raised:
        read(behave)
    assert "the token is not valid" in str(raised.value.last_answer)
    assert TOKEN not in str(raised.value)


def test_a_channel_that_breaks_off_shows_its_last_words() -> None:
    def behave(other: Peer) -> None:
        other.send(text(0, b"half of it"))
        other.answers(1)
        other.connection.socket.shutdown(socket.SHUT_RDWR)

    with pytest.raises(TargetError, match="broke off") as raised:
        read(behave)
    assert raised.value.state == "half of it"


def test_a_command_that_does_not_end_is_interrupted() -> None:
    replies: list[Message] = []

    def behave(other: Peer) -> None:
        other.send(text(0, b"working"))
        replies.extend(other.answers(2))

    with pytest.raises(TargetError, match=r"has not ended after 2 s\.") as raised:
        read(behave, within_s=2)
    assert raised.value.state == "working"
    assert (replies[1].payload, replies[1].payload_type) == (b"\x03", messages.TEXT)


def test_a_command_that_prints_too_much_is_interrupted() -> None:
    replies: list[Message] = []

    def behave(other: Peer) -> None:
        other.send(text(0, b"x" * 1024), text(1, b"x" * 1025))
        replies.extend(other.answers(3))

    with pytest.raises(TargetError, match="prints more than 0 MiB"):
        read(behave, most_bytes=2048)
    assert replies[2].payload == b"\x03"


def test_something_else_than_messages() -> None:
    def behave(other: Peer) -> None:
        other.connection.send("hello")

    with pytest.raises(TargetError, match="something else than its messages") as raised:
        read(behave)
    assert raised.value.last_answer == "a frame of 5 bytes has no header"


def test_nobody_answers() -> None:
    with peer(lambda _: None) as session:
        pass
    with pytest.raises(TargetError, match="does not open") as raised:
        output_of(session, deadline=Deadline(2), most_bytes=1)
    assert "ssmmessages" in str(raised.value.hint)


def test_no_log_has_the_token(caplog: pytest.LogCaptureFixture) -> None:
    def behave(other: Peer) -> None:
        other.send(CLOSED)

    with caplog.at_level(logging.DEBUG):
        read(behave)
    ours = [record for record in caplog.records if record.name != "websockets.server"]
    assert not [record for record in ours if TOKEN in record.getMessage()]
