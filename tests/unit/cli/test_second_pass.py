"""The second pass of a rehearsal: a few red scenarios run again, and never many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import commands


class FakeReplay:
    """A replay that notes its second passes."""

    def __init__(self) -> None:
        self.passes: list[tuple[Path, Path, list[str]]] = []

    def run_second_pass(self, report: Path, *, home: Path, options: list[str]) -> None:
        self.passes.append((report, home, options))


@pytest.mark.parametrize(("number", "passes"), [(20, 1), (21, 0)])
def test_more_than_twenty_are_not_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int, passes: int
) -> None:
    names = [f"scenario {count}" for count in range(number)]
    faults = [{"scenarios": names[:5]}, {"scenarios": names[5:]}]
    (tmp_path / "report.json").write_text(json.dumps({"faults": faults}))
    replay: Any = FakeReplay()
    home = tmp_path / "home"
    commands._run_again(replay, tmp_path, home=home, options=["--cutover-shard=x"])
    assert replay.passes == [(tmp_path, home, ["--cutover-shard=x"])] * passes
    output = capsys.readouterr().out
    assert ("21 scenarios are red: more than 20 are not run again" in output) is (passes == 0)
