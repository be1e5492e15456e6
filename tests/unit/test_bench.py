"""The bench prints its figures, whichever component was the slowest in a round."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from harness.core.components import COMPONENTS
from harness.core.progress import PlainProgress
from tests.bench import bench


def progress(seconds: float) -> str:
    """Return the output of `up` without a terminal."""
    stream = io.StringIO()
    report = PlainProgress(stream)
    report("image", "app", "cached")
    for place, name in enumerate(COMPONENTS):
        report("component", name, "starting")
        report("component", name, "ready", seconds + place)
    return stream.getvalue()


def test_a_round_has_the_time_of_every_component(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "current.json").write_text(json.dumps({"run": "abc"}))
    monkeypatch.setattr(bench, "harness", lambda *_, **__: progress(1.5))
    monkeypatch.setattr(bench, "memory_mib", lambda _: 640.0)
    measured = bench.measure({}, tmp_path)
    assert [measured[f"{name} ready, s"] for name in COMPONENTS] == [
        1.5 + place for place, _ in enumerate(COMPONENTS)
    ]


def test_rounds_may_differ_in_what_they_have() -> None:
    assert bench.table([{"up, s": 2.0, "edge ready, s": 1.0}, {"up, s": 4.0}]) == [
        f"{'up, s':<44} median     3.0   of 2.0, 4.0",
        f"{'edge ready, s':<44} median     1.0   of 1.0",
    ]


def test_the_command_that_is_measured_is_there() -> None:
    assert (bench.ROOT / "bin" / "cutover").is_file()
