"""Two shards of one replay: each has its stories, and their reports are one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.replay.runner import shard_option
from harness.report.merge import merge
from harness.report.shard import Shard
from tests.plugin.conftest import HEAD

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay

STORIES = {"mail": 1, "queue": 2, "story": 1}
SCENARIO = """
@complete
@pytest.mark.read_only
def test_it(): ...
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_two_shards_are_merged_to_the_whole(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    folder = pytester.path / "scenarios"
    folder.mkdir()
    for story in ("mail", "queue"):
        (folder / f"test_{story}.py").write_text(HEAD + SCENARIO)
    places = []
    for number in (1, 2):
        place = pytester.path / f"shard-{number}"
        places.append(place)
        option = shard_option(Shard(number, 2, STORIES))
        result = replay(SCENARIO, *workers, option, f"--cutover-report-dir={place}")
        assert result.ret == 0, result.stdout.str()
        data = json.loads((place / "report.json").read_text())
        stories = [scenario["story"] for scenario in data["scenarios"]]
        assert stories == [["mail", "story"], ["queue"]][number - 1]
    merged = merge(places, out=pytester.path)
    assert merged.verdict == "3 scenarios passed; none is red."
    assert merge(places[:1], out=pytester.path).lost == (
        "Shard 2/2 is lost: it left no report of queue.",
    )
