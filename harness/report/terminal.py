"""The table at the end of a replay, as lines of text; whoever calls decides where they go."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.report.model import Outcome, Report

_NARROWEST = 60
_LABEL_WIDTH = 11
_INDENT = "      "


@dataclass(frozen=True)
class Line:
    """A line and how it is meant: "good", "bad", "quiet" or plain."""

    text: str
    tone: str = ""


def lines(report: Report, *, width: int = 100, where: str = "") -> list[Line]:
    """Return the table, the causes, the overlay and the vendor source."""
    width = max(width, _NARROWEST)
    name_width = width - 8 - _LABEL_WIDTH - 2 - 8
    head = f"{'scenario':<{name_width}}  {'result':<6} {'truth':<{_LABEL_WIDTH}} {'seconds':>7}"
    told = [Line(head, "quiet")]
    story = ""
    for one in report.outcomes:
        if one.story != story:
            story = one.story
            told.append(Line(story))
        told.extend(_row(one, name_width=name_width, width=width))
    told.append(Line(""))
    told.extend(_about(report, width=width))
    if where:
        told.append(Line(f"report: {where}"))
    return [Line(redact(line.text), line.tone) for line in told]


def line(one: Outcome) -> Line:
    """Return the one line that is shown as a scenario ends."""
    tone = _TONES.get(one.result, "bad")
    text = f"{_WORDS[one.result]:<6} {one.story}: {one.title}  {one.seconds:.1f} s"
    return Line(redact(text), tone)


def _row(one: Outcome, *, name_width: int, width: int) -> Iterable[Line]:
    names = textwrap.wrap(one.title, name_width - 2) or [one.title]
    tone = _TONES.get(one.result, "bad")
    first = f"  {names[0]:<{name_width - 2}}  {_WORDS[one.result]:<6} "
    yield Line(f"{first}{one.label.worth:<{_LABEL_WIDTH}} {one.seconds:>7.1f}", tone)
    for more in names[1:]:
        yield Line(f"  {more}", tone)
    notes = [
        *(f"{name}: {value}" for name, value in one.measured),
        one.reason,
        f"likely cause: {one.cause}" if one.cause else "",
    ]
    if one.is_red and not one.cause:
        notes.append(one.seen.partition("\n")[0])
    for note in filter(None, notes):
        wrapped = textwrap.wrap(note, width - len(_INDENT))
        yield from (Line(f"{_INDENT}{part}", tone) for part in wrapped)


_TONES = {"passed": "good", "skipped": "quiet"}
_WORDS = {"passed": "ok", "failed": "RED", "error": "ERROR", "skipped": "-"}


def _about(report: Report, *, width: int) -> Iterable[Line]:
    yield Line(report.verdict, "good" if report.is_green else "bad")
    for cause, count in report.common_causes:
        for part in textwrap.wrap(f"{count} of them: {cause}", width, subsequent_indent="  "):
            yield Line(part, "bad")
    yield Line(f"target: {report.target}, {report.public_url}, {report.seconds:.1f} s")
    about = [("vendor", report.vendor_text)]
    if report.overlay:
        about.append(("overlay, all that differs from production", ""))
        about += [("", line) for line in report.overlay_lines]
    for name, text in about:
        head = f"{name}: " if name else "  "
        yield from (
            Line(part)
            for part in textwrap.wrap(head + text, width, subsequent_indent="  ") or [head.rstrip()]
        )
