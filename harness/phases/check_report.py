"""The results of checks as files for a CI server: JSON, JUnit and Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.core.redact import redact
from harness.phases import examination
from harness.report import json_file, junit, markdown
from harness.target.truth import PROVED, Label, emulated, not_covered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.phases.account import Account
    from harness.phases.phase import Result


def write(results: Sequence[Result], *, account: Account, strict: bool, directory: Path) -> None:
    """Write the files; the directory is made.

    Args:
        results: The results.
        account: The account that answered.
        strict: Whether a check that cannot judge is red.
        directory: The directory.

    Raises:
        OSError: A file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    labels = [label(result, account=account) for result in results]
    data = examination.as_json(results, strict=strict)
    for check, worth in zip(data["checks"], labels, strict=True):
        check["label"] = redact(worth.text())
    for name, text in (
        (json_file.FILE_NAME, json.dumps(data, indent=2, ensure_ascii=False) + "\n"),
        (junit.FILE_NAME, _junit(results, labels=labels, strict=strict)),
        (markdown.FILE_NAME, _summary(results, strict=strict)),
    ):
        (directory / name).write_text(text, encoding="utf-8")


def label(result: Result, *, account: Account) -> Label:
    """Return the worth of a pass: of the files, of the account, or of its stand-ins."""
    if result.not_covered:
        return not_covered(result.not_covered)
    if not result.check.reads:
        return Label(PROVED, "of the files; no account answered")
    if account.is_local:
        return emulated("stand-ins answered as the account")
    return Label(PROVED)


def _junit(results: Sequence[Result], *, labels: Sequence[Label], strict: bool) -> str:
    """Return JUnit XML: one case a check, with the check's id as its name."""
    unknown = [result for result in results if result.not_covered]
    # The command fails where no check could judge, and so does the file.
    strict = strict or len(unknown) == len(results)
    red = [result for result in results if result.findings]
    failures = len(red) + (len(unknown) if strict else 0)
    counts = {
        "tests": str(len(results)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(0 if strict else len(unknown)),
    }
    root = ET.Element("testsuites", {"name": "cutover"} | counts)
    suite = ET.SubElement(root, "testsuite", {"name": "checks"} | counts)
    for result, worth in zip(results, labels, strict=True):
        phase = f"checks.phase{result.check.id.partition('.')[0]}"
        case = ET.SubElement(suite, "testcase", {"classname": phase, "name": result.check.id})
        if result.findings or (result.not_covered and strict):
            message = result.not_covered or result.findings[0].remedy
            failure = ET.SubElement(case, "failure", {"message": junit.clean(message)})
            failure.text = junit.clean("\n".join(examination.lines([result])))
        elif result.not_covered:
            ET.SubElement(case, "skipped", {"message": junit.clean(result.not_covered)})
        text = f"{result.check.meaning}\nlabel: {worth.text()}"
        ET.SubElement(case, "system-out").text = junit.clean(text)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _summary(results: Sequence[Result], *, strict: bool) -> str:
    """Return the verdict, and each finding with its remedy, as Markdown."""
    is_green = examination.is_green(results, strict=strict)
    sign = "\N{WHITE HEAVY CHECK MARK}" if is_green else "\N{CROSS MARK}"
    verdict = examination.verdict(results, strict=strict)
    lines = [f"## {sign} Checks: {markdown.plain(verdict)}", ""]
    for result in results:
        for finding in result.findings:
            text = f"{finding.thing}: expected {finding.expected}, actual: {finding.actual}"
            lines.append(f"- **{result.check.id}** {markdown.plain(text)}")
            lines.append(f"  - {markdown.plain(finding.remedy)}")
        if result.not_covered and strict:
            lines.append(f"- **{result.check.id}** {markdown.plain(result.not_covered)}")
    return redact("\n".join(lines) + "\n")
