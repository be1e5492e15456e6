"""Records of the scheduler: its own run in each task, and each command that it ran."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

COMMAND = "schedule:run"
WINDOW = timedelta(minutes=2)
"""The time in which scenarios count ticks."""
DUE_WITHIN_S = 210.0
"""For the window, and the minute that schedule:run may take in its last tick."""


def by_task(ran: list[dict[str, Any]], *, name: str) -> dict[str, list[dict[str, Any]]]:
    """Group the records of one command by the task that ran it."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in ran:
        if record["name"] == name:
            grouped.setdefault(record["task"], []).append(record)
    return grouped


def endless_tick_cause(command: list[str]) -> str:
    """Return that a tick's command never ends; empty if it does."""
    if "schedule:work" not in " ".join(command):
        return ""
    return (
        "a tick's task goes on running: its command must be schedule:run, which ends, and not"
        " schedule:work"
    )
