"""The container that stands in for ElastiCache: Valkey, with TLS and users as production has them.

A cluster is one node with every slot. The users' passwords are in its settings as hashes only.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.wait import GaveUp, NotYet, Ready
from harness.stack.component import Addresses, Component, File
from harness.stack.components import mysql

if TYPE_CHECKING:
    from harness.core.redact import Secret

DEFAULT_USER = "default"
"""The user of a client that gives a password alone: an AUTH token."""
TLS_DIRECTORY = "/etc/valkey/tls"
SETTINGS = "/etc/valkey/stack.conf"
NODES = "/var/lib/valkey/nodes.conf"
_NODE = "0" * 39 + "1"
_TIMEOUT_S = 5
_MIB = 1024**2
_DENIED = ("-NOAUTH", "-WRONGPASS", "-NOPERM")


@dataclass(frozen=True)
class Settings:
    """The settings of production's cache."""

    endpoint: str
    """Production's name of it, which the certificate carries."""
    port: int
    tls: bool
    cluster: bool
    user: str
    token: Secret | None
    """None where clients do not sign in."""

    @property
    def lines(self) -> list[str]:
        """The settings as Valkey reads them."""
        lines = [f"port {self.port}"]
        if self.tls:
            lines = ["port 0", f"tls-port {self.port}", "tls-auth-clients no"]
            lines += [f"tls-cert-file {TLS_DIRECTORY}/server.pem"]
            lines += [f"tls-key-file {TLS_DIRECTORY}/server.key"]
            lines += [f"tls-ca-cert-file {TLS_DIRECTORY}/ca.pem"]
            lines += ['tls-protocols "TLSv1.2 TLSv1.3"']
        if self.token:
            hashed = hashlib.sha256(self.token.reveal().encode()).hexdigest()
            lines += [f"user {self.user} on #{hashed} ~* &* +@all"]
            lines += [f"user {DEFAULT_USER} off"] if self.user != DEFAULT_USER else []
        if self.cluster:
            lines += ["cluster-enabled yes", f"cluster-config-file {NODES}"]
            lines += [f"cluster-announce-hostname {self.endpoint}"]
            lines += ["cluster-preferred-endpoint-type hostname"]
        return lines


def networks(*, beside: str) -> tuple[str, ...]:
    """Return the roles of its networks; ports are published on the first.

    Args:
        beside: Role of the network on which tasks reach the database.
    """
    return ("operator", beside)


def component(
    settings: Settings, *, beside: str, ca_pem: str, certificate: tuple[str, str]
) -> Component:
    """Describe the container.

    Args:
        settings: Of production's cache.
        beside: Role of the network on which tasks reach the database.
        ca_pem: The stack's CA.
        certificate: Certificate and key, both PEM.
    """
    files = {SETTINGS: File("".join(f"{line}\n" for line in settings.lines).encode())}
    if settings.tls:
        files |= mysql.tls_files(TLS_DIRECTORY, ca_pem=ca_pem, certificate=certificate)
    if settings.cluster:
        bus = settings.port + 10000
        node = f"{_NODE} 127.0.0.1:{settings.port}@{bus} myself,master - 0 0 1 connected 0-16383\n"
        files[NODES] = File(f"{node}vars currentEpoch 1 lastVoteEpoch 0\n".encode(), mode=0o666)
    return Component(
        name="cache",
        image="cache",
        networks={**dict.fromkeys(networks(beside=beside), ()), beside: (settings.endpoint,)},
        environment={},
        files=files,
        published=(settings.port,),
        memory_bytes=128 * _MIB,
        pids_limit=32,
    )


def probe(addresses: Addresses, *, settings: Settings, ca_pem: str) -> Ready | NotYet:
    """Ask ``PING`` as the app does: TLS, production's name verified, signed in."""
    words = [["PING"]]
    if settings.token:
        words.insert(0, ["AUTH", settings.user, settings.token.reveal()])
    host, _, port = addresses[settings.port].rpartition(":")
    try:
        with (
            closing(socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)) as plain,
            _encrypted(plain, settings=settings, ca_pem=ca_pem) as connection,
        ):
            answers = [_ask(connection, *command) for command in words]
    except ssl.SSLCertVerificationError as error:
        raise GaveUp(f"it will not get better: {error}") from error
    except OSError as error:
        return NotYet(str(error))
    if answers[-1].startswith("+PONG"):
        return Ready()
    answer = "; ".join(answers)
    if answers[-1].startswith(_DENIED):
        raise GaveUp(f"it will not get better: {answer}")
    return NotYet(answer)


def _encrypted(
    plain: socket.socket, *, settings: Settings, ca_pem: str
) -> AbstractContextManager[socket.socket]:
    if not settings.tls:
        return plain
    context = ssl.create_default_context(cadata=ca_pem)
    return context.wrap_socket(plain, server_hostname=settings.endpoint)


def _ask(connection: socket.socket, *words: str) -> str:
    """Send a command, and return the line that answers it."""
    parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    connection.sendall(f"*{len(words)}\r\n{parts}".encode())
    return connection.recv(4096).decode(errors="replace").strip()
