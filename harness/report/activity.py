"""The parts of the page about the stack that need more than a table: lags, logs, failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.diagnosis.history import History, Lifespan
    from harness.report.model import Outcome

_STREAMS = ("stdout", "stderr")
_SHOWN = 2


def lag_range(history: History) -> tuple[float, float] | None:
    """Return the shortest and the longest start lag of the scheduled runs, in seconds."""
    lags = [tick.lag_s for tick in history.ticks if tick.lag_s is not None]
    return (min(lags), max(lags)) if lags else None


def log_links(lifespan: Lifespan, *, logs_at: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each container of a component or task, and the stream and address of its logs."""
    base = "" if logs_at in ("", ".") else f"{logs_at}/"
    return [
        (
            "logs" if container == lifespan.name else container,
            [(stream, quote(f"{base}{folder}/{stream}.log")) for stream in _STREAMS],
        )
        for container, folder in lifespan.folders
    ]


def scenarios_during(lifespan: Lifespan, *, outcomes: Iterable[Outcome]) -> str:
    """Name the last scenarios that ran beside a component or task that failed.

    Most likely they made it fail.
    """
    if not lifespan.failed or lifespan.stopped_at is None or lifespan.created_at is None:
        return ""
    ended = lifespan.stopping_at or lifespan.stopped_at
    beside = []
    for outcome in outcomes:
        if outcome.started_at:
            began = datetime.fromisoformat(outcome.started_at)
            if began <= ended and lifespan.created_at <= began + timedelta(seconds=outcome.seconds):
                beside.append((began, f"{outcome.story}: {outcome.title}"))
    return "; ".join(name for _, name in sorted(beside)[-_SHOWN:])
