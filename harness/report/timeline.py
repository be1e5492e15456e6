"""The timeline: components, tasks, scheduled runs and scenarios as bars over the replay's time.

Bars are SVG with presentation attributes and classes only, so that a strict content security policy
holds. The tables of the page, and each bar's title, have the same in figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from harness.diagnosis.history import SERVICE
from harness.report.anchors import lifespan_anchor, outcome_anchor
from harness.report.model import SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.diagnosis.history import Lifespan, Tick
    from harness.report.model import Outcome, Report

WIDTH = 1000
LANE = 12
_MARK = 5
_LABELS = 5
_BEFORE = timedelta(minutes=2)
"""Seconds; an event that began longer before the first scenario is cut off."""
LEGEND = (
    ("wait", "starting or stopping"),
    ("run", "running"),
    ("good", "ready or healthy; a scenario that passed"),
    ("bad", "unhealthy or failed; a scenario that is red"),
    ("tick", "a scheduled run"),
)
GRID = tuple(WIDTH * n // (_LABELS - 1) for n in range(1, _LABELS - 1))


@dataclass(frozen=True)
class Scale:
    """The stretch of time that the page is wide."""

    began: datetime
    ended: datetime

    def x(self, at: datetime) -> float:
        """Return where a moment lies, between 0 and the width."""
        share = (at - self.began) / (self.ended - self.began)
        return round(min(max(share, 0.0), 1.0) * WIDTH, 1)


@dataclass(frozen=True)
class Bar:
    """A stretch of one tone in a row."""

    began: datetime
    ended: datetime
    tone: str
    title: str = ""
    link: str = ""
    lane: int = 0


@dataclass(frozen=True)
class Row:
    """A label, and bars in one lane or more."""

    label: str
    title: str
    bars: tuple[Bar, ...]
    link: str = ""

    @property
    def height(self) -> int:
        """The height of all lanes."""
        return (max((bar.lane for bar in self.bars), default=0) + 1) * LANE


@dataclass(frozen=True)
class Timeline:
    """Groups of rows over one scale."""

    scale: Scale
    groups: tuple[tuple[str, tuple[Row, ...]], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The times of day along the axis."""
        step = (self.scale.ended - self.scale.began) / (_LABELS - 1)
        return tuple(clock(self.scale.began + step * n) for n in range(_LABELS))

    def box(self, bar: Bar) -> tuple[float, float]:
        """Return where a bar begins, and its width."""
        x = min(self.scale.x(bar.began), WIDTH - _MARK)
        return x, round(max(self.scale.x(bar.ended) - x, _MARK), 1)


def clock(at: datetime | None) -> str:
    """Return the time of day, UTC; nothing where it is not known."""
    return at.astimezone(UTC).strftime("%H:%M:%S") if at else ""


def timeline(report: Report) -> Timeline | None:
    """Return the timeline; nothing where the target shows no components and no tasks."""
    lifespans = report.history.lifespans
    if not lifespans:
        return None
    scale = _scale(report)
    kinds = dict.fromkeys([SERVICE, *(lifespan.kind for lifespan in lifespans)])
    groups = [
        (
            kind,
            tuple(
                _lifespan_row(lifespan, report=report, scale=scale)
                for lifespan in lifespans
                if lifespan.kind == kind
            ),
        )
        for kind in kinds
    ]
    ticks = tuple(map(_tick_bar, report.history.ticks))
    if ticks:
        groups.append(("schedule", (Row("ticks", "ticks of the rule", _in_lanes(ticks)),)))
    groups.append(("scenarios", tuple(_story_rows(report.outcomes))))
    return Timeline(scale, tuple(groups))


def _scale(report: Report) -> Scale:
    first = datetime.fromisoformat(report.started_at).astimezone(UTC)
    ended = first + timedelta(seconds=max(report.seconds, 1.0))
    began = [lifespan.created_at for lifespan in report.history.lifespans if lifespan.created_at]
    near = [at for at in began if at >= first - _BEFORE]
    # The start is known in whole seconds, so that what came last may be a little later.
    return Scale(min([*near, first]), max([*near, ended]))


def _in_lanes(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Give bars that overlap lanes of their own."""
    ends: list[datetime] = []
    placed = []
    for bar in sorted(bars, key=lambda bar: (bar.began, bar.ended)):
        lane = next((n for n, end in enumerate(ends) if end <= bar.began), len(ends))
        ends[lane:] = [bar.ended, *ends[lane + 1 :]]
        placed.append(replace(bar, lane=lane))
    return tuple(placed)


# --- components and tasks ---------------------------------------------------------------------


def _lifespan_row(lifespan: Lifespan, *, report: Report, scale: Scale) -> Row:
    unhealthy = (
        Bar(change.at, change.at, "bad", f"{clock(change.at)} unhealthy {change.why}")
        for change in report.history.health
        if change.task == lifespan.name and change.state == "unhealthy"
    )
    return Row(
        lifespan.name if lifespan.kind == SERVICE else lifespan.name[:8],
        _lifespan_title(lifespan),
        (*_lifespan_bars(lifespan, ended=scale.ended), *unhealthy),
        link=lifespan_anchor(lifespan),
    )


def _lifespan_bars(lifespan: Lifespan, *, ended: datetime) -> Iterator[Bar]:
    """Return the known stretches of one lifespan."""
    end = lifespan.stopped_at or ended
    steps = [
        (lifespan.created_at, "wait"),
        (lifespan.started_at, "run"),
        (lifespan.ready_at, "good"),
        (lifespan.stopping_at, "wait"),
    ]
    starts = [(at, tone) for at, tone in steps if at is not None and at <= end]
    for (at, tone), (until, _) in pairwise([*starts, (end, "")]):
        if until > at or len(starts) == 1:
            yield Bar(at, until, tone)
    if lifespan.failed:
        yield Bar(end, end, "bad")


def _lifespan_title(lifespan: Lifespan) -> str:
    moments = (
        ("made", lifespan.created_at),
        ("started", lifespan.started_at),
        ("ready", lifespan.ready_at),
        ("stopped", lifespan.stopped_at),
    )
    times = ", ".join(f"{name} {clock(at)}" for name, at in moments if at)
    return f"{lifespan.name}: {times}" + (f"; {lifespan.end}" if lifespan.end else "")


# --- scheduled runs and scenarios -------------------------------------------------------------


def _tick_bar(tick: Tick) -> Bar:
    title = f"{clock(tick.due)} {tick.task[:8]} {tick.end}".strip()
    return Bar(tick.due, tick.due, "tick", title)


def _story_rows(outcomes: Iterable[Outcome]) -> Iterator[Row]:
    timed = [outcome for outcome in outcomes if outcome.started_at and outcome.result != SKIPPED]
    for story, grouped in groupby(timed, key=lambda outcome: outcome.story):
        members = list(grouped)
        red = sum(outcome.is_red for outcome in members)
        title = f"{story}: {len(members)} scenarios" + (f", {red} red" if red else "")
        yield Row(story, title, _in_lanes(map(_outcome_bar, members)))


def _outcome_bar(outcome: Outcome) -> Bar:
    began = datetime.fromisoformat(outcome.started_at)
    ended = began + timedelta(seconds=outcome.seconds)
    title = f"{clock(began)} {outcome.title}: {outcome.result}, {outcome.seconds:.1f} s"
    if outcome.has_account:
        return Bar(began, ended, "bad", title, link=outcome_anchor(outcome))
    return Bar(began, ended, "good", title)
