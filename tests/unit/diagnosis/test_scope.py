"""The tasks and the time of the evidence that may explain a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.diagnosis.scope import GROUPS, Scope, groups_of

NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("capabilities", "groups"),
    [
        ({"http", "probe"}, {"web"}),
        ({"ecs", "elb", "exec"}, {"web"}),
        ({"http", "probe", "ecs", "queue"}, {"web", "worker"}),
        ({"ecs", "schedule", "containers"}, {"scheduler"}),
        ({"ecs"}, GROUPS),
    ],
)
def test_a_scenario_meets_the_tasks_of_its_capabilities(
    capabilities: set[str], groups: set[str]
) -> None:
    assert groups_of(capabilities) == groups


def test_a_task_of_no_known_group_is_in_scope() -> None:
    scope = Scope(NOW, frozenset({"web"}))
    assert [scope.has_group(group) for group in ("web", "worker", "")] == [True, False, True]


def test_what_happened_before_or_beside_an_exclusive_scenario_explains_nothing() -> None:
    scope = Scope(NOW, exclusive_times=((NOW + 2 * MINUTE, NOW + 3 * MINUTE),))
    times = (NOW - MINUTE, NOW, NOW + MINUTE, NOW + 2.5 * MINUTE, NOW + 4 * MINUTE, None)
    assert list(map(scope.has_time, times)) == [False, True, True, False, True, True]


def test_a_line_of_another_scenarios_trace_explains_nothing() -> None:
    scope = Scope(NOW, trace="own")
    assert [scope.has_trace(trace) for trace in ("own", "other", "")] == [True, False, True]
    assert Scope(NOW).has_trace("other")


def test_an_error_that_a_scenario_asks_for_is_provoked() -> None:
    scope = Scope(NOW, provoked=("not verified",))
    assert scope.is_provoked("Email address is not verified.")
    assert not scope.is_provoked("Throttling")
