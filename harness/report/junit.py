"""``junit.xml``: the outcomes for CI servers; overlay and vendor source are properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.core.redact import redact
from harness.report.model import ERROR, FAILED, SKIPPED

if TYPE_CHECKING:
    from harness.report.model import Outcome, Report

FILE_NAME = "junit.xml"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(report: Report) -> str:
    """Return the report as JUnit XML, one suite a story."""
    root = ET.Element("testsuites", {"name": "cutover"} | _counts(report.outcomes))
    for story in dict.fromkeys(one.story for one in report.outcomes):
        told = tuple(one for one in report.outcomes if one.story == story)
        suite = ET.SubElement(
            root, "testsuite", {"name": story, "timestamp": report.started_at} | _counts(told)
        )
        properties = ET.SubElement(suite, "properties")
        for name, value in _properties(report):
            ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
        for one in told:
            _case(suite, one, report=report)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _properties(report: Report) -> list[tuple[str, str]]:
    about = [
        ("target", report.target),
        ("public_url", report.public_url),
        ("vendor", report.vendor_text),
    ]
    return about + [("overlay", line) for line in report.overlay_lines]


def _counts(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    def of(result: str) -> str:
        return str(sum(one.result == result for one in outcomes))

    return {
        "tests": str(len(outcomes)),
        "failures": of(FAILED),
        "errors": of(ERROR),
        "skipped": of(SKIPPED),
        "time": f"{sum(one.seconds for one in outcomes):.3f}",
    }


def _case(suite: ET.Element, one: Outcome, *, report: Report) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": f"scenarios.{one.story}", "name": one.title, "time": f"{one.seconds:.3f}"},
    )
    if one.result == SKIPPED:
        ET.SubElement(case, "skipped", {"message": _clean(one.reason)})
    elif one.is_red:
        kind = "failure" if one.result == FAILED else "error"
        message = one.cause or one.seen.partition("\n")[0]
        found = ET.SubElement(case, kind, {"message": _clean(message), "type": kind})
        found.text = _clean("\n".join((one.seen, *one.cause_lines)))
    out = [
        f"truth on {name}: {one.label_on(name).text(tried=report.was_tried(name))}"
        for name in one.labels
    ]
    out += [f"{name}: {value}" for name, value in one.measured]
    out += [f"\n--- {title} ---\n{body}" for title, body in one.sections]
    ET.SubElement(case, "system-out").text = _clean("\n".join(out))


def _clean(value: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", redact(value))
