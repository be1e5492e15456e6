"""The progress on the terminal: a line for each image, component and step."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO

from harness.core.redact import redact

if TYPE_CHECKING:
    from rich.console import RenderableType

DONE_STATES = ("done", "ready", "cached", "failed", "stopped", "skipped")


class Progress(Protocol):
    """Receives each change of state of a piece of work."""

    def __call__(self, group: str, name: str, state: str, seconds: float = 0.0) -> None:
        """Record that ``name`` of ``group`` (image, service, step) is in ``state``."""


def silent(group: str, name: str, state: str, seconds: float = 0.0) -> None:
    """Show nothing."""


def warn(text: str) -> None:
    """Print a warning for the user; the command goes on."""
    print(f"cutover: {redact(text)}", file=sys.stderr, flush=True)


@dataclass
class PlainProgress:
    """One line per finished or failed piece of work, for logs and CI."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, group: str, name: str, state: str, seconds: float = 0.0) -> None:
        """Print the line."""
        if state in DONE_STATES or state in ("building", "starting"):
            duration = f"  {seconds:.1f} s" if seconds else ""
            with self._lock:
                print(
                    redact(f"{group:<9} {name:<28} {state}{duration}"), file=self.stream, flush=True
                )


@dataclass
class LiveProgress:
    """A table that updates in place, for terminals."""

    rows: dict[tuple[str, str], tuple[str, float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, group: str, name: str, state: str, seconds: float = 0.0) -> None:
        """Update the row."""
        with self._lock:
            _, _, since = self.rows.get((group, name), ("", 0.0, time.monotonic()))
            self.rows[(group, name)] = (state, seconds, since)

    def table(self) -> RenderableType:
        """Draw all rows."""
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        with self._lock:
            rows = list(self.rows.items())
        for (group, name), (state, seconds, since) in rows:
            done = state in DONE_STATES
            elapsed = seconds if done else time.monotonic() - since
            colour = "red" if state == "failed" else "green" if done else "yellow"
            table.add_row(
                group, redact(name), f"[{colour}]{state}[/]", f"{elapsed:.1f} s" if elapsed else ""
            )
        return table


@contextmanager
def displayed() -> Iterator[Progress]:
    """Show progress live on a terminal, and as plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield PlainProgress()
        return
    from rich.live import Live

    progress = LiveProgress()
    with Live(get_renderable=progress.table, refresh_per_second=8) as live:
        yield progress
        live.refresh()
