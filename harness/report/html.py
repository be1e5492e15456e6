"""``report.html``: one page that needs nothing else, for a phone, a desk and a printer."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from harness.redact import redact
from harness.report.model import NOT_COVERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.report.model import Outcome, Report, Truth

FILE_NAME = "report.html"
_STYLE = Path(__file__).with_name("page.css")


def text(report: Report) -> str:
    """Return the report as one HTML page without any outside resource."""
    return redact("\n".join(_page(report))) + "\n"


def _page(report: Report) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Cutover rehearsal: {escape(report.verdict)}</title>"
    yield f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style></head><body><main>"
    yield "<h1>Cutover rehearsal</h1>"
    yield f'<p class="lead">{escape(_lead(report))}</p>'
    tone = "" if report.is_green else " bad"
    yield f'<p class="verdict{tone}">{escape(report.verdict)}</p>'
    yield from _red(report)
    yield from _matrix(report)
    yield from _about(report)
    yield from _lines(
        "What ECS did",
        [f"{one.at:%H:%M:%S} {one.service} {one.message}" for one in report.history.events],
    )
    yield from _lines("Targets at the end", report.history.targets)
    yield "</main></body></html>"


def _lead(report: Report) -> str:
    parts = [report.public_url, f"target {report.target}", report.started_at]
    if report.run:
        parts.append(f"run {report.run}")
    return " · ".join([*parts, f"{report.seconds:.1f} s"])


def _red(report: Report) -> Iterator[str]:
    red = [one for one in report.outcomes if one.is_red]
    if red:
        yield "<h2>Red, and why</h2>"
    if report.common_causes:
        told = (
            f'<li>{escape(cause)} <span class="tag failed">{count} scenarios</span></li>'
            for cause, count in report.common_causes
        )
        yield f'<ul class="causes">{"".join(told)}</ul>'
    for one in red:
        yield f'<article class="red" id="{escape(_anchor(one))}">'
        yield f"<h3>{escape(one.story)}: {escape(one.title)}</h3>"
        if one.cause:
            yield f'<p class="cause">Likely cause: {escape(one.cause)}</p>'
        if one.cause_lines:
            yield f"<pre>{escape(chr(10).join(one.cause_lines))}</pre>"
        if one.seen:
            yield f"<details open><summary>Expected and seen</summary><pre>{escape(one.seen)}</pre>"
            yield "</details>"
        for title, body in one.sections:
            yield f"<details><summary>{escape(title)}</summary><pre>{escape(body)}</pre></details>"
        yield "</article>"


def _matrix(report: Report) -> Iterator[str]:
    names = list(dict.fromkeys(name for one in report.outcomes for name in one.truth))
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    for story in dict.fromkeys(one.story for one in report.outcomes):
        yield f"<h2>{escape(story.capitalize())}</h2>"
        yield f"<table><thead><tr><th>Scenario</th><th>Result</th>{heads}"
        yield '<th class="seconds">Seconds</th></tr></thead><tbody>'
        for one in (one for one in report.outcomes if one.story == story):
            yield from _row(one, names=names)
        yield "</tbody></table>"


def _row(one: Outcome, *, names: Iterable[str]) -> Iterator[str]:
    title = escape(one.title)
    if one.is_red:
        title = f'<a href="#{escape(_anchor(one))}">{title}</a>'
    reason = f'<span class="note">{escape(one.reason)}</span>' if one.reason else ""
    yield f"<tr><td>{title}{reason}</td>"
    yield f'<td><span class="tag {one.result}">{one.result}</span></td>'
    for name in names:
        yield f'<td data-head="{escape(name)}">{_label(one.truth.get(name, one.label))}</td>'
    yield f'<td class="seconds" data-head="seconds">{one.seconds:.1f}</td></tr>'


def _label(truth: Truth) -> str:
    kind = "" if truth.kind == NOT_COVERED else truth.kind
    note = f'<span class="note">{escape(truth.note)}</span>' if truth.note else ""
    return f'<span class="tag {kind}">{escape(truth.kind)}</span>{note}'


def _about(report: Report) -> Iterator[str]:
    yield '<h2>What this ran on</h2><div class="cards">'
    overlay = "<br>".join(escape(line) for line in report.overlay_lines) or "none"
    cards = (
        ("Overlay: all that differs from production", overlay),
        ("The app's PHP packages", escape(report.vendor_text)),
        (
            "How to read the labels",
            "<strong>Proved</strong>: a pass shows the behaviour of the real thing. "
            "<strong>Emulated</strong>: of a stand-in, which differs as noted. "
            "<strong>Not covered</strong>: this target cannot show it.",
        ),
    )
    for head, body in cards:
        yield f'<section class="card"><h3>{escape(head)}</h3><p>{body}</p></section>'
    yield "</div>"


def _lines(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield f"<h2>{escape(title)}</h2><pre>{escape(chr(10).join(told))}</pre>"


def _anchor(one: Outcome) -> str:
    return f"{one.story}-{one.title.replace(' ', '-')}"
