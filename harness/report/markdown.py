"""``summary.md``: the verdict, each cause with its scenarios, and the gaps, for a CI server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.report.faults import FOLLOWING

if TYPE_CHECKING:
    from harness.report.model import Report

FILE_NAME = "summary.md"
_NAMED = 10
"""A cause names that many scenarios."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#])")


def text(report: Report) -> str:
    """Return the summary as GitHub and GitLab render it."""
    return redact("\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    is_flaky = report.flaky and not report.faults and not report.lost
    flaky = "\N{WARNING SIGN}" if is_flaky else "\N{CROSS MARK}"
    sign = "\N{WHITE HEAVY CHECK MARK}" if report.is_green else flaky
    yield f"## {sign} Cutover: {plain(report.verdict)}"
    yield ""
    following = report.first_following
    for fault in report.faults:
        if fault == following:
            yield f"- {plain(FOLLOWING)}"
        yield f"- **{plain(fault.title)}**"
        outcomes = fault.outcomes[:_NAMED]
        yield from (f"  - {plain(f'{outcome.story}: {outcome.title}')}" for outcome in outcomes)
        if len(fault.outcomes) > _NAMED:
            yield f"  - and {len(fault.outcomes) - _NAMED} more"
    if report.faults:
        yield ""
    yield from _about(report)


def _about(report: Report) -> Iterator[str]:
    for line in (report.worth, report.coverage):
        if line:
            yield f"{plain(line)}  "
    gaps = [f"{plain(gap)} ({number})" for gap, number in report.gaps]
    if gaps:
        yield f"Not covered: {'; '.join(gaps)}.  "
    yield from (
        f"Flaky, {outcome.reason}: {plain(f'{outcome.story}: {outcome.title}')}  "
        for outcome in report.flaky
    )
    yield from (
        f"Accepted: {plain(f'{outcome.story}: {outcome.title}')}  " for outcome in report.accepted
    )
    yield from (f"{plain(note)}  " for note in report.notes)
    yield from (f"Shard {part.name}: {part.seconds:.0f} s  " for part in report.parts)
    yield f"Target {report.target_title}, {report.public_url}, {report.seconds:.0f} s"


def plain(value: str) -> str:
    """Escape Markdown's own characters, and put a text on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(value.split()))
