"""The timeline: services, tasks, ticks and scenarios as bars over the time of the replay.

Bars are SVG with presentation attributes and classes only, so that a strict content security policy
holds. What a bar shows is also in the tables of the page, and in the bar's own title.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from harness.diagnosis.history import SERVICE
from harness.report.markup import anchor, clock, words
from harness.report.model import SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.diagnosis.history import Life, Tick
    from harness.report.model import Outcome, Report

_WIDTH = 1000
_LANE = 12
_MARK = 5
_LABELS = 5
_BEFORE = timedelta(minutes=2)
"""What began longer before the first scenario is cut off."""
LEGEND = (
    ("wait", "starting or stopping"),
    ("run", "running"),
    ("good", "ready or healthy; a scenario that passed"),
    ("bad", "unhealthy or failed; a scenario that is red"),
    ("tick", "a tick of the rule"),
)


@dataclass(frozen=True)
class Scale:
    """The stretch of time that the page is wide."""

    began: datetime
    ended: datetime

    def x(self, at: datetime) -> float:
        """Return where a moment lies, between 0 and the width."""
        share = (at - self.began) / (self.ended - self.began)
        return round(min(max(share, 0.0), 1.0) * _WIDTH, 1)


@dataclass(frozen=True)
class Bar:
    """A stretch of one tone in a row."""

    began: datetime
    ended: datetime
    tone: str
    title: str = ""
    link: str = ""


def lines(report: Report) -> Iterator[str]:
    """Return the timeline; nothing where the target shows no services and no tasks."""
    lives = report.history.lives
    if not lives:
        return
    scale = _scale(report)
    yield '<p class="soft">Times are UTC. The tables below have the same in figures.</p>'
    yield '<p class="legend">'
    yield from (f'<span class="key {tone}">{words(text)}</span>' for tone, text in LEGEND)
    yield "</p>"
    yield '<div class="timeline">'
    yield from _axis(scale)
    yield from _group(SERVICE, _life_rows(report, kind=SERVICE, scale=scale))
    for kind in dict.fromkeys(life.kind for life in lives if life.kind != SERVICE):
        yield from _group(kind, _life_rows(report, kind=kind, scale=scale))
    ticks = list(_ticks(report.history.ticks))
    if ticks:
        yield from _group(
            "schedule", [_row("ticks", ticks, scale=scale, title="ticks of the rule")]
        )
    yield from _group("scenarios", _story_rows(report.outcomes, scale=scale))
    yield from _axis(scale)
    yield "</div>"


def _scale(report: Report) -> Scale:
    first = datetime.fromisoformat(report.started_at).astimezone(UTC)
    ended = first + timedelta(seconds=max(report.seconds, 1.0))
    began = [one.created_at for one in report.history.lives if one.created_at]
    near = [at for at in began if at >= first - _BEFORE]
    # The start is told in whole seconds, so that what came last may be a little later.
    return Scale(min([*near, first]), max([*near, ended]))


def _axis(scale: Scale) -> Iterator[str]:
    step = (scale.ended - scale.began) / (_LABELS - 1)
    labels = (f"<span>{clock(scale.began + step * n)}</span>" for n in range(_LABELS))
    yield f'<p class="axis" aria-hidden="true">{"".join(labels)}</p>'


def _group(title: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"<h3>{words(title)}</h3><ul>"
    yield from rows
    yield "</ul>"


def _row(label: str, bars: list[Bar], *, scale: Scale, title: str) -> str:
    """Return a row of bars; those that overlap get lanes of their own."""
    ends: list[datetime] = []
    drawn = []
    for bar in sorted(bars, key=lambda one: (one.began, one.ended)):
        free = next((n for n, end in enumerate(ends) if end <= bar.began), len(ends))
        ends[free:] = [bar.ended, *ends[free + 1 :]]
        drawn.append(_drawn(bar, lane=free, scale=scale))
    height = max(len(ends), 1) * _LANE
    grid = "".join(
        f'<path class="grid" d="M{_WIDTH * n // 4} 0V{height}"/>' for n in range(1, _LABELS - 1)
    )
    return (
        f'<li><span class="who">{label}</span><svg role="img" height="{height}"'
        f' viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none"><title>{words(title)}</title>'
        f"{grid}{''.join(drawn)}</svg></li>"
    )


def _drawn(bar: Bar, *, lane: int, scale: Scale) -> str:
    x = min(scale.x(bar.began), _WIDTH - _MARK)
    width = round(max(scale.x(bar.ended) - x, _MARK), 1)
    inner = f"<title>{words(bar.title)}</title>" if bar.title else ""
    rect = (
        f'<rect class="{bar.tone}" x="{x}" y="{lane * _LANE + 1}" width="{width}"'
        f' height="{_LANE - 2}">{inner}</rect>'
    )
    return f'<a href="#{bar.link}">{rect}</a>' if bar.link else rect


# --- services and tasks -----------------------------------------------------------------------


def _life_rows(report: Report, *, kind: str, scale: Scale) -> Iterator[str]:
    for life in report.history.lives:
        if life.kind == kind:
            name = life.name if kind == SERVICE else life.name[:8]
            label = f'<a href="#{life_anchor(life)}">{words(name)}</a>'
            yield _row_of_one(label, life, report=report, scale=scale)


def _row_of_one(label: str, life: Life, *, report: Report, scale: Scale) -> str:
    bars = list(_bars(life, ended=scale.ended))
    told = [_drawn(bar, lane=0, scale=scale) for bar in bars]
    for change in report.history.health:
        if change.task == life.name and change.state == "unhealthy":
            mark = Bar(change.at, change.at, "bad", f"{clock(change.at)} unhealthy {change.why}")
            told.append(_drawn(mark, lane=0, scale=scale))
    empty = _row(label, [], scale=scale, title=_told(life))
    return empty.replace("</svg>", "".join(told) + "</svg>")


def _bars(life: Life, *, ended: datetime) -> Iterator[Bar]:
    """Return the stretches of one life, from what is known of it."""
    end = life.stopped_at or ended
    steps = [
        (life.created_at, "wait"),
        (life.started_at, "run"),
        (life.ready_at, "good"),
        (life.stopping_at, "wait"),
    ]
    known = [(at, tone) for at, tone in steps if at is not None and at <= end]
    for (at, tone), (until, _) in pairwise([*known, (end, "")]):
        if until > at or len(known) == 1:
            yield Bar(at, until, tone)
    if life.failed:
        yield Bar(end, end, "bad")


def _told(life: Life) -> str:
    moments = (
        ("made", life.created_at),
        ("started", life.started_at),
        ("ready", life.ready_at),
        ("stopped", life.stopped_at),
    )
    said = ", ".join(f"{name} {clock(at)}" for name, at in moments if at)
    return f"{life.name}: {said}" + (f"; {life.end}" if life.end else "")


def life_anchor(life: Life) -> str:
    """Return the id of a service's or a task's row in the tables."""
    return anchor(life.kind, life.name)


# --- ticks and scenarios ----------------------------------------------------------------------


def _ticks(ticks: Iterable[Tick]) -> Iterator[Bar]:
    for one in ticks:
        yield Bar(one.due, one.due, "tick", f"{clock(one.due)} {one.task[:8]} {one.end}".strip())


def _story_rows(outcomes: Iterable[Outcome], *, scale: Scale) -> Iterator[str]:
    timed = [one for one in outcomes if one.started_at and one.result != SKIPPED]
    for story, members in groupby(timed, key=lambda one: one.story):
        found = list(members)
        red = sum(one.is_red for one in found)
        title = f"{story}: {len(found)} scenarios" + (f", {red} red" if red else "")
        yield _row(words(story), [_span(one) for one in found], scale=scale, title=title)


def _span(one: Outcome) -> Bar:
    began = datetime.fromisoformat(one.started_at)
    title = f"{clock(began)} {one.title}: {one.result}, {one.seconds:.1f} s"
    ended = began + timedelta(seconds=one.seconds)
    if one.is_red:
        return Bar(began, ended, "bad", title, link=outcome_anchor(one))
    return Bar(began, ended, "good", title)


def outcome_anchor(one: Outcome) -> str:
    """Return the id of a red scenario's account."""
    return anchor("red", one.scenario)
