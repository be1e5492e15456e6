"""The web tier: its tasks, its health, and how long a change may take."""

from __future__ import annotations

import pytest

from harness.core.wait import DeadlinePassed
from harness.target.resources.web_tier import WebTier
from tests.unit.fake_web_tier import ACCESS, QUICK, FakeEcs, FakeElb, tier


def test_tasks_are_known_by_the_last_part_of_their_arn() -> None:
    web = tier(FakeEcs())
    assert web.running() == {"aaa", "bbb"}
    assert (web.address_of("aaa"), web.address_of("bbb"), web.address_of("zzz")) == (
        "10.0.0.4",
        "",
        "",
    )


def test_steady_is_every_wanted_task_healthy() -> None:
    tier(FakeEcs(), "healthy", "healthy", "draining").wait_until_steady()
    for ecs, states in ((FakeEcs(), ("healthy", "initial")), (FakeEcs(desired=0), ())):
        with pytest.raises(DeadlinePassed, match="web tasks are healthy; targets: "):
            tier(ecs, *states).wait_until_steady()


def test_a_deployment_may_take_as_long_as_its_checks_and_its_draining() -> None:
    elb = FakeElb()
    elb.interval_s = 30
    web = WebTier(ACCESS, ecs=FakeEcs(), elbv2=elb, differences=QUICK)
    assert (web.steady_within_s(), web.settled_within_s()) == (150, 450)


def test_what_a_scenario_changes_is_put_back_even_when_it_fails() -> None:
    ecs, elb = FakeEcs(), FakeElb()
    web = WebTier(ACCESS, ecs=ecs, elbv2=elb, differences=QUICK)
    for changed in (web.scaled_to(0), web.balancer.idle_timeout(1)):
        with pytest.raises(ZeroDivisionError), changed:
            raise ZeroDivisionError
    assert [update["desiredCount"] for update in ecs.updates] == [0, 2]
    assert elb.idle == ["60", "1", "60"]
