"""The files that a CI server reads: one case for each check, with its label."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.inputs.production import Production
from harness.phases import account, check_report
from harness.phases.account import Account
from harness.phases.phase import Finding, Result, check

FAULT = Finding("queue jobs", "a dead-letter queue", "has none", "set RedrivePolicy")
ASKED = check("9.asked", reads=("sqs:GetQueueUrl",))(lambda _: [])
READ = check("8.read")(lambda _: [])
RESULTS = [Result(ASKED, findings=(FAULT,)), Result(READ), Result(READ, not_covered="no file")]


@pytest.mark.parametrize(("strict", "failures", "skipped"), [(False, 1, 1), (True, 2, 0)])
def test_each_check_is_a_case_with_its_id(
    files: Production, tmp_path: Path, *, strict: bool, failures: int, skipped: int
) -> None:
    subject = account.of_files(files)
    check_report.write(RESULTS, account=subject, strict=strict, directory=tmp_path)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert cases[:2] == [("checks.phase9", "9.asked"), ("checks.phase8", "8.read")]
    assert len([*root.iter("failure")]) == int(root.get("failures", "")) == failures
    assert len([*root.iter("skipped")]) == int(root.get("skipped", "")) == skipped
    failure = next(root.iter("failure"))
    assert failure.get("message") == "set RedrivePolicy"
    assert "actual: has none" in (failure.text or "")
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("## \N{CROSS MARK} Checks: RED: 9.asked")
    assert "set RedrivePolicy" in summary
    assert ("no file" in summary) == strict


def test_labels_tell_the_files_the_account_and_its_stand_ins_apart(
    files: Production, tmp_path: Path
) -> None:
    subject = account.of_files(files)
    local = Account(files, subject.access, subject.client, is_local=True)
    aws = Account(files, subject.access, subject.client)
    account_result, read, gap = Result(ASKED), Result(READ), Result(READ, not_covered="no file")
    assert check_report.label(account_result, account=aws).text() == "proved"
    assert check_report.label(account_result, account=local).worth == "emulated"
    assert check_report.label(read, account=local).text().startswith("proved: of the files")
    assert check_report.label(gap, account=aws).text() == "not covered: no file"
    check_report.write([account_result], account=local, strict=False, directory=tmp_path)
    (entry,) = json.loads((tmp_path / "report.json").read_text())["checks"]
    assert entry["label"] == "emulated: stand-ins answered as the account"


def test_a_file_without_a_judged_check_fails_as_the_command_does(
    files: Production, tmp_path: Path
) -> None:
    gap = Result(READ, not_covered="no file")
    subject = account.of_files(files)
    check_report.write([gap], account=subject, strict=False, directory=tmp_path)
    assert ET.parse(tmp_path / "junit.xml").getroot().get("failures") == "1"
