"""A server on loopback that answers as the Docker engine does: a command's first output at once."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

UPGRADED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass
class FakeEngine:
    url: str
    bodies: list[dict[str, object]] = field(default_factory=list)
    """The bodies of the requests that make a command."""


@contextmanager
def serve(first: bytes, *, then: Callable[[socket.socket], None]) -> Iterator[FakeEngine]:
    """Serve; a command's first output comes in one segment with the headers of the answer."""
    server = socket.create_server(("127.0.0.1", 0))
    engine = FakeEngine(f"tcp://127.0.0.1:{server.getsockname()[1]}")

    def answer(connection: socket.socket) -> None:
        with connection, suppress(EOFError, OSError):
            while True:
                path, body = _request(connection)
                if path.endswith(b"/start"):
                    connection.sendall(UPGRADED + first)
                    then(connection)
                    return
                if body:
                    engine.bodies.append(json.loads(body))
                state = {"Id": "x", "ApiVersion": "1.41", "Running": False, "ExitCode": 7}
                content = json.dumps(state).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
                connection.sendall(head.encode() + content)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield engine
    server.close()


def _request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one request; return its path and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    while length and len(body) < int(length[1]):
        body += _received(connection)
    return head.split()[1], body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise EOFError
    return data
