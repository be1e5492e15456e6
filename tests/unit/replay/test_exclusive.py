"""Turns on a target: they end before a stack is removed, and none begins then."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from harness.replay import exclusive


def test_the_end_waits_for_the_turns_and_lets_none_begin(tmp_path: Path) -> None:
    with exclusive.turn(tmp_path, alone=False):
        assert not exclusive.end_turns(tmp_path, within_s=0)
    assert exclusive.end_turns(tmp_path, within_s=5)
    with (tmp_path / "turn.lock").open("a") as held, pytest.raises(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
