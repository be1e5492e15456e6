"""The container that stands in for ECS and target groups; the only one with the Docker socket."""

from __future__ import annotations

import json

import requests

from harness.core import codec
from harness.core.wait import NotYet, Ready
from harness.stack.component import Addresses, Component, File, Mount
from harness.standins.contract import (
    PING_PATH,
    SCHEDULED_RUN_PATH,
    SETTINGS_PATH,
    SOCKETS_DIR,
    ControlSettings,
)
from harness.target.clients import http

NETWORKS = ("operator", "app", "aws")
"""Roles of its networks; ports are published on the first."""
PORT = 8000
SOCKET = "/var/run/docker.sock"
_TIMEOUT_S = 5
_START_TIMEOUT_S = 60
_MIB = 1024**2


def component(*, settings: ControlSettings, socket_path: str, volume: str) -> Component:
    """Describe the container.

    Args:
        settings: Content of its settings file.
        socket_path: The engine's socket on the engine's host.
        volume: Volume for the sockets through which the pause containers reach control.
    """
    return Component(
        name="control",
        image="control",
        networks=dict.fromkeys(NETWORKS, ()),
        environment={"PYTHONUNBUFFERED": "1"},
        files={SETTINGS_PATH: File(json.dumps(codec.encode(settings)).encode(), mode=0o600)},
        published=(PORT,),
        memory_bytes=192 * _MIB,
        pids_limit=256,
        # A first process ignores SIGTERM until it has a handler, and `stop` would wait for nothing.
        init=True,
        mounts={socket_path: Mount(SOCKET), volume: Mount(SOCKETS_DIR)},
    )


def probe(addresses: Addresses) -> Ready | NotYet:
    """Ask whether control answers; it does once it has found its networks and the edge."""
    try:
        answer = _ask(f"http://{addresses[PORT]}{PING_PATH}")
    except requests.RequestException as error:
        return NotYet(str(error))
    return Ready() if answer.ok else NotYet(f"HTTP {answer.status_code}: {answer.text[:200]}")


def scheduled_run_refusal(url: str, *, rule: str) -> str:
    """Return why a tick of a rule would start no task, in AWS's words; nothing if it would.

    Raises:
        requests.RequestException: Control does not answer.
    """
    # Control reads every secret of the task for it, as a start would.
    answer = _ask(f"{url}{SCHEDULED_RUN_PATH}/{rule}", timeout_s=_START_TIMEOUT_S)
    return "" if answer.ok else answer.text


def _ask(url: str, *, timeout_s: float = _TIMEOUT_S) -> requests.Response:
    with http.isolated() as session:
        return session.get(url, timeout=timeout_s)
