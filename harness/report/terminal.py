"""The terminal's part of a replay: a line for each red scenario, a counter, and the summary.

All of it is lines of text with a tone; the caller writes them. ``-v`` adds the table of all
scenarios and the whole overlay to the summary.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.report.faults import FOLLOWING
from harness.report.model import ACCEPTED, ERROR, FAILED, FLAKY, PASSED, SKIPPED
from harness.target.target import AWS, LOCAL, URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.model import Outcome, Report

_NARROWEST = 60
_LABEL_WIDTH = 11
_INDENT = "      "
_NAMED = 5
"""A cause names that many scenarios."""
_TONES = {PASSED: "good", SKIPPED: "quiet", ACCEPTED: "quiet"}
_RESULTS = {
    PASSED: "ok",
    FAILED: "RED",
    ERROR: "ERROR",
    SKIPPED: "-",
    ACCEPTED: "known",
    FLAKY: "FLAKY",
}
_RERUN = {
    LOCAL: "`cutover up`, then `cutover verify --lf`",
    AWS: "`cutover verify --target aws --lf`",
    URL: "`cutover verify --url URL --lf`",
}
_INSPECT = "`cutover logs web`, `cutover exec web -- sh`"


@dataclass(frozen=True)
class Line:
    """A line and its tone: "good", "bad", "quiet" or plain."""

    text: str
    tone: str = ""


def red_line(outcome: Outcome) -> Line:
    """Return the line that a red scenario gets as it ends."""
    text = f"{_RESULTS[outcome.result]:<6} {_name(outcome)}  {outcome.seconds:.1f} s"
    return Line(redact(text), "bad")


def counter(*, done: int, total: int, red: int) -> str:
    """Return how far a replay is."""
    return f"{done} of {total} scenarios" + (f", {red} red" if red else "")


def summary(report: Report, *, page: Path, width: int = 100, verbose: bool = False) -> list[Line]:
    """Return the end of a replay: the verdict, the causes, the report, and how to go on."""
    width = max(width, _NARROWEST)
    lines = [*_table(report, width=width), Line("")] if verbose else []
    lines.append(Line(report.verdict, "good" if report.is_green else "bad"))
    lines += _causes(report, width=width)
    lines += _about(report, width=width, verbose=verbose)
    lines.append(Line(f"report: {page.resolve().as_uri()}"))
    if report.faults and not report.parts:
        rerun = _RERUN.get(report.target)
        lines += _wrapped(f"rerun the red ones: {rerun}", width=width) if rerun else ()
        lines += _wrapped(f"look inside: {_INSPECT}", width=width) if report.target == LOCAL else ()
    return lines


def _name(outcome: Outcome) -> str:
    return f"{outcome.story}: {outcome.title}"


def _wrapped(text: str, *, width: int, tone: str = "", indent: str = "") -> Iterator[Line]:
    # A secret is blanked before a line break can divide it.
    for part in textwrap.wrap(
        redact(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent if indent == _INDENT else f"{indent}  ",
        break_on_hyphens=False,
    ):
        yield Line(part, tone)


def _causes(report: Report, *, width: int) -> Iterator[Line]:
    """Name each cause once, with the scenarios that it explains; last, those that may follow."""
    following = report.first_following
    for fault in report.faults:
        if fault == following:
            yield Line(f"  {FOLLOWING}", "bad")
        yield from _wrapped(fault.title, width=width, tone="bad", indent="  ")
        for outcome in fault.outcomes[:_NAMED]:
            first = "" if fault.cause else f": {outcome.message.partition(chr(10))[0]}"
            other = f": {outcome.cause}" if outcome.cause != fault.cause else ""
            yield from _wrapped(f"{_name(outcome)}{other or first}", width=width, indent="    ")
            if number := report.not_run_for(outcome):
                yield Line(f"{_INDENT}{number} not run because of it")
        if len(fault.outcomes) > _NAMED:
            yield Line(f"    and {len(fault.outcomes) - _NAMED} more")


def _about(report: Report, *, width: int, verbose: bool) -> Iterator[Line]:
    yield from _wrapped(report.worth, width=width) if report.worth else ()
    if report.coverage:
        more = "" if verbose else "; -v has the reasons of the others"
        yield from _wrapped(f"{report.coverage.removesuffix('.')}{more}.", width=width)
    for outcome in report.flaky:
        account = outcome.cause or outcome.message.partition("\n")[0]
        text = f"flaky: {_name(outcome)}: {outcome.reason}: {account}"
        yield from _wrapped(text, width=width, tone="bad")
    for outcome in report.accepted:
        yield from _wrapped(f"{_name(outcome)}: {outcome.reason}", width=width)
    for note in report.notes:
        yield from _wrapped(note, width=width, tone="bad")
    for gap, number in report.gaps:
        plural = "" if number == 1 else "s"
        yield from _wrapped(f"not covered, {number} scenario{plural}: {gap}", width=width)
    for part in report.parts:
        yield Line(f"shard {part.name}: {part.seconds:.1f} s")
    about = f"target: {report.target_title}, {report.public_url}, {report.seconds:.1f} s"
    yield from _wrapped(about, width=width)
    if report.vendor:
        yield from _wrapped(f"vendor: {report.vendor_text}", width=width)
    overlay = report.overlay
    if overlay and verbose:
        yield Line("overlay, all that differs from production:")
        for text in overlay:
            yield from _wrapped(text, width=width, indent="  ")
    elif overlay:
        plural = "" if len(overlay) == 1 else "s"
        text = f"{len(overlay)} difference{plural} from production, listed in the report"
        yield Line(f"overlay: {text}")


# --- the table --------------------------------------------------------------------------------


def _table(report: Report, *, width: int) -> Iterator[Line]:
    name_width = width - 8 - _LABEL_WIDTH - 2 - 8
    head = f"{'scenario':<{name_width}}  {'result':<6} {'worth':<{_LABEL_WIDTH}} {'seconds':>7}"
    yield Line(head, "quiet")
    story = ""
    for outcome in report.outcomes:
        if outcome.story != story:
            story = outcome.story
            yield Line(story)
        yield from _row(outcome, name_width=name_width, width=width)


def _row(outcome: Outcome, *, name_width: int, width: int) -> Iterator[Line]:
    names = textwrap.wrap(redact(outcome.title), name_width - 2) or [outcome.title]
    tone = _TONES.get(outcome.result, "bad")
    first = f"  {names[0]:<{name_width - 2}}  {_RESULTS[outcome.result]:<6} "
    yield Line(f"{first}{outcome.label.worth:<{_LABEL_WIDTH}} {outcome.seconds:>7.1f}", tone)
    yield from (Line(f"  {more}", tone) for more in names[1:])
    notes = [
        *(f"{name}: {value}" for name, value in outcome.measured),
        outcome.reason,
        f"likely cause: {outcome.cause}" if outcome.cause else "",
        f"the app's first error: {outcome.first_error}" if outcome.first_error else "",
    ]
    if outcome.is_red and not outcome.cause:
        notes.append(outcome.message.partition("\n")[0])
    for note in filter(None, notes):
        yield from _wrapped(note, width=width, tone=tone, indent=_INDENT)
