"""Writes events into control's log, each as one line of JSON, for the harness to read."""

from __future__ import annotations

import logging

from harness.standins.contract import ControlEvent, to_line

log = logging.getLogger("events")


def write(event: ControlEvent) -> None:
    """Write one event."""
    log.info("%s", to_line(event))
