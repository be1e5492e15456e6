"""The server's end of a websocket, on a connection that began with an HTTP request."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

_READ_BYTES = 65536
_IDLE_TIMEOUT_S = 20 * 60.0
"""Session Manager ends a session after as long without input, unless it is set."""


class WebSocket:
    """One websocket; several threads may send.

    Args:
        connection: The connection, on which the request was read.
        path: The request's path.
        headers: The request's headers.
    """

    def __init__(self, connection: socket.socket, *, path: str, headers: Mapping[str, str]) -> None:
        from websockets.server import ServerProtocol

        quiet = logging.Logger("websocket")
        quiet.disabled = True  # at level DEBUG the library logs what it sends
        connection.settimeout(_IDLE_TIMEOUT_S)
        self._connection = connection
        self._lock = threading.Lock()
        self._protocol: Any = ServerProtocol(logger=quiet)
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._protocol.receive_data("\r\n".join([*lines, "", ""]).encode("latin-1"))
        request: Any = self._protocol.events_received()[0]
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()
        self._incoming = self._read_messages()

    def messages(self) -> Iterator[bytes]:
        """Yield the client's messages, texts too, until either end closes.

        Each message is yielded once, to one caller or another.
        """
        return self._incoming

    def _read_messages(self) -> Iterator[bytes]:
        message = b""
        while data := self._read():
            with self._lock:
                self._protocol.receive_data(data)
                frames = self._protocol.events_received()
                self._flush()
            for frame in frames:
                if frame.opcode > 2:  # a close, a ping or a pong
                    continue
                message += bytes(frame.data)
                if frame.fin:
                    yield message
                    message = b""

    def send(self, data: bytes) -> None:
        """Send a binary message; a websocket that is closed takes none."""
        with self._lock:
            if self._is_open:
                self._protocol.send_binary(data)
                self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close, with a code of RFC 6455; `messages` ends when the client agrees."""
        with self._lock:
            if self._is_open:
                self._protocol.send_close(code, reason)
                self._flush()

    @property
    def _is_open(self) -> bool:
        return bool(self._protocol.state.name == "OPEN")

    def _read(self) -> bytes:
        try:
            return self._connection.recv(_READ_BYTES)
        except OSError:
            return b""

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            try:
                if data:
                    self._connection.sendall(data)
                else:  # an empty one stands for the end of the stream
                    self._connection.shutdown(socket.SHUT_WR)
            except OSError:
                return  # the reader sees it, too
