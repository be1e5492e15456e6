"""The ids of the page's parts: unique, and readable in an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from harness.diagnosis.history import Lifespan
    from harness.report.model import Outcome


def outcome_anchor(outcome: Outcome) -> str:
    """Return the id of a red scenario's account."""
    return _anchor("red", outcome.scenario)


def story_anchor(story: str) -> str:
    """Return the id of a story's table."""
    return _anchor("story", story)


def lifespan_anchor(lifespan: Lifespan) -> str:
    """Return the id of a component's or a task's row."""
    return _anchor(lifespan.kind, lifespan.name)


def _anchor(*parts: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")
    return f"{readable[:60]}-{crc32(repr(parts).encode()):08x}"
