"""Messages of a data channel of Session Manager, through which ECS Exec runs a command.

Source: https://github.com/aws/session-manager-plugin, src/message.
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

INPUT = "input_stream_data"
OUTPUT = "output_stream_data"
ACKNOWLEDGE = "acknowledge"
CHANNEL_CLOSED = "channel_closed"

TEXT = 1
SIZE = 3
HANDSHAKE_REQUEST = 5
HANDSHAKE_RESPONSE = 6
HANDSHAKE_COMPLETE = 7

SYN = 1
"""Flag of the first message of a stream."""
SUCCESS, FAILED, UNSUPPORTED = 1, 2, 3
"""Statuses of a client's action in a handshake."""
INTERRUPT = b"\x03"
"""Control-C, as a terminal sends it."""

_LENGTH_BEFORE_PAYLOAD = 116
"""Bytes before the field that holds the payload's length."""
_HEADER = struct.Struct(">I32sIQqQ16s32sII")
_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Message:
    """One message, as one binary frame of the websocket carries it."""

    type: str
    payload: bytes
    payload_type: int = 0
    sequence: int = 0
    flags: int = 0
    id: UUID = field(default_factory=uuid4)

    def encode(self) -> bytes:
        """Return the frame."""
        raw = self.id.bytes
        header = _HEADER.pack(
            _LENGTH_BEFORE_PAYLOAD,
            self.type.ljust(32).encode(),
            _SCHEMA_VERSION,
            int(time.time() * 1000),
            self.sequence,
            self.flags,
            raw[8:] + raw[:8],  # the low half goes first
            hashlib.sha256(self.payload).digest(),
            self.payload_type,
            len(self.payload),
        )
        return header + self.payload

    @property
    def content(self) -> Any:
        """The payload, read as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.payload)


def decode(frame: bytes) -> Message:
    """Read a frame.

    Raises:
        ValueError: It is too short, or its payload is not the one that its header describes.
    """
    if len(frame) < _HEADER.size:
        raise ValueError(f"a frame of {len(frame)} bytes has no header")
    values = _HEADER.unpack_from(frame)
    before, name, _, _, sequence, flags, ident, digest, payload_type, length = values
    start = before + 4
    payload = frame[start : start + length]
    if len(payload) != length:
        raise ValueError(f"{len(payload)} of {length} bytes of a payload arrived")
    message_type = name.decode("ascii", "replace").strip(" \0")
    if length and hashlib.sha256(payload).digest() != digest:
        raise ValueError(f"the payload of a message {message_type} is not the one that was sent")
    return Message(
        type=message_type,
        payload=payload,
        payload_type=payload_type,
        sequence=sequence,
        flags=flags,
        id=UUID(bytes=ident[8:] + ident[:8]),
    )


def with_json(message_type: str, content: Any, **fields: Any) -> Message:
    """Return a message with JSON as its payload."""
    return Message(message_type, json.dumps(content).encode(), **fields)


def acknowledgement(message: Message) -> Message:
    """Return the answer to a message of a stream; without it the sender sends it again."""
    content = {
        "AcknowledgedMessageType": message.type,
        "AcknowledgedMessageId": str(message.id),
        "AcknowledgedMessageSequenceNumber": message.sequence,
        "IsSequentialMessage": True,
    }
    return with_json(ACKNOWLEDGE, content, flags=3)


def opening(token: str, *, client_id: str) -> str:
    """Return the text that opens a data channel, the first thing that a client sends."""
    return json.dumps(
        {
            "MessageSchemaVersion": "1.0",
            "RequestId": str(uuid4()),
            "TokenValue": token,
            "ClientId": client_id,
        }
    )
