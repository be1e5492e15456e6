"""Red scenarios run again: the second report is of both passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay

SCENARIOS = """
    from pathlib import Path

    def runs_for_the_first_time(name):
        path = Path(f"{name}.ran")
        try:
            return not path.exists()
        finally:
            path.touch()

    @complete
    @pytest.mark.read_only
    def test_flaky(): assert not runs_for_the_first_time("flaky")

    @complete
    @pytest.mark.read_only
    def test_green(): assert runs_for_the_first_time("green"), "a green one runs once"

    @complete
    @pytest.mark.read_only
    def test_red(): assert 1 == 2
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_second_report_is_of_both_passes(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    def report() -> dict[str, object]:
        data = json.loads((pytester.path / "run/report.json").read_text())
        results = {scenario["title"]: scenario["result"] for scenario in data["scenarios"]}
        return {**results, "started_at": data["started_at"], "verdict": data["verdict"]}

    assert replay(SCENARIOS, *workers).ret == 1
    first = report()
    assert first == {
        "flaky": "failed",
        "green": "passed",
        "red": "failed",
        "started_at": first["started_at"],
        "verdict": "2 of 3 scenarios are red.",
    }
    names = [f"scenarios/test_story.py::test_{name}" for name in ("flaky", "red")]
    result = replay(SCENARIOS, *workers, "--cutover-second-pass=run", *names)
    assert result.ret == 1
    verdict = "1 of 3 scenarios are red, 1 is flaky."
    assert report() == {**first, "flaky": "flaky", "verdict": verdict}
    assert verdict in result.outlines
