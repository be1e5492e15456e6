"""Control's engine, against a server on loopback that answers as Docker does."""

from __future__ import annotations

import socket

import pytest

from harness.standins.control.agent.engine import Engine
from tests.unit import fake_engine


def test_no_output_of_a_terminal_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(connection.recv(100) + b" and later")

    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    with fake_engine.serve(b"at once ", then=echo) as server:
        monkeypatch.setenv("DOCKER_HOST", server.url)
        terminal = Engine(run="r").terminal("container", ["echo", "a b"])
        terminal.write(b"typed")
        assert b"".join(terminal.output()) == b"at once typed and later"
        terminal.close()
    (sent,) = server.bodies
    assert (sent["Cmd"], sent["User"], sent["Tty"], sent["AttachStdin"]) == (
        ["echo", "a b"],
        "0",
        True,
        True,
    )
