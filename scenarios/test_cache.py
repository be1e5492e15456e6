"""Sessions and jobs in Valkey or Redis outlive a cleared cache and a slow job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.report import not_covered, proved
from harness.target.resources.queue_worker import connection, flags
from scenarios.jobs import worker_processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult

CLEAR = ["php", "artisan", "cache:clear", "--no-ansi"]
HANDED_OUT_AGAIN = ("redis", "database")
"""Drivers of queue connections that hand a job out again after retry_after."""
IN_ONE_DATABASE = SettingCause(
    "REDIS_CACHE_DB",
    "php artisan cache:clear empties the Redis database in which the sessions are, and signs"
    " everybody out: SESSION_CONNECTION and REDIS_CACHE_DB must keep sessions and cache in"
    " databases of their own",
)
IN_A_CLUSTER = SettingCause(
    "REDIS_CACHE_DB",
    "the cache is a cluster, which has database 0 alone, whatever REDIS_CACHE_DB says: php artisan"
    " cache:clear empties the sessions, too, and signs everybody out: keep them in the database, or"
    " in a cache of their own",
)
RETRY_AFTER_S = 90
"""Laravel's own default."""

as_task = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("no command can be run in a task there")
)


@as_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "cache")
@pytest.mark.mutates(exclusive=True)
def test_clearing_the_cache_keeps_sessions(
    probe: ProbeClient, access: Access, run_in_task: Callable[..., ExecResult]
) -> None:
    probe.put("seat", "D4")
    run_in_task(CLEAR)
    facts = probe.session()
    expect(
        facts["values"].get("seat") == "D4",
        f"the session is gone after cache:clear; its driver is {facts['driver']!r}",
        cause=IN_A_CLUSTER if access.cache_is_cluster else IN_ONE_DATABASE,
    )


@as_task
@pytest.mark.requires("http", "code", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_worker_timeouts_fit_retry_after(
    access: Access,
    ecs: Any,
    run_in_task: Callable[..., ExecResult],
    configuration: dict[str, Any],
    app_code: dict[str, Any],
) -> None:
    default = configuration["defaults"]["connection"]
    timeouts = [
        (
            connection(words) or default,
            f"queue:work's --timeout ({flags(words)['timeout']} s)",
            flags(words)["timeout"],
        )
        for _, words in worker_processes(access, ecs=ecs, run_in_task=run_in_task)
    ]
    if not timeouts:
        pytest.skip("not covered: no task runs queue:work")
    timeouts += [
        (
            default,
            f"the time-out of the job in {job['file']} line {job['line']} ({job['timeout']} s)",
            job["timeout"],
        )
        for job in app_code["jobs"]
    ]
    connections = configuration["resources"]["connection"]
    judged = [
        entry
        for entry in timeouts
        if connections.get(entry[0], {}).get("driver") in HANDED_OUT_AGAIN
    ]
    if not judged:
        pytest.skip("not covered: the jobs are neither in the cache nor in the database")
    for name, timeout, seconds in judged:
        retry_after_s = int(connections[name].get("retry_after") or RETRY_AFTER_S)
        expect(
            0 < seconds < retry_after_s,
            f"{timeout} is not shorter than retry_after, {retry_after_s} s",
            cause=f"{timeout} is not shorter than retry_after of the connection {name}"
            f" ({retry_after_s} s; config/queue.php, or the variable that it reads): a job that"
            " takes longer runs twice",
            certain=True,
        )
