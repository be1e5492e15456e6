"""The replay of one pytest session: the target, its clients, the outcomes so far."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core import codec
from harness.core.errors import HarnessError
from harness.replay.preconditions import Preconditions
from harness.replay.toolbox import Toolbox
from harness.report.shard import Shard

if TYPE_CHECKING:
    from harness.report import Outcome


@dataclass
class Replay:
    """The replay of one pytest session."""

    target: str
    """Name of the target."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    toolbox: Toolbox | None = None
    missing: str = ""
    """Why there is no target: a worker of xdist tells it with each scenario."""
    outcomes: dict[tuple[str, int, str], Outcome] = field(default_factory=dict)
    """Story, line in its file, node id -> outcome."""


REPLAY = pytest.StashKey[Replay]()
SAW = pytest.StashKey[Mapping[str, Mapping[str, Any]]]()
"""Of a scenario: its observations."""
PROVOKED = pytest.StashKey[tuple[str, ...]]()
"""Of a scenario: texts of the errors that it asks for."""
TRACE = pytest.StashKey[str]()
"""Of a scenario: the trace that its visitors' requests carry."""


def toolbox_of(config: pytest.Config) -> Toolbox:
    """Return the clients of the session's target.

    Raises:
        HarnessError: The target is not there.
    """
    replay = config.stash[REPLAY]
    if replay.toolbox is None:
        target = config.hook.pytest_cutover_target(config=config, name=replay.target)
        replay.toolbox = Toolbox(target)
    return replay.toolbox


def preconditions_of(config: pytest.Config) -> Preconditions:
    """Return the preconditions that have failed in the replay."""
    return Preconditions(config, directory=toolbox_of(config).target.access.run_dir)


def need_target(config: pytest.Config) -> None:
    """End the session with one message when its target is not there."""
    try:
        toolbox_of(config)
    except HarnessError as error:
        if not hasattr(config, "workerinput"):
            raise pytest.UsageError(str(error)) from error
        config.stash[REPLAY].missing = str(error)


def shard_of(config: pytest.Config) -> Shard | None:
    """Return the share of the stories that are replayed; None for all of them."""
    text = config.getoption("--cutover-shard")
    return codec.decode(Shard, json.loads(text)) if text else None


def report_directory(config: pytest.Config) -> Path:
    """Return where the report goes: as asked, the run's directory, or below CUTOVER_HOME."""
    replay = config.stash[REPLAY]
    directory = config.getoption("--cutover-report-dir") or toolbox_of(config).target.access.run_dir
    if directory:
        return config.invocation_params.dir / directory
    stamp = replay.started.strftime("%Y%m%dT%H%M%SZ")
    home = config.rootpath / os.environ.get("CUTOVER_HOME", ".cutover")
    return home / "reports" / f"{stamp}-{replay.target}"
