"""Control's engine, against a server on loopback that answers as Docker does."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from harness.standins.control.agent.engine import Engine

UPGRADED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def request(connection: socket.socket) -> tuple[bytes, bytes]:
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


def answer(connection: socket.socket, bodies: list[dict[str, object]]) -> None:
    """Answer requests; a command's first output comes in one segment with the headers."""
    with connection, suppress(EOFError, OSError):
        while True:
            path, body = request(connection)
            if path.endswith(b"/start"):
                connection.sendall(UPGRADED + b"at once ")
                connection.sendall(connection.recv(100) + b" and later")
                return
            if body:
                bodies.append(json.loads(body))
            content = json.dumps({"Id": "x", "ApiVersion": "1.41"}).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
            connection.sendall(head.encode() + content)


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, object]]]:
    """Serve as the engine; the bodies that it is sent."""
    sent: list[dict[str, object]] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection, sent), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.getsockname()[1]}")
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    yield sent
    server.close()


def test_no_output_of_a_terminal_is_lost(bodies: list[dict[str, object]]) -> None:
    terminal = Engine(run="r").terminal("container", ["echo", "a b"])
    terminal.write(b"typed")
    assert b"".join(terminal.output()) == b"at once typed and later"
    terminal.close()
    (sent,) = bodies
    assert (sent["Cmd"], sent["User"], sent["Tty"], sent["AttachStdin"]) == (
        ["echo", "a b"],
        "0",
        True,
        True,
    )
