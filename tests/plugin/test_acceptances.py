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
    lines = (acceptance.as_line(Acceptance(scenario, "a reason", until)) for scenario in scenarios)
    return ["-o", f"{acceptance.OPTION}=" + "\n".join(lines)]


def results(pytester: pytest.Pytester) -> dict[str, str]:
    data = json.loads((pytester.path / "run/report.json").read_text())
    return {scenario["title"]: scenario["result"] for scenario in data["scenarios"]}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_an_accepted_scenario_is_known_and_the_replay_green(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    result = replay(SCENARIOS, *workers, *accept("known", "test_unprepared", "green"))
    assert result.ret == 0, result.stdout.str()
    assert results(pytester) == {"known": "accepted", "unprepared": "accepted", "green": "passed"}
    for line in (
        "1 scenario passed, 2 accepted as red; none is red.",
        "story: known: accepted until 2999-12-31: a reason",
        '[[accept]] "green" is green now: remove it',
    ):
        assert line in result.outlines


def test_after_its_day_a_scenario_is_red_again(replay: Replay, pytester: pytest.Pytester) -> None:
    result = replay(SCENARIOS, "-k", "known", *accept("known", until="2026-01-31"))
    assert result.ret == 1
    assert results(pytester) == {"known": "failed"}
    note = '[[accept]] "known" ended on 2026-01-31: mend its cause, or set a later date'
    assert note in result.outlines


FINDINGS = """
    @complete
    @pytest.mark.read_only
    def test_scan(accept_findings):
        found = {"CVE-2026-1", "CVE-2026-2"}
        assert not found - accept_findings(found)
"""


def test_a_finding_is_accepted_by_its_name_until_its_day(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    def accepted(**untils: str) -> list[str]:
        lines = (
            acceptance.as_line(Acceptance("scan", "no fix yet", until, name.replace("_", "-")))
            for name, until in untils.items()
        )
        return ["-o", f"{acceptance.OPTION}=" + "\n".join(lines)]

    day, over = "2999-12-31", "2026-01-31"
    result = replay(FINDINGS, *accepted(CVE_2026_1=day, CVE_2026_2=day, CVE_2026_3=day))
    assert result.ret == 0, result.stdout.str()
    assert '[[accept]] "scan: CVE-2026-3" was not found: remove it' in result.outlines
    (scan,) = json.loads((pytester.path / "run/report.json").read_text())["scenarios"]
    assert scan["measured"] == [
        ["accepted", f"CVE-2026-1: until {day}: no fix yet"],
        ["accepted", f"CVE-2026-2: until {day}: no fix yet"],
    ]
    result = replay(FINDINGS, *accepted(CVE_2026_1=day, CVE_2026_2=over))
    assert result.ret == 1
    assert results(pytester) == {"scan": "failed"}
