"""The lock on a target: no scenario is at work when its stack is removed."""

from __future__ import annotations

import fcntl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.replay import exclusive


def test_a_kept_lock_waits_for_the_scenarios_and_lets_none_begin(tmp_path: Path) -> None:
    with exclusive.target_lock(tmp_path, exclusive=False):
        assert not exclusive.keep_target_lock(tmp_path, within_s=0)
    assert exclusive.keep_target_lock(tmp_path, within_s=5)
    with (tmp_path / "turn.lock").open("a") as held, pytest.raises(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_the_times_of_exclusive_scenarios_are_kept(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    with exclusive.target_lock(tmp_path, exclusive=False):
        pass
    assert exclusive.exclusive_times(str(tmp_path)) == ()
    with exclusive.target_lock(tmp_path, exclusive=True):
        ((began, ended),) = exclusive.exclusive_times(str(tmp_path))
        assert before <= began <= ended
    ((_, ended),) = exclusive.exclusive_times(str(tmp_path))
    assert ended < datetime.now(UTC)
