"""The events that ``control`` wrote into its log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.standins import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.stack.containers import Containers

_EPOCH = datetime.fromtimestamp(0, UTC)


def read(containers: Containers, *, since: datetime = _EPOCH) -> Iterator[contract.ControlEvent]:
    """Read the events since a time, oldest first."""
    for container in containers.of_role("control", also_stopped=True):
        log: bytes = container.logs(since=since.timestamp())
        yield from contract.events_in(log.decode("utf-8", "replace").splitlines())
