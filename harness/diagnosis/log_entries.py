"""The lines of a task's log that evidence is chosen from, each with its scenario's trace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from harness.diagnosis import first_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

LOG_LINES = 50
_LOG_ERRORS = 20
_OUR_OWN = re.compile(r"/_probe/.*\b200\b")
_TRACE = re.compile(r"\bcutover_trace\W{2,6}(?P<trace>[0-9a-f]{32})\b")
"""As CutoverProbe\\Listeners\\CarryTrace has it written, in JSON or in a text within JSON."""
_RECORD = re.compile(r"^(?:\{|\[\d{4}-\d\d-\d\d[T ])")
"""The first line of a record, in Monolog's two formats."""


class LogEntry(NamedTuple):
    """One line of a log."""

    at: datetime | None
    text: str
    trace: str = ""
    """The trace of the scenario that it belongs to; empty where it has none."""


def entries(lines: Iterable[tuple[datetime | None, str]]) -> list[LogEntry]:
    """Return lines with their traces; a record of several lines has its trace in the last one."""
    log_entries: list[LogEntry] = []
    trace = ""
    for at, text in reversed(list(lines)):
        match = _TRACE.search(text)
        trace = match["trace"] if match else trace
        log_entries.append(LogEntry(at, text, trace))
        if _RECORD.match(text):
            trace = ""
    return log_entries[::-1]


def choose(lines: Iterable[LogEntry]) -> list[LogEntry]:
    """Return the last lines of a log, and the errors before them.

    Whoever waits for half a minute asks so often that nothing else would be left: the scenarios'
    own successful questions are left out, and an error stays however many visits follow it.
    """
    written = [line for line in lines if not _OUR_OWN.search(line.text)]
    errors = [line for line in written[:-LOG_LINES] if first_error.is_error(line.text)]
    return [*errors[-_LOG_ERRORS:], *written[-LOG_LINES:]]
