"""A report of the checks as lines for a terminal, as one verdict line, and as JSON."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.core.redact import redact
from harness.smoke.result import Result, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.smoke.smoke import Line, Report

_MARKS = {State.GREEN: "ok", State.WARNING: "warn", State.RED: "RED", State.NOT_RUN: "-"}
_NAMED = 3
"""Red checks that the verdict names."""
FORMAT = 1
"""Version of the JSON; fields are added without a new one."""


def line_texts(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the text of each check as it ends; those that cannot run for one reason share one."""
    for _, group in groupby(lines, key=_reason):
        first, *rest = group
        name = f"{1 + len(rest)} checks" if rest else first.name
        yield _text(first, name=name)


def _reason(line: Line) -> tuple[str, ...]:
    """Return the family and the reason of a check that cannot run; itself of another."""
    is_run = line.result.state != State.NOT_RUN
    return (line.family, line.name if is_run else "", "" if is_run else line.result.value)


def _text(line: Line, *, name: str) -> str:
    """Return a line with state, name, value and source; then its meaning."""
    result = line.result
    source = f"  [{result.source}]" if result.source else ""
    text = f"{_MARKS[result.state]:<5}{line.family:<9}{name:<26}{result.value}{source}"
    if result.meaning:
        text += f"\n{'':>5}-> {action_text(result)}"
    return redact(text)


def action_text(result: Result) -> str:
    """Return the operator's action and the meaning of the result now."""
    return f"{result.action}: {result.meaning}" if result.action else result.meaning


def verdict(report: Report, *, strict: bool) -> str:
    """Return one line for the incident chat."""
    reds, warnings = report.of(State.RED), report.of(State.WARNING)
    parts = [_head(report, strict=strict), urlsplit(report.url).netloc]
    if reds:
        more = f" and {len(reds) - _NAMED} more" if len(reds) > _NAMED else ""
        names = ", ".join(line.name for line in reds[:_NAMED])
        parts.append(f"{len(reds)} red: {names}{more}")
    if warnings:
        parts.append(f"{len(warnings)} to mend: {', '.join(line.name for line in warnings)}")
    parts.append(f"{report.ran} of {len(report.lines)} checks ran")
    end = f"{report.began:%Y-%m-%d %H:%M:%S} UTC"
    parts.append(f"{end}, {report.seconds:.0f} s, {report.requests} requests, run {report.run_id}")
    return redact(" · ".join(parts))


def _head(report: Report, *, strict: bool) -> str:
    if report.is_green(strict=strict):
        return "GREEN"
    if report.action:
        return f"RED, {report.action}"
    return "RED, not every check is green" if report.has_front_page else "RED, nothing is known"


def as_json(report: Report, *, strict: bool) -> dict[str, Any]:
    """Return the report for programs."""
    counts = Counter(line.result.state for line in report.lines)
    return {
        "format": FORMAT,
        "url": report.url,
        "run": report.run_id,
        "began": report.began.isoformat(timespec="seconds"),
        "seconds": round(report.seconds, 1),
        "requests": report.requests,
        "max_requests": report.max_requests,
        "green": report.is_green(strict=strict),
        "action": report.action,
        "verdict": verdict(report, strict=strict),
        "ran": report.ran,
        "counts": {state.value: counts[state] for state in State},
        "checks": [
            {
                "family": line.family,
                "name": line.name,
                "state": line.result.state,
                "value": redact(line.result.value),
                "source": redact(line.result.source),
                "action": line.result.action,
                "meaning": line.result.meaning,
            }
            for line in report.lines
        ],
    }
