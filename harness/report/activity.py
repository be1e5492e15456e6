"""The parts of the page that show what happened in the stack: tasks, ticks, events, health."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.report.markup import moment, note, row, scrolled, tag, words
from harness.report.timeline import life_anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.diagnosis.history import History, Life, Tick
    from harness.report.model import Outcome, Report

_STREAMS = ("stdout", "stderr")
_NAMED = 2
_OPEN_UP_TO = 12
"""Longer lists are folded."""


def ticks(history: History) -> Iterator[str]:
    """Return each turn of the rule, and what came of it."""
    if history.ticks:
        lags = [one.lag_s for one in history.ticks if one.lag_s is not None]
        if lags:
            yield f'<p class="soft">Start lag: {min(lags):.1f} to {max(lags):.1f} s.</p>'
        heads = ("Due", "Task", "Start lag", "End", "What was due and ran")
        yield from scrolled("Ticks of the rule", heads, map(_tick, history.ticks), tone="roomy")


def _tick(one: Tick) -> str:
    lag = f"{one.lag_s:.1f} s" if one.lag_s is not None else ""
    task = f"<code>{words(one.task[:8])}</code>" if one.task else ""
    ran = "<br>".join(map(words, one.ran))
    return row(moment(one.due), task, lag, words(one.end), ran)


def lives(report: Report) -> Iterator[str]:
    """Return the services and tasks, with their ends and the way to their logs."""
    history = report.history
    if history.lives:
        yield '<p class="soft">Red is what nobody stopped on purpose; many a scenario brings that'
        yield "about."
        if any(one.folders for one in history.lives):
            yield "Logs are saved when the stack stops; until then the links lead nowhere, and"
            yield "<code>bin/cutover logs NAME</code> shows them."
        yield "</p>"
        heads = ("Name and logs", "Made", "Started", "Ready", "Stopped", "End")
        rows = [_life(one, report=report) for one in history.lives]
        yield from scrolled("Services and tasks", heads, rows, tone="roomy")


def _life(one: Life, *, report: Report) -> str:
    name = (
        f"{words(one.kind)} <code>{words(one.name[:8])}</code>" if one.detail else words(one.name)
    )
    end = words(one.end) or ("runs" if one.started_at else "")
    logs = "".join(_logs(one, logs_at=report.history.logs_at))
    return row(
        f"{name}{note(one.detail)}{logs}",
        *(moment(at) for at in (one.created_at, one.started_at, one.ready_at, one.stopped_at)),
        end + note(_meanwhile(one, outcomes=report.outcomes)),
        id_=life_anchor(one),
        tone="bad" if one.failed else "",
    )


def _meanwhile(one: Life, *, outcomes: Iterable[Outcome]) -> str:
    """Name the scenarios that ran when something failed: most likely they made it fail."""
    if not one.failed or one.stopped_at is None or one.created_at is None:
        return ""
    ended = one.stopping_at or one.stopped_at
    found = []
    for scenario in outcomes:
        if scenario.started_at:
            began = datetime.fromisoformat(scenario.started_at)
            if began <= ended and one.created_at <= began + timedelta(seconds=scenario.seconds):
                found.append((began, f"{scenario.story}: {scenario.title}"))
    last = [title for _, title in sorted(found)[-_NAMED:]]
    return f"meanwhile: {'; '.join(last)}" if last else ""


def _logs(one: Life, *, logs_at: str) -> Iterator[str]:
    base = "" if logs_at in ("", ".") else f"{logs_at}/"
    for container, folder in one.folders:
        links = (
            f'<a href="{words(quote(f"{base}{folder}/{stream}.log"))}">{stream}</a>'
            for stream in _STREAMS
        )
        whose = "logs" if container == one.name else container
        yield f'<span class="note logs">{words(whose)}: {" ".join(links)}</span>'


def events(history: History) -> Iterator[str]:
    """Return what ECS said of its services, oldest first."""
    found = history.events
    if found:
        rows = (row(moment(one.at), words(one.service), words(one.message)) for one in found)
        table = scrolled("ECS service events", ("Time", "Service", "Event"), rows, tone="roomy")
        yield from _folded(f"{len(found)} events", table, is_open=len(found) <= _OPEN_UP_TO)


def health(history: History) -> Iterator[str]:
    """Return how the load balancer's targets changed, and how they were at the end."""
    if history.targets:
        now = ", ".join(map(words, history.targets))
        yield f"<p>At the end: {now}.</p>"
    found = history.health
    if found:
        rows = (
            row(
                moment(one.at),
                words(one.address),
                f"<code>{words(one.task[:8])}</code>" if one.task else "",
                tag(one.state, tone=_TONES.get(one.state, ""))
                + note("" if one.state == "initial" else one.why),
            )
            for one in found
        )
        table = scrolled("Changes of target health", ("Time", "Target", "Task", "State"), rows)
        yield from _folded(f"{len(found)} changes", table, is_open=len(found) <= _OPEN_UP_TO)


_TONES = {"healthy": "passed", "unhealthy": "failed", "initial": "emulated"}


def unread(history: History) -> Iterator[str]:
    """Return what could not be read."""
    if history.unread:
        yield "<ul>"
        yield from (f"<li>{words(one)}</li>" for one in history.unread)
        yield "</ul>"


def _folded(summary: str, lines: Iterator[str], *, is_open: bool) -> Iterator[str]:
    yield f"<details{' open' if is_open else ''}><summary>{words(summary)}</summary>"
    yield from lines
    yield "</details>"
