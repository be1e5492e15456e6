"""The bundle of variants that each build rehearses: another one on each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime


def of_today(bundles: Sequence[str]) -> str:
    """Choose a bundle's name for today."""
    return choose(bundles, day=datetime.now(UTC).date())


def choose(bundles: Sequence[str], *, day: date) -> str:
    """Choose a bundle's name: they take their turns by the day."""
    return bundles[day.toordinal() % len(bundles)]
