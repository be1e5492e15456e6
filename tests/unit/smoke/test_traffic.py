"""Budget and rate."""

from __future__ import annotations

import pytest

from harness.core.wait import Clock
from harness.smoke.result import NotRun
from harness.smoke.traffic import Traffic


class FakeTime:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=self.sleep)


def test_after_a_burst_the_rate_holds() -> None:
    time = FakeTime()
    traffic = Traffic(max_requests=100, per_second=5, clock=time.clock)
    for _ in range(10):
        traffic.take()
    assert time.now == 0
    for _ in range(25):
        traffic.take()
    assert time.now == pytest.approx(5)


def test_a_spent_budget_is_the_end() -> None:
    traffic = Traffic(max_requests=2, per_second=5, clock=FakeTime().clock)
    traffic.take()
    traffic.take()
    with pytest.raises(NotRun, match="the budget of 2 requests is spent"):
        traffic.take()
    assert traffic.requests == 2


def test_no_request_begins_after_the_time_of_the_run() -> None:
    time = FakeTime()
    traffic = Traffic(max_requests=9, per_second=5, allowed_s=50, clock=time.clock)
    traffic.take()
    time.now = 50
    with pytest.raises(NotRun, match="50 s are over"):
        traffic.take()
