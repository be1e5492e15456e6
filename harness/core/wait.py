"""The only polling loop: a probe, a deadline, and a check that waiting still makes sense."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ready:
    """The probe passed."""


@dataclass(frozen=True)
class NotYet:
    """The probe did not pass; ``reason`` is its answer, shown if time runs out."""

    reason: str


class GaveUp(Exception):
    """Raised by a probe when its condition can never become true."""


class DeadlinePassed(Exception):
    """The deadline passed; ``reason`` is the probe's last answer."""

    def __init__(self, *, elapsed_s: float, allowed_s: float, reason: str) -> None:
        super().__init__(f"not within {allowed_s:.0f} s: {reason}")
        self.elapsed_s = elapsed_s
        self.allowed_s = allowed_s
        self.reason = reason


@dataclass(frozen=True)
class Clock:
    """Monotonic time and sleep, so that tests run without either."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Deadline:
    """A point in monotonic time that several waits can share."""

    def __init__(self, allowed_s: float, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.allowed_s = allowed_s
        self._started = self.clock.now()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the deadline was set."""
        return self.clock.now() - self._started

    @property
    def left_s(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self.allowed_s - self.elapsed_s)


def wait_until(
    probe: Callable[[], Ready | NotYet],
    *,
    deadline: Deadline,
    interval_s: float = 0.05,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Call ``probe`` until it is ready.

    ``alive`` runs before each probe and raises when waiting on is pointless. The probe runs at
    least once, and once more after the deadline's last sleep.

    Raises:
        DeadlinePassed: The probe was not ready in time.
        GaveUp: The probe can never be ready.
    """
    while True:
        alive()
        left_s = deadline.left_s
        answer = probe()
        if isinstance(answer, Ready):
            return
        if left_s <= 0:
            raise DeadlinePassed(
                elapsed_s=deadline.elapsed_s, allowed_s=deadline.allowed_s, reason=answer.reason
            )
        deadline.clock.sleep(min(interval_s, left_s))
