"""The events that ``control`` wrote into its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.standins import contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from harness.stack.containers import Containers


def read(
    containers: Containers, *, since: datetime | None = None
) -> Iterator[contract.ControlEvent]:
    """Read the events since a time, or all of them, oldest first."""
    for container in containers.of_role("control", also_stopped=True):
        # Docker takes a positive number, or None for all.
        log: bytes = container.logs(since=since.timestamp() if since else None)
        yield from contract.events_in(log.decode("utf-8", "replace").splitlines())
