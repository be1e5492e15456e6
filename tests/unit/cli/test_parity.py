"""`cutover parity`: recorded from the last report, and compared with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.commands import Invocation
from harness.cli.main import program
from harness.cli.parity import summary

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for the reference app; a test writes its last report."""
    monkeypatch.setenv("CUTOVER_CONFIG", str(ROOT / "cutover.toml"))
    monkeypatch.setenv("CUTOVER_HOME", str(tmp_path))
    return tmp_path


def write_report(home: Path, refusal: str) -> Path:
    directory = home / "runs" / "20261203T090000Z-abc123"
    directory.mkdir(parents=True, exist_ok=True)
    scenario = {
        "scenario": "scenarios/test_database.py::test_plaintext_is_refused_at_the_proxy",
        "result": "passed",
        "target": "aws",
        "labels": {},
        "saw": {"refusal": {"text": refusal}},
    }
    report = {"target": "aws", "started_at": "2026-12-03T09:00:00Z", "scenarios": [scenario]}
    (directory / "report.json").write_text(json.dumps(report))
    return directory


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(program, ["parity", *arguments])
    return done.exit_code, done.output


def test_the_last_report_is_recorded_and_compared(home: Path, tmp_path: Path) -> None:
    write_report(home, "[3159] This RDS Proxy requires TLS connections")
    file = str(tmp_path / "parity" / "aws.json")
    assert run("record", file) == (0, "aws.json: 1 scenarios on aws, 1 with observations\n")
    assert run("compare", file) == (
        0,
        "parity with aws, recorded 2026-12-03T09:00:00Z: 1 same\n",
    )
    write_report(home, "[3159] requires TLS")
    code, output = run("compare", file)
    assert code == 0
    assert output.startswith(
        "differs: database::plaintext_is_refused_at_the_proxy, refusal: recorded [3159] This RDS"
        " Proxy requires TLS connections; now [3159] requires TLS\n"
    )
    assert run("compare", "--strict", file)[0] == 1
    (tmp_path / "parity" / "differences.toml").write_text(
        '[[differs]]\nscenario = "database::plaintext_is_refused_at_the_proxy"\nname = "refusal"\n'
        'why = "MySQL Router"\nreviewed = 2026-12-03\n'
    )
    code, output = run("compare", "--strict", file)
    assert code == 0
    assert output.startswith("differs, declared: ")


def test_without_a_report_it_says_how_to_get_one(home: Path) -> None:
    code, output = run("record", str(home / "aws.json"))
    assert code == 2
    assert "no replay has left a report in" in output
    assert "run `cutover rehearse` or `cutover verify`" in output


def test_a_rehearsal_says_nothing_where_no_record_is_kept(home: Path) -> None:
    report = write_report(home, "refused")
    assert summary(Invocation({"CUTOVER_HOME": str(home)}, cwd=ROOT), report) == ""
