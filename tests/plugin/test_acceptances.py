"""A red scenario that is accepted does not fail a replay, until its day has passed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.replay import acceptance
from harness.replay.acceptance import Acceptance

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay

SCENARIOS = """
    @complete
    @pytest.mark.read_only
    def test_known(): assert 1 == 2

    @complete
    @pytest.mark.read_only
    def test_unprepared(request): request.getfixturevalue("no_such_fixture")

    @complete
    @pytest.mark.read_only
    def test_green(): ...
"""


def accept(*scenarios: str, until: str = "2999-12-31") -> list[str]:
    lines = (acceptance.as_line(Acceptance(one, "a reason", until)) for one in scenarios)
    return ["-o", f"{acceptance.OPTION}=" + "\n".join(lines)]


def results(pytester: pytest.Pytester) -> dict[str, str]:
    data = json.loads((pytester.path / "run/report.json").read_text())
    return {one["title"]: one["result"] for one in data["scenarios"]}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_an_accepted_scenario_is_known_and_the_replay_green(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    result = replay(SCENARIOS, *workers, *accept("known", "test_unprepared", "green", "mispelt"))
    assert result.ret == 0, result.stdout.str()
    assert results(pytester) == {"known": "accepted", "unprepared": "accepted", "green": "passed"}
    for line in (
        "1 scenario passed, 2 accepted as red; none is red.",
        "story: known: accepted until 2999-12-31: a reason",
        '[[accept]] "green" is green now: remove it',
        '[[accept]] "mispelt" matches no scenario: correct its name, or remove it',
    ):
        assert line in result.outlines


def test_after_its_day_a_scenario_is_red_again(replay: Replay, pytester: pytest.Pytester) -> None:
    result = replay(SCENARIOS, "-k", "known", *accept("known", until="2026-01-31"))
    assert result.ret == 1
    assert results(pytester) == {"known": "failed"}
    note = '[[accept]] "known" ended on 2026-01-31: mend its cause, or set a later date'
    assert note in result.outlines
