"""`cutover report merge`: the exit code of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import program
from harness.report import Outcome, Report, emulated
from harness.report.shard import Shard
from harness.report.writer import write_report

STORIES = {"edge": 1, "mail": 2}


def write(folder: Path, number: int, result: str) -> str:
    story = {number: story for story, number in STORIES.items()}[number]
    labels = {"local": emulated("nginx stands in")}
    outcome = Outcome(f"scenarios/test_{story}.py::test_it", result, "local", labels)
    passed = Outcome(f"scenarios/test_{story}.py::test_other", "passed", "local", labels)
    report = Report(
        "local",
        "https://shop.example",
        "2026-11-27T04:00:00Z",
        1.0,
        (outcome, passed),
        shard=Shard(number, 2, STORIES),
    )
    place = folder / f"shard-{number}"
    write_report(report, directory=place)
    return str(place)


@pytest.mark.parametrize(
    ("results", "fail_on", "code"),
    [
        (("passed", "passed"), "all", 0),
        (("passed", "flaky"), "all", 1),
        (("passed", "flaky"), "red", 0),
        (("passed", "failed"), "red", 1),
        (("passed", "failed"), "proved", 0),
        (("passed",), "proved", 1),
    ],
)
def test_the_exit_code_is_that_of_the_whole(
    tmp_path: Path, results: tuple[str, ...], fail_on: str, code: int
) -> None:
    places = [write(tmp_path, number, one) for number, one in enumerate(results, start=1)]
    out = tmp_path / "out"
    words = ["report", "merge", *places, "--out", str(out), "--fail-on", fail_on]
    result = CliRunner().invoke(program, words)
    assert result.exit_code == code, result.output
    assert f"report: {(out / 'report.html').resolve().as_uri()}" in result.output
    is_lost = "Shard 2/2 is lost: it left no report of mail." in result.output
    assert is_lost is (len(results) == 1)
