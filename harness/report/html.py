"""``report.html``: one page that needs nothing else, for a phone, a desk and a printer."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.report import activity, timeline
from harness.report.markup import anchor, note, row, scrolled, section, tag, words
from harness.report.model import PASSED, SKIPPED
from harness.report.timeline import outcome_anchor
from harness.target.truth import EMULATED, NOT_COVERED, PROVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.report.model import Outcome, Report
    from harness.target.truth import Label

FILE_NAME = "report.html"
_STYLE = Path(__file__).with_name("page.css")


def text(report: Report) -> str:
    """Return the report as one HTML page without any outside resource."""
    return redact("\n".join(_page(report))) + "\n"


def _page(report: Report) -> Iterator[str]:
    style = f"\n{_STYLE.read_text(encoding='utf-8')}"
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Cutover rehearsal: {words(report.verdict)}</title>"
    yield f"<style>{style}</style></head><body><main>"
    yield from _head(report)
    sections = [(id_, title, list(lines)) for id_, title, lines in _sections(report)]
    told = [one for one in sections if one[2]]
    links = "".join(f'<li><a href="#{id_}">{words(title)}</a></li>' for id_, title, _ in told)
    yield f'<nav aria-label="Contents"><ul>{links}</ul></nav>'
    for id_, title, lines in told:
        yield from section(id_, title, lines)
    yield "</main></body></html>"


def _head(report: Report) -> Iterator[str]:
    yield "<header><h1>Cutover rehearsal</h1>"
    yield f'<p class="lead">{words(_lead(report))}</p>'
    tone = "" if report.is_green else " bad"
    yield f'<div class="verdict{tone}"><p>{words(report.verdict)}</p>'
    news = _news(report)
    if news:
        yield f'<p class="news">{words(news)}</p>'
    yield "</div></header>"


def _lead(report: Report) -> str:
    parts = [report.public_url, f"target {report.target}", report.started_at]
    if report.run:
        parts.append(f"run {report.run}")
    return " · ".join([*parts, f"{report.seconds:.1f} s"])


def _news(report: Report) -> str:
    """Say what the passes are worth."""
    passed = [one for one in report.outcomes if one.result == PASSED]
    if not passed:
        return ""
    proved = sum(one.label.worth == PROVED for one in passed)
    emulated = sum(one.label.worth == EMULATED for one in passed)
    start = f"{'All that was replayed' if report.is_green else 'The rest'} is in order"
    told = [
        f"{_scenarios(count)} {what}"
        for count, what in (
            (proved, "proved what the real thing does"),
            (emulated, "showed it on a stand-in whose differences are noted"),
        )
        if count
    ]
    return f"{start}: {', '.join(told)}." if told else f"{start}."


def _scenarios(count: int) -> str:
    return f"{count} scenario" if count == 1 else f"{count} scenarios"


def _sections(report: Report) -> Iterator[tuple[str, str, Iterable[str]]]:
    history = report.history
    yield "red", "Red, and why", _red(report)
    yield "scenarios", "Scenarios", _matrix(report)
    yield "timeline", "Timeline", timeline.lines(report)
    yield "ticks", "Ticks", activity.ticks(history)
    yield "tasks", "Services, tasks and their logs", activity.lives(report)
    yield "events", "ECS service events", activity.events(history)
    yield "health", "Target health", activity.health(history)
    yield "unread", "Could not be read", activity.unread(history)
    yield "about", "What this ran on", _about(report)


# --- what is red ------------------------------------------------------------------------------


def _red(report: Report) -> Iterator[str]:
    red = [one for one in report.outcomes if one.is_red]
    if len(red) > 1:
        yield f'<ul class="causes">{"".join(_by_cause(red))}</ul>'
    for one in red:
        yield from _account(one)


def _by_cause(red: list[Outcome]) -> Iterator[str]:
    """Name each cause once, the most common first, with the scenarios that it explains."""
    for cause, count in Counter(one.cause for one in red).most_common():
        named = words(cause or "No likely cause found")
        links = ", ".join(
            f'<a href="#{outcome_anchor(one)}">{words(one.story)}: {words(one.title)}</a>'
            for one in red
            if one.cause == cause
        )
        many = tag(_scenarios(count), tone="failed")
        yield f"<li><strong>{named}</strong> {many}<br>{links}</li>"


def _account(one: Outcome) -> Iterator[str]:
    yield f'<article class="red" id="{outcome_anchor(one)}">'
    yield f"<h3>{words(one.story)}: {words(one.title)}</h3>"
    if one.cause:
        yield f'<p class="cause">Likely cause: {words(one.cause)}</p>'
    if one.cause_lines:
        yield f"<pre>{words(chr(10).join(one.cause_lines))}</pre>"
    if one.seen:
        yield f"<details open><summary>Expected and seen</summary><pre>{words(one.seen)}</pre>"
        yield "</details>"
    for title, body in one.sections:
        yield f"<details><summary>{words(title)}</summary><pre>{words(body)}</pre></details>"
    yield f'<p class="soft"><code>{words(one.scenario)}</code></p></article>'


# --- the matrix -------------------------------------------------------------------------------


def _matrix(report: Report) -> Iterator[str]:
    stories = list(dict.fromkeys(one.story for one in report.outcomes))
    if not stories:
        return
    heads = ("Story", "Passed", "Red", "Skipped", "Seconds")
    members = [[one for one in report.outcomes if one.story == story] for story in stories]
    yield from scrolled("Stories", heads, map(_story_row, members))
    names = list(dict.fromkeys(name for one in report.outcomes for name in one.labels))
    for told in members:
        yield from _story(told, names=names, report=report)


def _story_row(told: list[Outcome]) -> str:
    story = told[0].story
    red = sum(one.is_red for one in told)
    return row(
        f'<a href="#{_story_anchor(story)}">{words(story)}</a>',
        str(sum(one.result == PASSED for one in told)),
        tag(str(red), tone="failed") if red else "0",
        str(sum(one.result == SKIPPED for one in told)),
        f"{sum(one.seconds for one in told):.1f}",
    )


def _story_anchor(story: str) -> str:
    return anchor("story", story)


def _story(told: list[Outcome], *, names: list[str], report: Report) -> Iterator[str]:
    story = told[0].story
    yield f'<div class="story"><h3 id="{_story_anchor(story)}">{words(story.capitalize())}</h3>'
    # Stacked on a phone, a table keeps its meaning for a screen reader by its roles only.
    yield '<table class="matrix" role="table"><thead role="rowgroup"><tr role="row">'
    for head in ("Scenario", "Result", *names, "Seconds"):
        here = note(_state(head, report=report)) if head in names else ""
        yield f'<th scope="col" role="columnheader">{words(head)}{here}</th>'
    yield '</tr></thead><tbody role="rowgroup">'
    for one in told:
        yield from _row(one, names=names, report=report)
    yield "</tbody></table></div>"


def _row(one: Outcome, *, names: Iterable[str], report: Report) -> Iterator[str]:
    title = words(one.title)
    if one.is_red:
        title = f'<a href="#{outcome_anchor(one)}">{title}</a>'
    measured = "".join(note(f"{name}: {value}") for name, value in one.measured)
    yield f'<tr role="row"><td role="cell">{title}{note(one.reason)}{measured}</td>'
    yield f'<td role="cell">{tag(one.result, tone=one.result)}</td>'
    for name in names:
        label = _label(one.label_on(name), tried=report.was_tried(name))
        head = name if report.was_tried(name) else f"{name} (never run)"
        yield f'<td role="cell" data-head="{words(head)}">{label}</td>'
    yield f'<td role="cell" class="seconds" data-head="seconds">{one.seconds:.1f}</td></tr>'


def _state(name: str, *, report: Report) -> str:
    if name == report.target:
        return "this run"
    run = report.recorded_runs.get(name)
    return f"last run {run.date}" if run else "never run"


def _label(label: Label, *, tried: bool) -> str:
    tone = label.worth if tried and label.worth != NOT_COVERED else ""
    return f"{tag(label.worth_on(tried=tried), tone=tone)}{note(label.note)}"


# --- what it ran on ---------------------------------------------------------------------------


def _about(report: Report) -> Iterator[str]:
    overlay = "<br>".join(words(line) for line in report.overlay_lines) or "none"
    cards = (
        ("Overlay: all that differs from production", overlay),
        ("The app's PHP packages", words(report.vendor_text)),
        (
            "How to read the labels",
            "<strong>Proved</strong>: a pass shows the behaviour of the real thing. "
            "<strong>Emulated</strong>: of a stand-in, which differs as noted. "
            "<strong>Not covered</strong>: this target cannot show it.",
        ),
    )
    yield '<div class="cards">'
    for head, body in cards:
        yield f'<section class="card"><h3>{words(head)}</h3><p>{body}</p></section>'
    yield "</div>"
    if report.history.images:
        yield "<h3>Images</h3>"
        rows = (
            row(words(one.name), f"<code>{words(one.reference)}</code>", _digest(one.id))
            for one in report.history.images
        )
        yield from scrolled("Images used", ("Name", "Tag", "Id"), rows)


def _digest(id_: str) -> str:
    return f"<code>{words(id_.removeprefix('sha256:')[:12])}</code>"
