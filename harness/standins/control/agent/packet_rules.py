"""Puts the security groups' packet rules into the namespaces of the services and of each task.

A task's pause container puts its own in place before the task's containers start. A service loses
its rules with its namespace whenever it stops, so they are put back at each of its starts, by a
short-lived container that joins the namespace; ``control`` itself is one of the services.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from harness.core.labels import LABEL_ROLE
from harness.standins.contract import ControlSettings
from harness.standins.control.agent.engine import ContainerState, Engine, EngineError
from harness.standins.control.agent.gate import Closed

log = logging.getLogger(__name__)

COMMAND = "packet-rules"
VARIABLE = "RULES"
_MIB = 1024 * 1024
_TRIES = 5
_AGAIN_S = 0.3


def groups_of(request: Mapping[str, Any]) -> list[str]:
    """Return the security groups in a RunTask or CreateService input."""
    awsvpc = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return list(awsvpc.get("securityGroups") or ())


class Firewall:
    """Keeps the rules of the services where they belong."""

    def __init__(self, engine: Engine, *, settings: ControlSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._lock = threading.Lock()
        self._begun: dict[str, tuple[str, str]] = {}
        """Role to the container and its start, with its rules in place or on their way."""
        self._wanting = dict.fromkeys(settings.rules.components, "not yet")
        """Role to why its rules are not in place."""

    def wanting(self) -> str:
        """Return the components without their rules, and why; empty when all have them."""
        with self._lock:
            return "; ".join(f"{role}: {why}" for role, why in sorted(self._wanting.items()))

    def run(self) -> None:
        """Follow the engine's events; after a gap, look at every service once."""
        again = threading.Event()
        while self._settings.rules.components:
            since = time.time()
            try:
                for role in self._settings.rules.components:
                    for container in self._engine.containers(role=role):
                        self._take_note(container)
                for docker_id in self._engine.starts(since=since):
                    self._take_note(self._engine.state(docker_id))
            except EngineError as error:
                log.warning("starts: %s; trying again", error)
            again.wait(_AGAIN_S)

    def _take_note(self, container: ContainerState) -> None:
        role = container.labels.get(LABEL_ROLE, "")
        if role not in self._settings.rules.components or not container.running:
            return
        with self._lock:
            if self._begun.get(role) == (container.docker_id, container.started_at):
                return
            self._begun[role] = (container.docker_id, container.started_at)
            self._wanting[role] = "not yet"
        threading.Thread(target=self._put, args=(role, container.docker_id), daemon=True).start()

    def _put(self, role: str, docker_id: str) -> None:
        again = threading.Event()
        for _ in range(_TRIES):
            try:
                self._engine.run(**joining(docker_id, role=role, settings=self._settings))
            except EngineError as error:
                log.warning("packet rules of %s: %s", role, error)
                with self._lock:
                    self._wanting[role] = str(error)
                again.wait(_AGAIN_S)
            except Closed:
                return
            else:
                with self._lock:
                    self._wanting.pop(role, None)
                return


def joining(docker_id: str, *, role: str, settings: ControlSettings) -> dict[str, Any]:
    """Return the options of the container that puts a component's rules into its namespace."""
    return {
        "image": settings.pause_image,
        "entrypoint": [COMMAND],
        "environment": {VARIABLE: settings.rules.components[role]},
        "network_mode": f"container:{docker_id}",
        "labels": {**settings.labels, LABEL_ROLE: "rules"},
        "cap_drop": ["ALL"],
        "cap_add": ["NET_ADMIN"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": 32 * _MIB,
        "memswap_limit": 32 * _MIB,
        "pids_limit": 16,
    }
