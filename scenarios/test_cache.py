"""Sessions and jobs in Valkey or Redis outlive a cleared cache and a slow job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import not_covered, proved
from harness.target.resources.queue_worker import flags

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult

CLEAR = ["php", "artisan", "cache:clear", "--no-ansi"]
REDIS = "redis"
IN_ONE_DATABASE = (
    "php artisan cache:clear empties the Redis database in which the sessions are, and signs"
    " everybody out: SESSION_CONNECTION and REDIS_CACHE_DB must keep sessions and cache in"
    " databases of their own"
)
IN_A_CLUSTER = (
    "the cache is a cluster, which has database 0 alone, whatever REDIS_CACHE_DB says: php artisan"
    " cache:clear empties the sessions, too, and signs everybody out: keep them in the database, or"
    " in a cache of their own"
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
@pytest.mark.requires("http", "code", "ecs", "elb", "exec", "jobs", "cache")
@pytest.mark.read_only
def test_worker_timeouts_fit_retry_after(
    worker_command: list[str],
    access: Access,
    configuration: dict[str, Any],
    app_code: dict[str, Any],
) -> None:
    if access.jobs_on != REDIS:
        pytest.skip("not covered: the jobs are not in the cache")
    timeout_s = flags(worker_command)["timeout"]
    connection = configuration["resources"]["connection"].get(REDIS, {})
    retry_after_s = int(connection.get("retry_after") or RETRY_AFTER_S)
    given_s = {
        f"queue:work's --timeout ({timeout_s} s)": timeout_s,
        **{
            f"the time-out of the job in {job['file']} line {job['line']} ({job['timeout']} s)": (
                job["timeout"]
            )
            for job in app_code["jobs"]
        },
    }
    for name, seconds in given_s.items():
        expect(
            0 < seconds < retry_after_s,
            f"{name} is not shorter than retry_after, {retry_after_s} s",
            cause=f"{name} is not shorter than retry_after of the connection {REDIS}"
            f" ({retry_after_s} s, REDIS_QUEUE_RETRY_AFTER): a job that takes longer runs twice",
            certain=True,
        )
