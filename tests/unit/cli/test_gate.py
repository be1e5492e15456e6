"""The gate of a CI server: its files, its annotations, its exit code."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harness.cli import commands
from harness.cli.gate import Gate
from harness.core.errors import ComponentExited, HarnessError
from harness.inputs.problem import InputError, Problem
from tests.project import copy_inputs

CAUSE = "SESSION_DRIVER is file: 50% of the visitors,\nlose it"


def entry(title: str, result: str = "failed", *, worth: str = "proved") -> dict[str, Any]:
    return {
        "scenario": f"test_sessions.py::test_{title.replace(' ', '_')}",
        "result": result,
        "story": "sessions",
        "title": title,
        "cause": CAUSE,
        "message": "expected 200",
        "target": "local",
        "labels": {"local": {"worth": worth, "note": ""}},
    }


@pytest.fixture
def github(tmp_path: Path) -> commands.Invocation:
    summary = tmp_path / "step-summary"
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    return commands.Invocation(environ=environ, cwd=tmp_path)


def rehearsal(
    monkeypatch: pytest.MonkeyPatch,
    *entries: dict[str, Any],
    setting: str = "",
    error: HarnessError | None = None,
) -> None:
    """Replace the rehearsal by one with this end."""

    def rehearse(invocation: commands.Invocation, *, report_dir: Path, **_: Any) -> int:
        run = invocation.cwd / "home" / "runs" / "20261127T120000Z-abc123"
        (run / "logs").mkdir(parents=True)
        (run / "logs" / "web.txt").write_text("the log")
        if error is not None:
            raise error
        red = [scenario["scenario"] for scenario in entries if scenario["result"] == "failed"]
        fault = {"title": CAUSE, "cause": CAUSE, "first_error": "", "scenarios": red}
        fault["setting"] = setting
        (report_dir / "report.json").write_text(
            json.dumps({"scenarios": entries, "faults": [fault] if red else []})
        )
        (report_dir / "summary.md").write_text("## the summary\n")
        return int(any(scenario["result"] in ("failed", "flaky") for scenario in entries))

    monkeypatch.setattr(commands, "rehearse", rehearse)


@pytest.mark.parametrize(("fail_on", "code"), [("all", 1), ("red", 0), ("proved", 0)])
def test_a_flaky_scenario_fails_the_gate_unless_only_red_ones_do(
    monkeypatch: pytest.MonkeyPatch,
    github: commands.Invocation,
    capsys: pytest.CaptureFixture[str],
    fail_on: str,
    code: int,
) -> None:
    rehearsal(monkeypatch, entry("a session is kept", "flaky"), entry("b", "passed"))
    gate = Gate(github, github.cwd / "cutover-report", fail_on=fail_on)
    assert gate.rehearse([]) == code
    output = capsys.readouterr().out
    assert output.startswith(
        "::warning title=cutover%3A sessions%3A a session is kept::flaky: SESSION_DRIVER is file"
    )
    assert (f"--fail-on {fail_on} lets it pass: " in output) is (code == 0)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    def directories(gate: Gate) -> set[Path]:
        return set((gate.invocation.cwd / "home" / "runs").glob("*"))

    monkeypatch.setattr(Gate, "_run_directories", directories)


def test_a_green_rehearsal_leaves_its_reports_and_no_bundle(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal(monkeypatch, entry("a", "passed"))
    directory = github.cwd / "cutover-report"
    assert Gate(github, directory).rehearse([]) == 0
    assert capsys.readouterr().out == ""
    assert (github.cwd / "step-summary").read_text() == "## the summary\n"
    assert not (directory / "run.tar.gz").exists()


def test_a_cause_is_annotated_once_and_the_logs_are_packed(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal(monkeypatch, entry("a session is kept"), entry("a session is everywhere"))
    directory = github.cwd / "cutover-report"
    assert Gate(github, directory).rehearse([]) == 1
    assert capsys.readouterr().out == (
        "::error title=cutover%3A sessions%3A a session is kept::SESSION_DRIVER is file: 50%25 of"
        " the visitors,%0Alose it%0Aalso red:%0Asessions: a session is everywhere\n"
    )
    with tarfile.open(directory / "run.tar.gz") as archive:
        assert "20261127T120000Z-abc123/logs/web.txt" in archive.getnames()


def test_what_only_an_emulator_shows_may_pass_the_gate(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation
) -> None:
    rehearsal(monkeypatch, entry("a", worth="emulated"))
    directory = github.cwd / "cutover-report"
    assert Gate(github, directory, fail_on="proved").rehearse([]) == 0


def test_a_proved_red_fails_the_gate_in_any_case(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation
) -> None:
    rehearsal(monkeypatch, entry("a", worth="emulated"), entry("b"))
    assert Gate(github, github.cwd / "report", fail_on="proved").rehearse([]) == 1


def test_each_problem_of_an_input_is_put_at_its_line(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(github.cwd / "ecs" / "web.json")
    problems = [
        Problem("cpu", "is 500", "write 512", file=file, line=9),
        Problem("CUTOVER_HOM", "is unknown", 'did you mean "CUTOVER_HOME"?'),
    ]
    rehearsal(monkeypatch, error=InputError(problems))
    with pytest.raises(InputError):
        Gate(github, github.cwd / "report").rehearse([])
    assert capsys.readouterr().out.splitlines() == [
        "::error file=ecs/web.json,line=9,title=cutover%3A cpu::cpu is 500. What to do: write 512",
        "::error title=cutover%3A CUTOVER_HOM::CUTOVER_HOM is unknown. What to do: did you mean"
        ' "CUTOVER_HOME"?',
    ]
    assert "2 problems in the configuration" in (github.cwd / "step-summary").read_text()


def test_gitlab_gets_the_problems_as_a_code_quality_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gitlab = commands.Invocation(environ={"GITLAB_CI": "true"}, cwd=tmp_path)
    problem = Problem("cpu", "is 500", "write 512", file=str(tmp_path / "web.json"), line=9)
    rehearsal(monkeypatch, error=InputError([problem]))
    with pytest.raises(InputError):
        Gate(gitlab, tmp_path / "report").rehearse([])
    (issue,) = json.loads((tmp_path / "report" / "gl-code-quality-report.json").read_text())
    assert issue["location"] == {"path": "web.json", "lines": {"begin": 9}}
    assert issue["description"] == "cpu is 500. write 512"
    assert capsys.readouterr().out == ""


def test_a_stack_that_does_not_start_leaves_its_logs_and_its_error(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation
) -> None:
    rehearsal(monkeypatch, error=ComponentExited("mysql stopped", hint="read its log"))
    with pytest.raises(ComponentExited):
        Gate(github, github.cwd / "report").rehearse([])
    assert "mysql stopped" in (github.cwd / "report" / "summary.md").read_text()
    assert (github.cwd / "report" / "run.tar.gz").exists()


def test_an_earlier_report_is_not_taken_for_this_one(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation
) -> None:
    directory = github.cwd / "report"
    directory.mkdir()
    (directory / "report.json").write_text(json.dumps({"scenarios": [entry("old")]}))
    rehearsal(monkeypatch, error=ComponentExited("mysql stopped"))
    with pytest.raises(ComponentExited):
        Gate(github, directory).rehearse([])
    assert not (directory / "report.json").exists()


def test_a_gate_rejects_contradictions_in_the_files_of_the_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_inputs(tmp_path)
    file = tmp_path / "app" / "aws" / "dns.json"
    file.write_text(file.read_text().replace('"TTL": 60', '"TTL": 86400'))
    environ = {"GITHUB_ACTIONS": "true"}
    gate = Gate(commands.Invocation(environ=environ, cwd=tmp_path), tmp_path / "report")
    with pytest.raises(InputError) as raised:
        gate.rehearse([])
    assert [problem.message for problem in raised.value.problems] == [
        "has 86400 s, expected a TTL of 60 s: the way back takes that long"
    ]
    assert "::error file=app/aws/dns.json,line=" in capsys.readouterr().out


def test_a_cause_is_put_at_the_line_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, github: commands.Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_inputs(github.cwd)
    rehearsal(monkeypatch, entry("a session is kept"), setting="SESSION_DRIVER")
    assert Gate(github, github.cwd / "cutover-report").rehearse([]) == 1
    assert capsys.readouterr().out.startswith("::error file=app/ecs/web.json,line=")
