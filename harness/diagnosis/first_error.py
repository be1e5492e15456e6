"""The first error that the app wrote: shown where no cause is known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import takewhile
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.diagnosis.patterns.pattern import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from harness.diagnosis.evidence import Line

_SHOWN = 240
_LAST_LINES = 3
_LEVELS = ("ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_LEVEL = "|".join(_LEVELS)
_ERROR = re.compile(
    rf'"level_name":"(?:{_LEVEL})"|\.(?:{_LEVEL}): |PHP (?:Fatal|Parse) error'
    r"|\[(?:error|crit|alert|emerg)\]|^\[[^\]]+\] (?:ALERT|ERROR): "
    r"|^In \S+\.php line \d+:|^\s+ERROR  |^\S+: (?:line )?\d+: "
)
"""As Monolog's two formatters, PHP, nginx, PHP-FPM, artisan and a shell write an error."""
_TEXTS = (
    re.compile(rf"\.(?:{_LEVEL}): (?P<text>.+)"),
    re.compile(r"PHP (?:Fatal|Parse) error: +(?P<text>.+)"),
    re.compile(r"\[(?:error|crit|alert|emerg)\] (?:\d+#\d+: )?(?:\*\d+ )?(?P<text>.+)"),
    re.compile(r"^\[[^\]]+\] (?:ALERT|ERROR): (?P<text>.+)"),
    re.compile(r"^\s+ERROR  (?P<text>.+)"),
    re.compile(r"(?P<text>^\S+: (?:line )?\d+: .+)"),
)
_HEADING = re.compile(r"^In \S+\.php line \d+:")
_CONNECTION = re.compile(r"\(Connection: [^()\n]*?, SQL: ")
"""Laravel names connection, host and database before the statement that failed."""
_PLACE = re.compile(
    r'(?:"| at | in |^#\d+ )'
    r'(?P<file>/(?![^":]*(?:/vendor/|/cutover-probe/|/public/index|/framework/views/))[^"\s:]+\.php)'
    r'(?::|\((?=\d+\): ))(?P<line>\d+)(?:"|\)|$)'
)
"""File and line of the app's own code: the exception's, or else the first of its trace."""
_VIEW = re.compile(r"\(View: (?P<file>/[^)\n]+)\)")
_FRAME = re.compile(r"^(?:#\d+ |\[stacktrace\])")
_OWN_FAULT = re.compile(
    r"\b(?:TypeError|ArgumentCountError|ValueError|Error|ErrorException|DivisionByZeroError"
    r"|UnhandledMatchError|QueryException|LogicException|BadMethodCallException)(?=\"|\(code: )"
    r"|Uncaught \w*Error: "
)
"""Classes of exceptions that PHP itself, or the database for one statement, throws at code."""
_PROVOKED = re.compile(r"cutover-probe|CutoverProbe\\Jobs|unverified\.example")
"""In errors that scenarios ask the app for."""


@dataclass(frozen=True)
class FirstError:
    """An error of the app: the task that wrote it, when, its text, and the app's line."""

    text: str
    task: str
    at: datetime | None = None
    place: str = ""
    is_own_fault: bool = False
    """PHP or the database rejects this line of the app's own code."""

    def __str__(self) -> str:
        time = f", {self.at.astimezone(UTC):%H:%M:%S}" if self.at else ""
        place = f", {self.place}" if self.place else ""
        return f"{self.task or 'the app'}{time}{place}: {self.text}"


def is_error(line: str) -> bool:
    """Return whether a program writes an error in this line."""
    return bool(_ERROR.search(line))


def first_error(lines: Iterable[Line]) -> FirstError | None:
    """Return the first error of the app in the lines of its logs, unless a scenario provoked it."""
    errors = list(_errors([line for line in lines if line.source == Source.APP]))
    timed = [error for error in errors if error.at]
    return min(timed, key=lambda error: error.at or 0) if timed else next(iter(errors), None)


def last_words(lines: Iterable[Line]) -> FirstError | None:
    """Return the last lines of plain text of the task that wrote first, where none is an error."""
    own = [line for line in lines if line.source == Source.APP and line.text.strip()]
    plain = [line for line in own if line.task == own[0].task and not line.text.startswith("{")]
    plain.sort(key=lambda line: str(line.at or ""))  # it has two outputs
    text = " ".join(line.text.strip() for line in plain[-_LAST_LINES:])
    return FirstError(redact(text[-_SHOWN:]), plain[-1].task, plain[-1].at) if plain else None


def wrapped_errors(lines: Sequence[Line]) -> Iterator[Line]:
    """Go through the errors that artisan wraps over several lines, each in one line."""
    for place, line in enumerate(lines):
        if _HEADING.search(line.text) and (text := _paragraph(lines[place + 1 :])):
            yield replace(line, text=text)


def _errors(lines: list[Line]) -> Iterator[FirstError]:
    for place, line in enumerate(lines):
        if not is_error(line.text):
            continue
        # A stack trace has the probe in it wherever the app was asked by it: the message counts.
        text = _text(line.text) or _paragraph(lines[place + 1 :])
        if text and not _PROVOKED.search(text):
            short = _CONNECTION.sub("(SQL: ", text)
            where = place_of(line, lines[place + 1 :])
            is_own = bool(where and _OWN_FAULT.search(line.text))
            yield FirstError(redact(short[:_SHOWN]), line.task, line.at, where, is_own)


def place_of(line: Line, later: Iterable[Line]) -> str:
    """Return the app's own view, or its code's file and line, of an error or the trace below it."""
    if view := _VIEW.search(line.text.replace("\\/", "/")):
        return str(view["file"])
    below = (frame for frame in later if frame.task == line.task)
    trace = takewhile(lambda frame: _FRAME.search(frame.text), below)
    matches = (_PLACE.search(frame.text.replace("\\/", "/")) for frame in (line, *trace))
    return next((f"{match['file']}:{match['line']}" for match in matches if match), "")


def _text(line: str) -> str:
    """Return the message of an error that stands in one line."""
    if _HEADING.search(line):
        return ""
    try:
        message = json.loads(line)["message"]
    except (ValueError, KeyError, TypeError):
        match = next(filter(None, (pattern.search(line) for pattern in _TEXTS)), None)
        return match["text"].strip() if match else line.strip()
    return str(message)


def _paragraph(lines: Sequence[Line]) -> str:
    """Return the first paragraph; artisan breaks its lines anywhere."""
    parts: list[str] = []
    for line in lines:
        if line.text.strip():
            parts.append(line.text.removeprefix("  ").removesuffix("  "))
        elif parts:
            break
    return " ".join("".join(parts).split())
