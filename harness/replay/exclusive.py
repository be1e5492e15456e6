"""The lock on a target that several processes use: many scenarios share it, or one has it.

The locks are files in the run directory, so that xdist workers, and a second pytest, share them.
They end with the process that holds them.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_TIMES_FILE = "exclusive-times.txt"
_KEPT: list[TextIO] = []
"""Files with locks that this process holds until it ends."""


@contextmanager
def target_lock(directory: Path, *, exclusive: bool) -> Iterator[None]:
    """Wait for the lock, exclusive or shared, and hold it inside the block."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "turn.lock").open("a") as held:
        # An exclusive wait keeps the door shut, so that newcomers cannot starve it.
        with (directory / "door.lock").open("a") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(held, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        if not exclusive:
            yield
            return
        times = directory / _TIMES_FILE
        _append(times, f"\n{datetime.now(UTC).isoformat()}")
        try:
            yield
        finally:
            _append(times, f" {datetime.now(UTC).isoformat()}")


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def exclusive_times(directory: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return when exclusive scenarios ran; one that still runs ends now.

    Args:
        directory: The run directory; empty where the target has none.
    """
    if not directory:
        return ()
    file = Path(directory) / _TIMES_FILE
    lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
    times = [list(map(datetime.fromisoformat, line.split())) for line in lines if line]
    return tuple((began, ended[0] if ended else datetime.now(UTC)) for began, *ended in times)


def keep_target_lock(directory: Path, *, within_s: float) -> bool:
    """Wait for the exclusive lock, and hold it as long as this process lives.

    Returns:
        Whether it was free in time.
    """
    held = (directory / "turn.lock").open("a")
    _KEPT.append(held)

    def probe() -> Ready | NotYet:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return NotYet("a scenario is at work")
        return Ready()

    try:
        wait_until(probe, deadline=Deadline(within_s), interval_s=0.1)
    except DeadlinePassed:
        return False
    return True
