"""Where scenarios run: a target is addresses, capabilities and differences, all of it data.

There is no class per target and no method that one of them must refuse: local has every capability,
aws lacks what only an owner of the machines has, and url has HTTPS and the probe. Scenarios ask for
capabilities, and read differences from `Differences`.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from harness.core.errors import NoStack, TargetError, UnsafeTarget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.core.redact import Secret

LOCAL = "local"
AWS = "aws"
URL = "url"
NAMES = (LOCAL, AWS, URL)

HTTP = "http"
HTTP_PLAIN = "http_plain"
PROBE = "probe"
ECS = "ecs"
ELB = "elb"
EXEC = "exec"
SECRETS = "secrets"
IAM = "iam"
CONTAINERS = "containers"
SQL = "sql"
STORAGE = "storage"
QUEUE = "queue"
MAIL = "mail"
SCHEDULE = "schedule"
CHANGE = "change"

CAPABILITIES: Mapping[str, str] = {
    HTTP: "HTTPS requests to the public host",
    HTTP_PLAIN: "plain HTTP requests to the public host",
    PROBE: "signed requests to the app's probe",
    ECS: "the ECS API of the cluster",
    ELB: "the load balancer's API",
    EXEC: "commands in a running task",
    SECRETS: "Secrets Manager",
    IAM: "IAM, to read the roles of the tasks",
    CONTAINERS: "the containers, their networks and logs",
    SQL: "a MySQL connection of the harness's own to the proxy and to the server",
    STORAGE: "S3, with the app's bucket",
    QUEUE: "SQS, with the app's queues",
    MAIL: "the mails that were sent, as they were sent",
    SCHEDULE: "EventBridge, with the app's rule",
    CHANGE: "changes that others can see; a scenario marked `mutates` needs it",
}

_OF_TARGET: Mapping[str, frozenset[str]] = {
    LOCAL: frozenset(CAPABILITIES),
    AWS: frozenset(CAPABILITIES) - {CONTAINERS, SQL, MAIL},
    URL: frozenset({HTTP, PROBE}),
}

CURRENT_FILE = "current.json"
_CONNECT_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Access:
    """What a stack hands over: every address and name that a client needs.

    Addresses are ``host:port`` on this machine; without one, production's name is dialled.
    """

    public_url: str
    run: str = ""
    run_dir: str = ""
    https: str = ""
    http: str = ""
    emulator: str = ""
    control: str = ""
    proxy: str = ""
    mysql: str = ""
    ca_file: str = ""
    account_id: str = ""
    region: str = ""
    cluster: str = ""
    proxy_endpoint: str = ""
    cluster_endpoint: str = ""
    database: str = ""
    services: Mapping[str, str] = field(default_factory=dict)
    target_group: str = ""
    load_balancer: str = ""
    session_cookie: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    probe_key_name: str = "probe_key"
    """The key of the secret ``app`` that signs requests to the probe."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Kind -> name: bucket, queue, dead_letter_queue, identity, rule, scheduler."""
    schedule: Mapping[str, Any] = field(default_factory=dict)
    """``run_task``: the input with which the rule runs its task. Only where it is emulated,
    ``queue``: through which its ticks come, and ``since``: when it was made, ISO 8601."""
    ways: tuple[str, ...] = ()
    """Who may open connections to whom by the security groups: ``tasks -> proxy port 3306``."""
    writable_paths: tuple[str, ...] = ()
    """All that the app's user may write to in its container."""
    vendor: str = ""
    overlay: Mapping[str, Any] = field(default_factory=dict)

    @property
    def public_host(self) -> str:
        """The host name that visitors type."""
        return self.public_url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]


@dataclass(frozen=True)
class Differences:
    """How one target's answers differ from another's where both are right."""

    patience_s: float
    """How long something that was asked for may take to be seen."""
    replacement_s: float
    """How long new tasks may take until they answer in place of the old ones."""
    plaintext_at_proxy: tuple[str, ...]
    """Any of these texts is the proxy's refusal of a connection without TLS."""
    plaintext_at_server: tuple[str, ...]
    """Any of these texts is the server's refusal of a connection without TLS."""
    unknown_host_status: int
    """What the load balancer answers for a host that it does not serve."""


_AS_ON_AWS = Differences(
    patience_s=60.0,
    replacement_s=600.0,
    plaintext_at_proxy=("[3159] This RDS Proxy requires TLS connections",),
    plaintext_at_server=("--require_secure_transport=ON",),
    unknown_host_status=404,
)

