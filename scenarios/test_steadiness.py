"""What runs goes on: no task ends by itself, no visitor is turned away nor meets a closed line."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.images.inspect import nginx_config
from harness.report import emulated, not_covered, proved
from harness.target.resources.ecs import find_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.stack.containers import ExecResult
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.web_tier import WebTier

KILLED = 137
VISITORS = 20
PAGES = 2
PATIENCE_S = 30
SLOW_S = 4
HELD = 2
"""Slow requests for each task: PHP-FPM's smallest sensible pool has more workers than that."""
ANSWERED = 8
"""Far fewer than a task answers in the time of a slow request; one or two may come before it."""
STEADY_S = 25.0
"""Longer than a long poll of an empty queue."""
CONFIGURATION = (
    "find -L /etc/nginx -type f '(' -name '*.conf' -o -path '*/sites-enabled/*' ')' -exec cat {} +"
)

NOT_THERE = not_covered("its tasks cannot be seen from outside")


@pytest.mark.truth(
    local=emulated("control stands in for ECS; tasks that scenarios kill on purpose do not count"),
    aws=proved,
    url=NOT_THERE,
)
@pytest.mark.requires("ecs")
@pytest.mark.read_only(looks_back=True)
def test_no_task_of_a_service_ends_by_itself(
    access: Access,
    tasks_of: Callable[[str, str], list[dict[str, Any]]],
    eventually: Callable[..., Any],
) -> None:
    def shortest_s() -> float:
        longest = {}
        for kind, name in access.services.items():
            stopped = tasks_of(name, "STOPPED")
            for task in stopped:
                assert_was_stopped(kind, task)
            ran = [ran_s(task) for task in [*stopped, *tasks_of(name, "RUNNING")]]
            longest[kind] = max(ran, default=STEADY_S)
        return min(longest.values(), default=STEADY_S)

    eventually(
        shortest_s,
        until=lambda ran_s: ran_s >= STEADY_S,
        what=f"One of the services has had no task that ran for {STEADY_S:g} s",
        within_s=4 * STEADY_S,
    )


def ran_s(task: dict[str, Any]) -> float:
    """Return for how long a task has run, or ran until it stopped, in seconds."""
    if "startedAt" not in task:
        return 0.0
    until: datetime = task.get("stoppedAt") or datetime.now(UTC)
    return float((until - task["startedAt"]).total_seconds())


@pytest.fixture
def tasks_of(access: Access, ecs: Any) -> Callable[[str, str], list[dict[str, Any]]]:
    """Return a service's tasks of a desired status."""
    return lambda service, status: find_tasks(
        ecs, cluster=access.cluster, statuses=(status,), serviceName=service
    )


def assert_was_stopped(kind: str, task: dict[str, Any]) -> None:
    """Assert that a task did not end by itself; who is killed within limits was so by us."""
    if task.get("stopCode") != "EssentialContainerExited":
        return
    ends = [one for one in task["containers"] if one.get("exitCode") is not None]
    reasons = " ".join(one["reason"] for one in ends if one.get("reason"))
    # The others of its containers were then told to stop, and may have ended well.
    killed = any(one["exitCode"] == KILLED for one in ends)
    codes = ", ".join(str(one["exitCode"]) for one in ends)
    assert not reasons if killed else not ends, (
        f"a {kind} task ended by itself with exit code {codes} {reasons}; ECS starts another,"
        " which takes a minute on Fargate"
    )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("no command can be run in a task there yet"),
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_nginx_keeps_a_connection_for_longer_than_the_load_balancer(
    run_in_task: Callable[..., ExecResult], web_tier: WebTier
) -> None:
    # Read, and not asked of nginx -T: run as root, that takes its directories from the app's user.
    told = run_in_task(["sh", "-c", CONFIGURATION])
    if told.exit_code != 0:
        pytest.skip("not covered: the web task has no configuration of nginx in /etc/nginx")
    keep_s, idle_s = nginx_config.keep_alive_s(told.stdout), web_tier.balancer.idle_timeout_s()
    # Where none is kept open, nginx says so with each answer, and the balancer asks on another.
    assert keep_s is None or keep_s > idle_s, (
        f"nginx's keepalive_timeout is {keep_s:g} s and the load balancer's idle time-out"
        f" {idle_s} s: the balancer meets connections that nginx has just closed, and answers 502"
    )


@pytest.mark.truth(
    local=emulated(
        "nginx stands in for the load balancer, this machine's processors for Fargate's"
    ),
    aws=proved,
    url=proved,
)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_a_burst_of_visitors_is_answered(
    web: Callable[[], requests.Session], access: Access
) -> None:
    visitors = [web() for _ in range(VISITORS)]

    def look(visitor: requests.Session) -> list[int]:
        page = f"{access.public_url}/login"
        return [visitor.get(page, timeout=PATIENCE_S).status_code for _ in range(PAGES)]

    with ThreadPoolExecutor(VISITORS) as pool:
        seen = Counter(status for statuses in pool.map(look, visitors) for status in statuses)
    assert set(seen) == {200}, (
        f"of {VISITORS * PAGES} requests of {VISITORS} visitors at once, some were answered with"
        f" {sorted(set(seen) - {200})}"
    )


@pytest.mark.truth(
    local=emulated(
        "nginx stands in for the load balancer, this machine's processors for Fargate's"
    ),
    aws=proved,
    url=not_covered("slow requests would hold PHP's workers in production"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(alone=1)
def test_slow_requests_keep_nobody_waiting(probe: ProbeClient, web_tier: WebTier) -> None:
    held = HELD * len(web_tier.running())
    answered = 0
    with ThreadPoolExecutor(held) as pool:
        slow = [pool.submit(probe.slow, SLOW_S, timeout_s=PATIENCE_S) for _ in range(held)]
        while answered < ANSWERED and not any(one.done() for one in slow):
            probe.whoami()
            answered += 1
    assert answered >= ANSWERED, (
        f"no more than {answered} others were answered while {held} requests took {SLOW_S} s each"
    )
