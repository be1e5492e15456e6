"""The last recorded run of the scenarios on each target.

``recorded_runs.json`` is committed; ``python -m docs.record_run REPORT_JSON`` writes an entry. A
target without an entry was never run, and its labels say so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class RecordedRun:
    """One replay on one target."""

    date: str
    """UTC, YYYY-MM-DD."""
    commit: str
    """The harness's commit, shortened."""
    result: str
    """The verdict of its report."""


def recorded_runs() -> dict[str, RecordedRun]:
    """Return the last recorded run of each target that has one."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: RecordedRun(**entry) for name, entry in entries.items()}
