"""`cutover preflight`, `phase` and `runbook` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import program
from tests.project import ROOT


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CUTOVER_HOME", str(tmp_path))


def run(*words: str) -> Result:
    return CliRunner().invoke(program, words, prog_name="cutover")


def test_a_preflight_judges_the_files_and_says_how_much_it_could_not() -> None:
    result = run("preflight")
    assert result.exit_code == 0, result.output
    assert "ok   1.chain-in-file" in result.output
    assert "0.account              not covered: only files are read" in result.output
    assert result.output.splitlines()[-1].startswith("GREEN · 6 of ")
    assert run("preflight", "--strict").exit_code == 1


def test_a_preflight_leaves_a_report_for_a_ci_server(tmp_path: Path) -> None:
    result = run("preflight", "--report", str(tmp_path / "ci"))
    assert (result.exit_code, result.output) == (0, run("preflight").output)
    assert "GREEN" in (tmp_path / "ci" / "summary.md").read_text()
    assert json.loads((tmp_path / "ci" / "report.json").read_text())["green"]
    suites = ET.parse(tmp_path / "ci" / "junit.xml").getroot()
    assert suites.find(".//testcase[@name='1.chain-in-file']") is not None
    (tmp_path / "file").touch()
    broken = run("preflight", "--report", str(tmp_path / "file" / "ci"))
    assert broken.exit_code == 2
    assert "name another folder: --report DIR" in broken.output
    assert "--report needs --check" in run("phase", "4", "--plan", "--report", "ci").output


def test_a_phase_is_checked_on_a_stack_that_is_up() -> None:
    result = run("phase", "4")
    assert result.exit_code == 2
    assert "No stack is up" in result.output
    assert "--profile needs --target aws" in run("phase", "4", "--profile", "me").output
    assert run("phase", "7").exit_code == 2


def test_a_plan_can_be_pasted_action_by_action() -> None:
    result = run("phase", "4", "--plan")
    assert result.exit_code == 0, result.output
    assert "aws ecs create-service --cli-input-json file://app/ecs/service-web.json" in (
        result.output
    )
    lines = result.output.splitlines()
    comments = [line for line in lines if not line.startswith(("aws ", "export AWS_REGION="))]
    assert all(not line or line.startswith("# ") for line in comments), comments


def test_a_rollback_is_printed_with_the_state_after_it() -> None:
    result = run("phase", "5", "--rollback", "--json")
    plan = json.loads(result.output)
    assert plan["actions"][0]["commands"] == [
        "aws ecs update-service --cluster tickets --service tickets-worker --desired-count 0",
        "aws events disable-rule --name tickets-schedule",
    ]
    assert plan["keeps"].startswith("jobs wait in the queue")
    assert "aws rds" not in run("phase", "2", "--rollback").output


def test_the_runbook_is_written_with_the_durations_of_the_last_rehearsal(tmp_path: Path) -> None:
    for run_id, target, seconds in (("T120000Z-a", "local", 100.4), ("T130000Z-b", "url", 7.2)):
        directory = tmp_path / "runs" / f"20261127{run_id}"
        directory.mkdir(parents=True)
        report = {"target": target, "started_at": "2026-11-27T12:00:00Z", "seconds": seconds}
        (directory / "report.json").write_text(json.dumps(report | {"verdict": "9 passed."}))
    result = run("runbook", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"checklist.md", "runbook.md", "diagram.svg", "diagram.mmd"} <= names
    assert "took 100 s" in (tmp_path / "out" / "runbook.md").read_text()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("runbook", "--out", str(tmp_path / "file" / "out"))
    assert result.exit_code == 2
    assert f"{tmp_path}/file/out: cannot be written: Not a directory" in result.output
    assert "name another folder: --out DIR" in result.output
