"""The summary in Markdown."""

from __future__ import annotations

from typing import Any

from harness.report import markdown
from harness.report.model import Outcome, Report
from harness.target.truth import proved


def outcome(title: str, result: str, **more: Any) -> Outcome:
    return Outcome(
        scenario=f"scenarios/test_sessions.py::test_{title}",
        result=result,
        target="local",
        labels={"local": proved},
        **more,
    )


def report(*outcomes: Outcome) -> Report:
    return Report(
        target="local",
        public_url="https://t.example",
        started_at="2026-11-27T12:00:00Z",
        seconds=129.3,
        outcomes=outcomes,
    )


def test_a_green_summary() -> None:
    assert markdown.text(report(outcome("a", "passed"))) == (
        "## \N{WHITE HEAVY CHECK MARK} Cutover: 1 scenario passed; none is red.\n"
        "\n"
        "Everything that ran passed: 1 proved.  \n"
        "Target local, https://t.example, 129 s\n"
    )


def test_each_cause_names_its_scenarios_and_cannot_break_the_page() -> None:
    cause = "SESSION_DRIVER is <file>\n# of each task"
    red = [outcome(f"s_{number}", "failed", cause=cause) for number in range(12)]
    text = markdown.text(report(*red))
    assert "- **SESSION\\_DRIVER is \\<file\\> \\# of each task**\n" in text
    assert "  - sessions: s 9\n" in text
    assert "  - and 2 more\n" in text


def test_a_red_scenario_without_a_cause_says_so() -> None:
    text = markdown.text(report(outcome("a", "failed")))
    assert "- **no cause is sure**\n  - sessions: a\n" in text
