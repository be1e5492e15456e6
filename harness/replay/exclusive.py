"""The lock on a target that several processes use: many scenarios share it, or one has it.

The locks are files in the run directory, so that xdist workers, and a second pytest, share them.
They end with the process that holds them.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def target_lock(directory: Path, *, exclusive: bool) -> Iterator[None]:
    """Wait for the lock, exclusive or shared, and hold it inside the block."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "turn.lock").open("a") as held:
        # An exclusive wait keeps the door shut, so that newcomers cannot starve it.
        with (directory / "door.lock").open("a") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(held, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
