"""``junit.xml``: the outcomes for CI servers; overlay and vendor source are properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.core.redact import redact
from harness.report.model import ACCEPTED, ERROR, FAILED, FLAKY, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.model import Outcome, Report

FILE_NAME = "junit.xml"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(report: Report) -> str:
    """Return the report as JUnit XML, one suite a story."""
    root = ET.Element("testsuites", {"name": "cutover"} | _counts(report.outcomes))
    for story in dict.fromkeys(outcome.story for outcome in report.outcomes):
        members = tuple(outcome for outcome in report.outcomes if outcome.story == story)
        suite = ET.SubElement(
            root, "testsuite", {"name": story, "timestamp": report.started_at} | _counts(members)
        )
        properties = ET.SubElement(suite, "properties")
        for name, value in _properties(report):
            ET.SubElement(properties, "property", {"name": name, "value": clean(value)})
        for outcome in members:
            _case(suite, outcome, report=report)
    if report.lost:
        _lost_shards(root, report.lost)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _lost_shards(root: ET.Element, lost: Sequence[str]) -> None:
    """Add a suite with an error for each lost shard, and count them in the root."""
    counts = {name: str(len(lost)) for name in ("tests", "errors")}
    suite = ET.SubElement(root, "testsuite", {"name": "shards", **counts})
    for name in counts:
        root.set(name, str(int(root.get(name, "0")) + len(lost)))
    for sentence in lost:
        case = ET.SubElement(suite, "testcase", {"classname": "shards", "name": "every shard"})
        ET.SubElement(case, "error", {"message": clean(sentence), "type": "error"})


def _properties(report: Report) -> list[tuple[str, str]]:
    about = [
        ("target", report.target_title),
        ("public_url", report.public_url),
        ("vendor", report.vendor_text),
    ]
    gaps = [("not covered", gap) for gap, _ in report.gaps]
    notes = [("accept", note) for note in report.notes]
    return about + gaps + notes + [("overlay", line) for line in report.overlay]


def _counts(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    def of(*results: str) -> str:
        return str(sum(outcome.result in results for outcome in outcomes))

    return {
        "tests": str(len(outcomes)),
        "failures": of(FAILED),
        "errors": of(ERROR),
        "skipped": of(SKIPPED, ACCEPTED, FLAKY),
        "time": f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    }


def _case(suite: ET.Element, outcome: Outcome, *, report: Report) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"scenarios.{outcome.story}",
            "name": outcome.title,
            "time": f"{outcome.seconds:.3f}",
        },
    )
    if outcome.result in (SKIPPED, ACCEPTED, FLAKY):
        flaky = f"{FLAKY}: " if outcome.result == FLAKY else ""
        skipped = ET.SubElement(case, "skipped", {"message": clean(flaky + outcome.reason)})
        skipped.text = clean(outcome.cause or outcome.message) or None
    elif outcome.is_red:
        element = "failure" if outcome.result == FAILED else "error"
        message = outcome.cause or outcome.message.partition("\n")[0]
        failure = ET.SubElement(case, element, {"message": clean(message), "type": element})
        failure.text = clean("\n".join((outcome.message, *outcome.cause_lines)))
    lines = [
        f"truth on {name}: {outcome.label_on(name).text(tried=report.was_tried(name))}"
        for name in outcome.labels
    ]
    lines += [f"{name}: {value}" for name, value in outcome.measured]
    if outcome.first_error:
        lines.append(f"the app's first error: {outcome.first_error}")
    lines += [f"\n--- {title} ---\n{body}" for title, body in outcome.sections]
    ET.SubElement(case, "system-out").text = clean("\n".join(lines))


def clean(value: str) -> str:
    """Return a text that XML takes, without secrets."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", redact(value))
