"""The arithmetic of rolling deployments and the circuit breaker."""

from __future__ import annotations

import pytest

from harness.standins.control.scheduler.deployments import (
    Limits,
    Member,
    Plan,
    breaker_threshold,
    plan,
    throttle_s,
)


def member(ident: str, *, primary: bool = True, ready: bool = True, sick: bool = False) -> Member:
    return Member(id=ident, primary=primary, ready=ready, unhealthy=sick)


def old(ident: str, *, ready: bool = True) -> Member:
    return member(ident, primary=False, ready=ready)


TWO = Limits(desired=2)


@pytest.mark.parametrize(
    ("desired", "least", "most", "lower", "upper"),
    [(2, 100, 200, 2, 4), (2, 75, 200, 2, 4), (3, 100, 125, 3, 3), (1, 50, 150, 1, 1)],
)
def test_the_minimum_rounds_up_and_the_maximum_down(
    desired: int, least: int, most: int, lower: int, upper: int
) -> None:
    limits = Limits(desired=desired, minimum_percent=least, maximum_percent=most)

    assert (limits.lower, limits.upper) == (lower, upper)


def test_a_new_service_starts_what_it_lacks() -> None:
    assert plan([], limits=TWO) == Plan(start=2)


def test_a_new_deployment_starts_beside_the_old_one() -> None:
    assert plan([old("a"), old("b")], limits=TWO) == Plan(start=2)


def test_an_old_task_stays_until_a_new_one_is_ready() -> None:
    members = [old("a"), old("b"), member("c", ready=False), member("d", ready=False)]

    assert plan(members, limits=TWO) == Plan()


def test_one_ready_task_lets_one_old_one_go() -> None:
    members = [old("a"), old("b"), member("c"), member("d", ready=False)]

    assert plan(members, limits=TWO) == Plan(stop=("a",))


def test_all_old_ones_go_when_all_new_ones_are_ready() -> None:
    assert plan([old("a"), old("b"), member("c"), member("d")], limits=TWO).stop == ("a", "b")


def test_with_fifty_percent_one_old_task_goes_first_when_there_is_no_room() -> None:
    limits = Limits(desired=2, minimum_percent=50, maximum_percent=100)

    assert plan([old("a"), old("b")], limits=limits) == Plan(stop=("a",))
    assert plan([old("b")], limits=limits) == Plan(start=1)


def test_a_configuration_that_allows_neither_is_said_to_block() -> None:
    limits = Limits(desired=1, minimum_percent=100, maximum_percent=150)

    assert plan([old("a")], limits=limits) == Plan(blocked=True)


def test_an_old_task_that_never_became_ready_goes_at_once() -> None:
    assert plan([old("a", ready=False)], limits=Limits(desired=1)).stop == ("a",)


def test_scaling_in_stops_what_is_not_ready_first_then_the_oldest() -> None:
    members = [member("a"), member("b", ready=False), member("c")]

    assert plan(members, limits=Limits(desired=2)).stop == ("b",)
    assert plan(members, limits=Limits(desired=1)).stop == ("b", "a")
    assert plan(members, limits=Limits(desired=0)).stop == ("b", "a", "c")


def test_an_unhealthy_task_is_replaced_before_it_is_stopped() -> None:
    sick, well = member("a", sick=True), member("b")

    assert plan([sick, well], limits=TWO) == Plan(start=1)
    assert plan([sick, well, member("c", ready=False)], limits=TWO) == Plan()
    assert plan([sick, well, member("c")], limits=TWO) == Plan(stop=("a",))


def test_an_unhealthy_task_is_stopped_first_when_there_is_no_room() -> None:
    limits = Limits(desired=1, minimum_percent=0, maximum_percent=100)

    assert plan([member("a", sick=True)], limits=limits) == Plan(stop=("a",))


def test_a_failed_or_throttled_deployment_starts_nothing() -> None:
    assert plan([old("a")], limits=Limits(desired=1), may_start=False) == Plan()


def test_a_services_input_gives_its_limits() -> None:
    raw = {"deploymentConfiguration": {"minimumHealthyPercent": 50}}

    assert Limits.of(raw, desired=4) == Limits(desired=4, minimum_percent=50, maximum_percent=200)


@pytest.mark.parametrize(
    ("desired", "threshold"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)]
)
def test_the_breakers_threshold_is_half_of_desired_from_3_to_200(
    desired: int, threshold: int
) -> None:
    assert breaker_threshold(desired) == threshold


def test_failures_in_a_row_slow_the_next_start_down() -> None:
    assert [throttle_s(count) for count in range(9)] == [0, 0, 1, 2, 4, 8, 15, 15, 15]
