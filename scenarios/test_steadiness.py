"""Tasks do not end by themselves, and the web tier answers bursts, slow and idle connections."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.images.inspect import nginx_config
from harness.report import emulated, not_covered, proved
from harness.target.clients.http import status_cause
from harness.target.resources.ecs import find_tasks
from scenarios.supervision import error_like_a_lost_connection, failed_program

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.task_logs import LogReader
    from harness.target.resources.web_tier import WebTier

KILLED = 137
WORKER_MEMORY_EXIT = "12"
VISITORS = 20
PAGES = 2
PATIENCE_S = 30
SLOW_S, LONGEST_SLOW_S = 4, 20
SAMPLES = 3
ROOM = 2
"""A slow request takes so many times as long as the others need, on any machine."""
HELD = 2
"""Slow requests for each task: PHP-FPM's smallest sensible pool has more workers than that."""
ANSWERED = 8
"""Far fewer than a task answers in the time of a slow request; one or two may come before it."""
STEADY_S = 25.0
"""Longer than a long poll of an empty queue."""

NOT_THERE = not_covered("its tasks cannot be seen from outside")


@pytest.mark.truth(
    local=emulated("control stands in for ECS; tasks that scenarios kill on purpose do not count"),
    aws=proved,
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "logs")
@pytest.mark.read_only(runs_last=True)
def test_no_task_of_a_service_ends_by_itself(
    access: Access,
    task_logs: LogReader,
    tasks_of: Callable[[str, str], list[dict[str, Any]]],
    eventually: Callable[..., Any],
) -> None:
    def longest_runs() -> dict[str, float]:
        longest = {}
        for kind, name in access.services.items():
            stopped = tasks_of(name, "STOPPED")
            for task in stopped:
                log = partial(task_logs.log_of, str(task["taskArn"]).rpartition("/")[2])
                assert_was_stopped("worker" if kind == access.worker else kind, task, log=log)
            ran = [ran_s(task) for task in [*stopped, *tasks_of(name, "RUNNING")]]
            longest[name] = max(ran, default=0.0)
        return longest

    eventually(
        longest_runs,
        until=lambda longest: min(longest.values(), default=STEADY_S) >= STEADY_S,
        what=f"One of the services has had no task that ran for {STEADY_S:g} s",
        within_s=4 * STEADY_S,
        cause=cause_of_no_task,
    )


@pytest.mark.truth(local=proved, aws=proved, url=NOT_THERE)
@pytest.mark.requires("ecs", "logs")
@pytest.mark.read_only(runs_last=True)
def test_supervised_programs_run_on(task_logs: LogReader) -> None:
    for container, log in task_logs.logs():
        program = failed_program(log)
        expect(
            program is None,
            f"in {container}, supervisord cannot keep {program}",
            cause=f"supervisord cannot keep a program running, and its container runs on without"
            f" it: {program}",
            certain=True,
        )


def ran_s(task: dict[str, Any]) -> float:
    """Return a task's running time until now, or until it stopped, in seconds."""
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


def cause_of_no_task(longest: dict[str, float]) -> str:
    """Name the services of which no task runs or ran lately; empty where each has one."""
    names = [name for name, seconds in longest.items() if not seconds]
    if not names:
        return ""
    return f"there is no task of {' and of '.join(names)}: scale it to the desiredCount of its file"


def assert_was_stopped(kind: str, task: dict[str, Any], *, log: Callable[[], str]) -> None:
    """Check that ECS stopped a task, or a scenario killed it, but that it did not end by itself."""
    if task.get("stopCode") != "EssentialContainerExited":
        return
    ends = [end for end in task["containers"] if end.get("exitCode") is not None]
    reasons = " ".join(end["reason"] for end in ends if end.get("reason"))
    # ECS then stops the task's other containers, which may exit with 0.
    killed = any(end["exitCode"] == KILLED for end in ends)
    codes = ", ".join(str(end["exitCode"]) for end in ends)
    was_stopped = not reasons if killed else not ends
    error = "" if was_stopped else error_like_a_lost_connection(log())
    expect(
        was_stopped,
        f"a {kind} task ended by itself with exit code {codes} {reasons}"
        + (f"; its last error: {error}" if error else ""),
        cause=end_cause(kind, codes, reasons, error),
    )


