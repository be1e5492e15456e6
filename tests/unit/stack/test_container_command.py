"""A command in a container, against a server on loopback that answers as Docker does."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import docker

from harness.stack import container_command
from tests.unit import fake_engine


def part(number: int, text: bytes) -> bytes:
    return bytes([number, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def test_no_output_is_lost() -> None:
    def more(connection: socket.socket) -> None:
        whole = part(1, b"later") + part(2, b"errors") + part(1, b"\xff")
        connection.sendall(whole[:3])
        connection.sendall(whole[3:])

    with fake_engine.serve(part(1, b"at once "), then=more) as server:
        client = SimpleNamespace(api=docker.APIClient(server.url, version="1.41"))
        result = container_command.run(
            SimpleNamespace(id="container", client=client),
            ["php", "-v"],
            user="0",
            environment={"COLUMNS": "1000"},
        )
    assert result == (7, b"at once later\xff", b"errors")
    (sent,) = server.bodies
    assert (sent["Cmd"], sent["User"], sent["Env"]) == (["php", "-v"], "0", ["COLUMNS=1000"])


def test_a_command_may_print_nothing() -> None:
    with fake_engine.serve(b"", then=lambda _: None) as server:
        client = SimpleNamespace(api=docker.APIClient(server.url, version="1.41"))
        container = SimpleNamespace(id="container", client=client)
        assert container_command.run(container, ["true"], user="0", environment={}) == (
            7,
            b"",
            b"",
        )
