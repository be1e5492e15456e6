"""The frames of a data channel, byte by byte as AWS's own client lays them out."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from harness.aws import session_message as messages
from harness.aws.session_message import Message

ID = UUID("00112233-4455-6677-8899-aabbccddeeff")
PAYLOAD = "Grüße\r\n".encode()
FRAME = b"".join(
    (
        bytes.fromhex("00000074"),  # 116 bytes before the payload's length
        b"output_stream_data" + b" " * 14,
        bytes.fromhex("00000001"),  # version
        bytes.fromhex("0000019ac0ffee00"),  # created
        bytes.fromhex("0000000000000007"),  # sequence
        bytes.fromhex("0000000000000001"),  # flags
        bytes.fromhex("8899aabbccddeeff0011223344556677"),  # the low half of the id goes first
        hashlib.sha256(PAYLOAD).digest(),
        bytes.fromhex("00000001"),  # type of the payload
        len(PAYLOAD).to_bytes(4, "big"),
        PAYLOAD,
    )
)


def test_a_frame_is_read() -> None:
    assert messages.decode(FRAME) == Message(
        messages.OUTPUT, PAYLOAD, payload_type=1, sequence=7, flags=1, id=ID
    )


def test_a_frame_is_written() -> None:
    message = Message(messages.OUTPUT, PAYLOAD, payload_type=1, sequence=7, flags=1, id=ID)
    created = slice(40, 48)
    written = message.encode()
    assert written[: created.start] == FRAME[: created.start]
    assert written[created.stop :] == FRAME[created.stop :]
    assert int.from_bytes(written[created], "big") > 1_700_000_000_000


def test_a_type_may_end_in_zeros() -> None:
    padded = FRAME.replace(b" " * 14, b"\0" * 14)
    assert messages.decode(padded).type == messages.OUTPUT


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"", "a frame of 0 bytes has no header"),
        (FRAME[:119], "a frame of 119 bytes has no header"),
        (FRAME[:-1], "8 of 9 bytes of a payload arrived"),
        (
            FRAME.replace(PAYLOAD, PAYLOAD[::-1]),
            "the payload of a message output_stream_data is not the one that was sent",
        ),
    ],
)
def test_a_damaged_frame_is_rejected(frame: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        messages.decode(frame)


def test_an_acknowledgement_names_the_message() -> None:
    answer = messages.acknowledgement(messages.decode(FRAME))
    assert (answer.type, answer.flags) == ("acknowledge", 3)
    assert answer.content == {
        "AcknowledgedMessageType": "output_stream_data",
        "AcknowledgedMessageId": str(ID),
        "AcknowledgedMessageSequenceNumber": 7,
        "IsSequentialMessage": True,
    }
