"""The gate before each call that makes, connects or starts something on the engine.

Docker 20.10 never gives back the endpoint of a container that is removed while it is connected to
a network. So before a stack is removed, the gate is closed and those on their way are let through.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Closed(Exception):
    """The gate is closed: control is about to end, and starts nothing any more."""


class Gate:
    """Counts those that pass, and lets nobody begin once it is closed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._passing = 0
        self._closed = False

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Pass.

        Raises:
            Closed: The gate is closed.
        """
        with self._condition:
            if self._closed:
                raise Closed
            self._passing += 1
        try:
            yield
        finally:
            with self._condition:
                self._passing -= 1
                self._condition.notify_all()

    def close(self, *, within_s: float) -> int:
        """Close the gate, wait until nobody is passing, and return how many still are after it."""
        with self._condition:
            self._closed = True
            self._condition.wait_for(lambda: not self._passing, within_s)
            return self._passing
