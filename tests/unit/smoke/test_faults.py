"""Every fault behind a site is named by one check, and its harmless twin by none."""

from __future__ import annotations

from harness.smoke.result import State
from tests.unit.smoke.conftest import World, states


def test_a_site_in_order_is_green(world: World) -> None:
    report = world.report()
    assert states(report, State.RED, State.WARNING) == {}
    assert {line.family for line in report.of(State.NOT_RUN)} == {"probe"}