_AS_LOCAL = Differences(
    patience_s=15.0,
    replacement_s=60.0,
    plaintext_at_proxy=("[2026] SSL connection error: SSL is required from client",),
    # An account that REQUIREs SSL is told 1045; the scenario first proves the password right.
    plaintext_at_server=("--require_secure_transport=ON", "1045"),
    unknown_host_status=404,
)


@dataclass(frozen=True)
class Target:
    """A place where scenarios run."""

    name: str
    access: Access
    capabilities: frozenset[str]
    differences: Differences = _AS_LOCAL
    probe_key: Secret | None = None
    """Set where the key comes from the configuration, and not from Secrets Manager."""

    def lacks(self, wanted: frozenset[str]) -> tuple[str, ...]:
        """Return the capabilities of ``wanted`` that this target does not have, sorted."""
        return tuple(sorted(wanted - self.capabilities))


def access_from(data: Mapping[str, Any], *, where: str) -> Access:
    """Turn the parsed ``current.json`` into an `Access`; keys that nothing here reads may be in it.

    Raises:
        TargetError: A key is missing or of the wrong type.
    """
    kinds = {one.name: _kind(str(one.type)) for one in fields(Access)}
    missing = [name for name in kinds if name not in data]
    wrong = [name for name, kind in kinds.items() if not isinstance(data.get(name, kind()), kind)]
    if missing or wrong:
        told = [
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("wrong type", wrong))
            if names
        ]
        raise TargetError(
            "The description of the running stack does not fit this version of the harness.",
            state="; ".join(told),
            where=where,
            hint="Run bin/cutover down, then bin/cutover up.",
        )
    found: dict[str, Any] = {
        name: tuple(data[name]) if kind is list else data[name] for name, kind in kinds.items()
    }
    return Access(**found)


def _kind(annotation: str) -> type:
    """Return what JSON makes of a field."""
    if "Mapping" in annotation:
        return dict
    return list if "tuple" in annotation else str


def local(home: Path) -> Target:
    """Return the stack on this machine, as ``bin/cutover up`` described it under ``home``.

    Raises:
        NoStack: None was started, or the one that was is gone.
        TargetError: Its description cannot be read.
    """
    path = home / CURRENT_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoStack(
            "No stack is up.", where=str(path), hint="Start one with bin/cutover up."
        ) from None
    except ValueError as error:
        raise TargetError(
            "The description of the running stack is not JSON.",
            last_answer=str(error),
            where=str(path),
            hint="Run bin/cutover down, then bin/cutover up.",
        ) from None
    access = access_from(data, where=str(path))
    if not _answers(access.https):
        raise NoStack(
            f"The stack of run {access.run} is gone: nothing answers at {access.https}.",
            where=str(path),
            hint="Start a new one with bin/cutover up.",
        )
    return Target(LOCAL, access, _OF_TARGET[LOCAL], _AS_LOCAL)


def url(public_url: str, *, probe_key: Secret | None, session_cookie: str = "") -> Target:
    """Return the production site, of which only the URL and the probe's key are known.

    Without a key there is no probe, and scenarios that need it are skipped and say so.

    Raises:
        TargetError: The address is no https URL.
    """
    if not public_url.startswith("https://"):
        raise TargetError(
            f"The target url needs an https:// address, and got {public_url or 'none'!r}.",
            hint="Set public_url in cutover.toml.",
        )
    able = _OF_TARGET[URL] if probe_key else _OF_TARGET[URL] - {PROBE}
    access = Access(public_url=public_url.rstrip("/"), session_cookie=session_cookie)
    return Target(URL, access, able, _AS_ON_AWS, probe_key)


def aws(access: Access) -> Target:
    """Return the real account; nothing here is reached through this machine's ports.

    Raises:
        UnsafeTarget: The addresses are those of a local stack.
    """
    if access.https or access.emulator or access.control:
        raise UnsafeTarget("The target aws was given the addresses of a local stack.")
    return Target(AWS, access, _OF_TARGET[AWS], _AS_ON_AWS)


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, with or without a scheme before it."""
    host, _, port = address.split("://", 1)[-1].rstrip("/").rpartition(":")
    return host, int(port)


def _answers(address: str) -> bool:
    try:
        with socket.create_connection(split_address(address), _CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
