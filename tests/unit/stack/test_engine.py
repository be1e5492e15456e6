"""Where the engine is: its socket on its own host, and where its ports are reached."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from testcontainers.core import docker_client
from testcontainers.core.config import ConnectionMode

from harness.stack import engine
from harness.stack.engine import PublishedHost

if TYPE_CHECKING:
    import docker

NOT_HERE = "192.0.2.7"
"""TEST-NET-1: no machine has it."""


@dataclass
class Engine:
    """A client of an engine anywhere; `docker info` names its system."""

    mode: ConnectionMode = ConnectionMode.docker_host
    name: str = "localhost"
    system: str = "Debian GNU/Linux"

    def get_connection_mode(self) -> ConnectionMode:
        return self.mode

    def host(self) -> str:
        return self.name

    def info(self) -> dict[str, str]:
        return {"OperatingSystem": self.system}


def client(**facts: str) -> docker.DockerClient:
    fake: Any = Engine(**facts)  # type: ignore[arg-type]
    return fake  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("where", "gateway", "expected"),
    [
        (Engine(), NOT_HERE, PublishedHost("127.0.0.1", "127.0.0.1")),
        (Engine(name="127.0.0.1"), NOT_HERE, PublishedHost("127.0.0.1", "127.0.0.1")),
        (Engine(name=NOT_HERE), NOT_HERE, PublishedHost("0.0.0.0", NOT_HERE)),
        # In a container beside the engine's own, and on a machine that only looks like one.
        (Engine(ConnectionMode.gateway_ip), NOT_HERE, PublishedHost(NOT_HERE, NOT_HERE)),
        (Engine(ConnectionMode.bridge_ip), NOT_HERE, PublishedHost(NOT_HERE, NOT_HERE)),
        (Engine(ConnectionMode.gateway_ip), "127.0.0.1", PublishedHost("127.0.0.1", "127.0.0.1")),
    ],
)
def test_ports_are_on_loopback_only_where_the_engine_is_local(
    where: Engine, gateway: str, expected: PublishedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_client, "DockerClient", lambda: where)
    host = engine.published_host(IPv4Address(gateway))
    assert host == expected
    assert host.is_local == (expected.binding == "127.0.0.1")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose a Docker context as `docker context use rootless` does."""
    digest = hashlib.sha256(b"rootless").hexdigest()
    meta = tmp_path / "contexts" / "meta" / digest / "meta.json"
    meta.parent.mkdir(parents=True)
    host = {"Host": "unix:///run/user/1000/docker.sock", "SkipTLSVerify": False}
    content = {"Name": "rootless", "Metadata": {}, "Endpoints": {"docker": host}}
    meta.write_text(json.dumps(content))
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "rootless"}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", raising=False)


@pytest.mark.usefixtures("context")
def test_the_socket_is_the_one_of_the_docker_context() -> None:
    assert engine.socket_path(client()) == "/run/user/1000/docker.sock"


@pytest.mark.usefixtures("context")
def test_docker_host_wins_over_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/other.sock")
    assert engine.socket_path(client()) == "/run/other.sock"


@pytest.mark.usefixtures("context")
def test_the_override_of_testcontainers_wins_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "/var/run/mine.sock")
    assert engine.socket_path(client()) == "/var/run/mine.sock"


@pytest.mark.usefixtures("context")
def test_an_engine_in_a_virtual_machine_has_its_socket_in_the_usual_place() -> None:
    assert engine.socket_path(client(system="Docker Desktop")) == "/var/run/docker.sock"


def test_a_remote_engine_has_its_socket_in_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{NOT_HERE}:2375")
    monkeypatch.setattr("docker.from_env", lambda: (_ for _ in ()).throw(OSError("no way there")))
    assert engine.socket_path(client()) == "/var/run/docker.sock"


def test_what_a_user_sets_for_other_containers_does_not_reach_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "false")
    monkeypatch.setenv("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX", "registry.example/hub/")
    client: Any = SimpleNamespace(ping=lambda: True, api=SimpleNamespace(timeout=0))
    monkeypatch.setattr(docker_client, "DockerClient", lambda: SimpleNamespace(client=client))
    assert engine.connect() is client
    assert os.environ["TESTCONTAINERS_RYUK_DISABLED"] == "true"
    assert "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX" not in os.environ