def end_cause(kind: str, codes: str, reasons: str, error: str = "") -> str:
    """Return why a task ended by itself; empty where only its log can show it."""
    if error:
        return (
            f"the worker ends (exit code {codes}) after an error that Laravel takes for a lost"
            f" connection to the database: {error}"
        )
    if "OutOfMemory" in reasons:
        return f"a {kind} task was killed for memory: it needs more than its task definition allows"
    if kind == "worker" and codes == WORKER_MEMORY_EXIT:
        return (
            "the worker ends again and again at its --memory limit (exit code 12), and ECS starts"
            " another: raise --memory, or look for a leak"
        )
    if kind == "worker" and codes == "0":
        return (
            f"the worker ends by itself (exit code {codes}) and is started again: queue:work must"
            " not have --stop-when-empty, --once, or a small --max-jobs or --max-time, and nothing"
            " that starts or is scheduled may run queue:restart"
        )
    return ""


@pytest.mark.truth(
    local=proved,
    aws=not_covered("no command can be run in a task there yet"),
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_nginx_limits_count_visitors_and_not_the_balancer(nginx_configuration: str) -> None:
    zones = ", ".join(nginx_config.limits_by_peer(nginx_configuration))
    expect(
        not zones,
        f"nginx limits by its client's address: {zones}",
        cause=f"nginx's limit {zones} counts by $remote_addr, which is the load balancer's: all"
        " visitors share it, and a burst turns most of them away: leave it to the app's own limits"
        " or a firewall, or make its key of X-Forwarded-For with a map",
        certain=True,
    )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("no command can be run in a task there yet"),
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_nginx_keep_alive_outlasts_the_load_balancers(
    nginx_configuration: str, web_tier: WebTier
) -> None:
    keep_s = nginx_config.keep_alive_s(nginx_configuration)
    idle_s = web_tier.balancer.idle_timeout_s()
    # Without keep-alive, nginx closes each connection with its answer, and the balancer knows it.
    expect(
        keep_s is None or keep_s > idle_s,
        f"nginx's keepalive_timeout is {keep_s} s and the load balancer's idle time-out {idle_s} s",
        cause=f"nginx's keepalive_timeout ({keep_s} s) is not longer than the load balancer's idle"
        f" time-out ({idle_s} s): the balancer meets connections that nginx has just closed, and"
        " visitors get 502 now and then",
        certain=True,
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
def test_burst_of_visitors_is_answered(
    web: Callable[[], requests.Session], access: Access, public_page: str
) -> None:
    visitors = [web() for _ in range(VISITORS)]

    def look(visitor: requests.Session) -> list[requests.Response]:
        page = access.public_url + public_page
        return [visitor.get(page, timeout=PATIENCE_S) for _ in range(PAGES)]

    with ThreadPoolExecutor(VISITORS) as pool:
        answers = [answer for some in pool.map(look, visitors) for answer in some]
    refused = {
        answer.status_code: answer for answer in answers if answer.status_code != HTTPStatus.OK
    }
    statuses = sorted(refused)
    expect(
        not statuses,
        f"of {VISITORS * PAGES} requests of {VISITORS} visitors at once, some were answered with"
        f" {statuses}",
        cause="visitors are turned away with 429: a rate limit counts them as one, since the app"
        " does not trust the load balancer and takes its address for theirs, or it is lower than a"
        " burst"
        if 429 in statuses
        else next(filter(None, map(status_cause, refused.values())), ""),
    )


@pytest.mark.truth(
    local=emulated(
        "nginx stands in for the load balancer, this machine's processors for Fargate's"
    ),
    aws=proved,
    url=not_covered("slow requests would hold PHP's workers in production"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(exclusive=True)
def test_slow_requests_do_not_block_others(probe: ProbeClient, web_tier: WebTier) -> None:
    held = HELD * len(web_tier.running())
    began = time.monotonic()
    for _ in range(SAMPLES):
        probe.whoami()
    slow_s = hold_s((time.monotonic() - began) / SAMPLES)
    answered = 0
    with ThreadPoolExecutor(held) as pool:
        slow = [pool.submit(probe.slow, slow_s, timeout_s=slow_s + PATIENCE_S) for _ in range(held)]
        while answered < ANSWERED and not any(future.done() for future in slow):
            probe.whoami()
            answered += 1
    statuses = {future.result().status_code for future in slow}
    refused = sorted(statuses & {*range(HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)})
    assert not refused, f"requests of {slow_s} s were refused with {refused}, and held no worker"
    expect(
        answered >= ANSWERED,
        f"no more than {answered} others were answered while {held} requests took {slow_s} s each",
        cause="PHP-FPM has too few workers (pm.max_children): a few slow requests stop a whole"
        " task, and its health check with it",
    )


def hold_s(each_s: float) -> int:
    """Return how long a slow request takes where another takes this long, in seconds."""
    return min(max(SLOW_S, math.ceil(ROOM * ANSWERED * each_s)), LONGEST_SLOW_S)
