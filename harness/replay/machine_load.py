"""The load of this machine during a replay: on an overloaded one, a time-out may be its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

OVERLOADED = 6.0
"""Processes that wait for each processor; a rehearsal alone makes one to three."""

BEGINNING = "this machine was overloaded"
"""The beginning of its note in a report."""


class MachineLoad:
    """The highest load that was seen.

    Args:
        averages: Returns the load averages of one, five and fifteen minutes.
        processors: How many share it.
    """

    def __init__(
        self,
        averages: Callable[[], tuple[float, float, float]] = os.getloadavg,
        processors: int | None = None,
    ) -> None:
        self._averages = averages
        self._processors = processors or os.cpu_count() or 1
        self._highest = 0.0

    def look(self) -> None:
        """Read the load, where the system tells it."""
        try:
            self._highest = max(self._highest, self._averages()[0])
        except OSError:
            return

    def notes(self) -> Iterator[str]:
        """Say that the machine was overloaded, if it was."""
        if self._highest >= OVERLOADED * self._processors:
            yield (
                f"{BEGINNING} (load {self._highest:.0f} on {self._processors}"
                " processors): what timed out may be its fault and not the app's: run it again on"
                " a quieter one"
            )
