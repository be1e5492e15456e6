"""Red scenarios that ran again: flaky if they passed, and in no format green."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.report import html, json_file, junit, markdown, second_pass, terminal
from harness.report.model import Outcome, Report
from harness.report.second_pass import REASON, combine
from harness.target.truth import NOT_COVERED, Label, proved

CAUSE = "a cookie without Secure"


def outcome(name: str, result: str, **more: str) -> Outcome:
    labels = {"local": proved}
    return Outcome(f"scenarios/test_edge.py::test_{name}", result, "local", labels, **more)  # type: ignore[arg-type]


GREEN = outcome("green", "passed")
RED = outcome("red", "failed", message="expected 200", cause=CAUSE)
UNREADY = outcome("unready", "error", message="not steady")
LEFT_OUT = outcome("left_out", "skipped", follows=UNREADY.scenario)
ELSEWHERE = outcome("elsewhere", "skipped", reason="not covered: no ECS")
FIRST = (GREEN, RED, UNREADY, LEFT_OUT, ELSEWHERE)


def again(**results: str) -> dict[str, Outcome]:
    outcomes = (outcome(name, result, message="again") for name, result in results.items())
    return {case.scenario: case for case in outcomes}


def test_red_scenarios_and_those_left_out_for_them_run_again() -> None:
    assert list(filter(second_pass.belongs, FIRST)) == [RED, UNREADY, LEFT_OUT]


@pytest.mark.parametrize(
    ("second", "results"),
    [
        ({"red": "passed"}, ["passed", "flaky", "error", "skipped", "skipped"]),
        ({"red": "failed"}, ["passed", "failed", "error", "skipped", "skipped"]),
        ({"red": "skipped"}, ["passed", "failed", "error", "skipped", "skipped"]),
        (
            {"red": "error", "unready": "passed", "left_out": "passed"},
            ["passed", "failed", "flaky", "passed", "skipped"],
        ),
        (
            {"red": "failed", "unready": "error", "left_out": "failed"},
            ["passed", "failed", "error", "failed", "skipped"],
        ),
    ],
)
def test_a_red_scenario_that_passed_again_is_flaky(
    second: dict[str, str], results: list[str]
) -> None:
    assert [case.result for case in combine(FIRST, again(**second))] == results


def test_a_flaky_scenario_keeps_its_account_and_proves_nothing() -> None:
    (flaky,) = combine([RED], again(red="passed"))
    assert (flaky.cause, flaky.message) == (CAUSE, "expected 200")
    assert flaky.label == Label(NOT_COVERED, REASON)


def report(*outcomes: Outcome) -> Report:
    return Report("local", "https://shop.example", "2026-11-27T04:00:00Z", 12.5, outcomes)


FLAKY = report(GREEN, *combine([RED], again(red="passed")))


def test_a_flaky_replay_is_not_green() -> None:
    assert not FLAKY.is_green
    assert FLAKY.verdict == "None of 2 scenarios is red, 1 is flaky."
    assert FLAKY.worth == "Everything else passed: 1 proved."
    both = report(*combine((*FIRST, outcome("more", "failed")), again(red="passed")))
    assert both.verdict == "2 of 6 scenarios are red, 1 is flaky, 2 skipped."


def test_every_format_shows_it_as_flaky() -> None:
    lines = [line.text for line in terminal.summary(FLAKY, page=Path("/r.html"), verbose=True)]
    assert f"flaky: edge: red: {REASON}: {CAUSE}" in lines
    assert any(line.split()[:2] == ["red", "FLAKY"] for line in lines)
    assert not any(line.startswith("rerun the red ones") for line in lines)
    data = json.loads(json_file.text(FLAKY))
    assert (data["green"], data["counts"]["flaky"]) == (False, 1)
    assert [scenario["result"] for scenario in data["scenarios"]] == ["passed", "flaky"]
    skipped = ET.fromstring(junit.text(FLAKY)).find(".//testcase[@name='red']/skipped")
    assert skipped is not None
    assert skipped.get("message") == f"flaky: {REASON}"
    assert skipped.text == CAUSE
    summary = markdown.text(FLAKY)
    assert summary.startswith(
        "## \N{WARNING SIGN} Cutover: None of 2 scenarios is red, 1 is flaky."
    )
    assert f"Flaky, {REASON}: edge: red" in summary
    page = html.text(FLAKY)
    assert '<section id="flaky" aria-label="Flaky scenarios">' in page
    assert '<span class="tag flaky">flaky</span>' in page
    assert CAUSE in page
    assert 'class="verdict bad"' in page


def test_outcomes_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / json_file.FILE_NAME).write_text(json_file.text(report(*FIRST)))
    outcomes = json_file.outcomes_of(json_file.read(tmp_path))
    assert [(case.scenario, case.result, case.follows) for case in outcomes] == [
        (case.scenario, case.result, case.follows) for case in FIRST
    ]
