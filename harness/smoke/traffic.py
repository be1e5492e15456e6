"""The budget, the rate and the time of all requests of one run."""

from __future__ import annotations

import threading

from harness.core.wait import Clock, Deadline
from harness.smoke.result import NotRun

ALLOWED_S = 50.0
"""A check that has begun may take ten more."""
BURST_S = 2.0
"""That many seconds' worth of requests may be sent at once."""


class Traffic:
    """A token bucket with a budget; every connection to the site takes one token.

    Args:
        max_requests: The budget of the run.
        per_second: The rate.
        allowed_s: The time of the run; no request begins after it.
        clock: Time and sleep.
    """

    def __init__(
        self,
        *,
        max_requests: int,
        per_second: float,
        allowed_s: float = ALLOWED_S,
        clock: Clock | None = None,
    ) -> None:
        self.max_requests = max_requests
        self.per_second = per_second
        self.requests = 0
        self.deadline = Deadline(allowed_s, clock=clock)
        self._clock = self.deadline.clock
        self._tokens = self._most = max(1.0, per_second * BURST_S)
        self._filled = self._clock.now()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a token.

        Raises:
            NotRun: The budget is spent, or the time is over.
        """
        with self._lock:
            if not self.deadline.left_s:
                raise NotRun(f"{self.deadline.allowed_s:g} s are over")
            if self.requests >= self.max_requests:
                raise NotRun(f"the budget of {self.max_requests} requests is spent")
            self.requests += 1
            self._fill()
            if self._tokens < 1:
                self._clock.sleep((1 - self._tokens) / self.per_second)
                self._fill()
            self._tokens -= 1

    def _fill(self) -> None:
        now = self._clock.now()
        gained = (now - self._filled) * self.per_second
        self._tokens = min(self._most, self._tokens + gained)
        self._filled = now
