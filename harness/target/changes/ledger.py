"""The ledger of a run: every change of an account, written to disk before it is made.

One JSON line for each, in the run directory. All processes of a run append to the same file. No
line holds a secret: the ledger has names, counts and ARNs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.core import codec
from harness.core.errors import TargetError
from harness.target.access import REHEARSE, Access

LEDGER_FILE = "ledger.jsonl"
CLOSED_FILE = "ledger.closed"
"""In the run directory, once its changes are undone: from then on no change is made."""


@dataclass(frozen=True)
class Entry:
    """One change that is about to be made."""

    operation: str
    """The call, as ``ecs:UpdateService``; of the app's probe, ``probe:StoreFile``."""
    resource: str
    """Name of the thing that is changed or made."""
    before: Mapping[str, Any] = field(default_factory=dict)
    """The values of the fields that change, as they are now; empty for new things."""
    wanted: Mapping[str, Any] = field(default_factory=dict)
    """The values that the change gives them."""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


STORE_FILE, REMOVE_FILE = "probe:StoreFile", "probe:RemoveFile"
DISPATCH_JOB = "probe:DispatchJob"
"""Changes that the app makes when its probe is asked; of a job, the id is known afterwards."""


class Ledger:
    """The ledger of one run directory."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / LEDGER_FILE
        self._closed = directory / CLOSED_FILE

    def append(self, entry: Entry) -> None:
        """Write an entry, and return when it is on the disk.

        Raises:
            TargetError: The changes of the run are undone already.
        """
        line = json.dumps(codec.encode(entry)) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if self._closed.exists():
                raise TargetError(
                    "The changes of this run are undone: it makes no other one.",
                    where=str(self._closed),
                    hint="Start a new run with cutover verify --target aws --level rehearse.",
                )
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first; a line that a kill cut short announced no change."""
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")
        # An unfinished last line was never on the disk whole, so its change was not made.
        return [codec.decode(Entry, json.loads(line)) for line in lines[:-1]]

    def close(self) -> None:
        """Let no process of the run make another change."""
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._closed.touch()

    @property
    def is_closed(self) -> bool:
        """Whether the changes of the run are undone."""
        return self._closed.exists()


def ledger_of(access: Access) -> Ledger | None:
    """Return the ledger of a run that may change an account; None of any other."""
    return Ledger(Path(access.run_dir)) if access.level == REHEARSE else None
