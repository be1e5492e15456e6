"""Settings of the control container: one file, written by the harness before the start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.core.errors import ConfigError
from harness.core.labels import LABEL_HOME, LABEL_OWNER, LABEL_RUN

PATH = Path("/etc/harness/control.json")
STATE_PATH = Path("/var/lib/harness/state.json")
SOCKETS_DIR = Path("/run/control")


@dataclass(frozen=True)
class Overlay:
    """The only difference between a task here and the same task on AWS."""

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ticks:
    """The queue that stands for a rule's ECS target, and that target; empty without a schedule."""

    rule: str = ""
    queue: str = ""
    target: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """Packet rules, text for ``iptables-restore``; empty where nothing is enforced."""

    services: Mapping[str, str] = field(default_factory=dict)
    """Role of a container to its rules."""
    tasks: Mapping[str, Any] = field(default_factory=dict)
    """``first``, ``groups`` by id, ``last``: the parts of a task's rules."""

    def of_task(self, groups: Sequence[str]) -> str:
        """Return a task's rules.

        Raises:
            LookupError: A group is unknown; the text says which.
        """
        if not self.tasks:
            return ""
        known = self.tasks["groups"]
        for name in groups:
            if name not in known:
                raise LookupError(f"The security group '{name}' does not exist")
        return "".join([self.tasks["first"], *(known[name] for name in groups), self.tasks["last"]])


@dataclass(frozen=True)
class Settings:
    """What the harness says in control.json; unknown keys are refused."""

    run: str
    home: str
    owner: str
    account_id: str
    region: str
    cluster: str
    aws_endpoint_url: str
    task_networks: Mapping[str, str]
    """Role to Docker network name; targets live on the first."""
    edge_container: str
    pause_image: str
    images: Mapping[str, str]
    """Image reference in task definitions to local image id."""
    overlay: Overlay = field(default_factory=Overlay)
    ticks: Ticks = field(default_factory=Ticks)
    rules: Rules = field(default_factory=Rules)
    roles_known: bool = False
    """Whether the app has role files; without them no role is judged."""
    unchecked_ready_s: float = 5.0
    """When a task with neither target nor health check counts as healthy; ECS waits 40 s."""

    @property
    def labels(self) -> dict[str, str]:
        """The labels that everything of this run carries."""
        return {LABEL_RUN: self.run, LABEL_HOME: self.home, LABEL_OWNER: self.owner}


def load(path: Path) -> Settings:
    """Read the settings.

    Raises:
        ConfigError: The file is missing, not JSON, or has a wrong set of keys.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot read {path}: {error}",
            where=str(path),
            hint="the harness copies this file into the container before it starts it",
        ) from error
    known = {item.name for item in fields(Settings)}
    needed = known - {"overlay", "ticks", "rules", "roles_known", "unchecked_ready_s"}
    wrong = sorted((raw.keys() - known) | (needed - raw.keys()))
    if wrong:
        raise ConfigError(
            f"{path}: unknown or missing: {', '.join(wrong)}",
            where=str(path),
            hint=f"the keys are {', '.join(sorted(known))}",
        )
    overlay = Overlay(**raw.pop("overlay", {}))
    ticks = Ticks(**raw.pop("ticks", {}))
    rules = Rules(**raw.pop("rules", {}))
    return Settings(**raw, overlay=overlay, ticks=ticks, rules=rules)
