"""Time-outs fit each other, and PHP's workers fit the task's memory and the database.

Nothing is scaled: what counts are the values that are deployed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.images.inspect import fpm_config, nginx_config
from harness.report import not_covered, proved
from harness.target.resources.ecs import php_container, services_of
from harness.target.resources.job_queue import LONGEST_DELAY_S
from harness.target.resources.queue_worker import LONGEST_HIDING_S
from scenarios.jobs import SQS
from scenarios.timeouts import NGINX_FILES, PROCESSES, RequestChain, memory_need

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.images.inspect.fpm_config import Pool
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.pages import Pages
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.job_queue import JobQueue
    from harness.target.resources.web_tier import WebTier

WHILE_DEPLOYED = "while one release replaces another"
VISITS = 10
"""Requests before PHP's memory is measured."""
LARGEST_PERCENT = 200
"""ECS's default for maximumPercent."""

as_task = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("no command can be run in a task there")
)


@pytest.fixture
def fpm_files(run_in_task: Callable[..., ExecResult]) -> str:
    """PHP-FPM's files in a web task."""
    return run_in_task(["sh", "-c", fpm_config.PRINT_FILES]).stdout


@pytest.fixture
def pools(fpm_files: str) -> list[Pool]:
    """The pools of PHP-FPM in a web task."""
    fpm_pools = fpm_config.pools(fpm_files)
    if not any(pool.children for pool in fpm_pools):
        pytest.skip("not covered: the web task has no configuration of PHP-FPM")
    return fpm_pools


@as_task
@pytest.mark.requires("http", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_timeouts_of_a_request_fit_each_other(
    pools: list[Pool],
    fpm_files: str,
    run_in_task: Callable[..., ExecResult],
    web_tier: WebTier,
    record_property: Callable[[str, object], None],
) -> None:
    listing = run_in_task(["sh", "-c", NGINX_FILES])
    printed = run_in_task(["sh", "-c", fpm_config.PHP_SETTINGS]).stdout
    settings = fpm_config.php_settings(fpm_files, printed)
    if fpm_config.EXECUTION not in settings:
        pytest.skip("not covered: PHP-FPM is not where images have it")
    chain = RequestChain(
        balancer_s=web_tier.balancer.idle_timeout_s(),
        nginx_s=None if listing.exit_code else nginx_config.fastcgi_read_s(listing.stdout),
        terminate_s=max(pool.terminate_s for pool in pools),
        execution_s=max(0.0, float(settings[fpm_config.EXECUTION])),
    )
    record_property("time-outs of a request", str(chain))
    record_property("deregistration delay, s", web_tier.group.drains_for_s())
    for cause in chain.causes():
        expect(not cause, str(chain), cause=cause, certain=True)


@as_task
@pytest.mark.requires("http", "code", "queue")
@pytest.mark.read_only
def test_jobs_own_timeouts_fit_the_queue(app_code: dict[str, Any], job_queue: JobQueue) -> None:
    visibility_s = job_queue.visibility_s()
    for job in app_code["jobs"]:
        place = f"{job['file']} line {job['line']}"
        expect(
            job["timeout"] < visibility_s,
            f"the job in {place} may take {job['timeout']} s, and the queue waits {visibility_s} s",
            cause=f"the time-out of the job in {place} ({job['timeout']} s) is not shorter than the"
            f" queue's visibility time-out ({visibility_s} s): the job is delivered again while it"
            " runs; queue:work's --timeout does not count where a job has its own",
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "code", "queue")
@pytest.mark.read_only
def test_jobs_own_tries_fit_the_queue(app_code: dict[str, Any], job_queue: JobQueue) -> None:
    for job in app_code.get("tries", ()):
        most, place = job_queue.most_receives(), f"{job['file']} line {job['line']}"
        expect(
            job["tries"] <= most,
            f"the job in {place} is tried up to {job['tries']} times, and SQS hands it out {most}"
            " times",
            cause=f"the tries of the job in {place} ({job['tries']}) are more than the queue's"
            f" maxReceiveCount ({most}): SQS takes the job away before Laravel gives it up, so that"
            " it never comes to failed_jobs; queue:work's --tries does not count where a job has"
            " its own",
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "code", "queue")
@pytest.mark.read_only
def test_jobs_wait_no_longer_than_sqs_lets_them(
    app_code: dict[str, Any], configuration: dict[str, Any]
) -> None:
    for job in app_code.get("backoffs", ()):
        place = f"{job['file']} line {job['line']}"
        expect(
            job["seconds"] <= LONGEST_HIDING_S,
            f"the job in {place} waits {job['seconds']} s after a failure",
            cause=f"the backoff (or release()) of the job in {place} ({job['seconds']} s) is longer"
            f" than SQS hides a message ({LONGEST_HIDING_S} s, 12 hours): SQS refuses it, and the"
            " job comes back after the queue's visibility time-out instead",
            certain=True,
        )
    default = configuration["resources"]["connection"].get(configuration["defaults"]["connection"])
    delays = app_code.get("delays", ()) if default and default.get("driver") == SQS else ()
    for delay in delays:
        place = f"{delay['file']} line {delay['line']}"
        expect(
            delay["seconds"] <= LONGEST_DELAY_S,
            f"{place} delays what it queues by {delay['seconds']} s",
            cause=f"{place} delays what it puts into the queue by {delay['seconds']} s, and SQS"
            f" takes no more than {LONGEST_DELAY_S} s (15 minutes), so that it refuses the message:"
            " have the schedule queue it when it is due, or take a connection of the database",
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_php_workers_fit_the_memory_of_their_task(
    pools: list[Pool],
    visitor: Browser,
    pages: Pages,
    access: Access,
    web_tier: WebTier,
    run_in_task: Callable[..., ExecResult],
    record_property: Callable[[str, object], None],
) -> None:
    for _ in range(VISITS):
        visitor.get(pages.public)
    children = sum(pool.children for pool in pools)
    need = memory_need(run_in_task(["sh", "-c", PROCESSES]).stdout, children=children)
    if need is None:
        pytest.skip("not covered: PHP-FPM does not run in the task's first container")
    definition = web_tier.definition()
    php = php_container(definition, access=access)
    memory_mib = int(php.get("memory") or definition["memory"])
    record_property("memory of PHP's workers", f"{need}; the task has {memory_mib} MiB")
    expect(
        need.total_mib <= memory_mib,
        f"{need}, and the task has {memory_mib} MiB",
        cause=f"{need}, and the task has {memory_mib} MiB: it is killed when all are busy: lower"
        " pm.max_children, or give the task more memory",
        certain=True,
    )


@as_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_tasks_fit_the_connections_of_the_database(
    pools: list[Pool],
    access: Access,
    ecs: Any,
    web_tier: WebTier,
    record_property: Callable[[str, object], None],
) -> None:
    if not access.max_connections:
        pytest.skip("not covered: set database.instance_class or database.max_connections")
    children, need, reason = sum(pool.children for pool in pools), 0, WHILE_DEPLOYED
    for service in services_of(access, ecs=ecs).values():
        each = children if service.name == web_tier.name else 1
        tasks, scaled = most_tasks(service.describe()), access.max_capacities.get(service.name, 0)
        if scaled > tasks:
            reason = f"when auto scaling has started {scaled} tasks of {service.name} (MaxCapacity)"
        need += each * max(tasks, scaled)
    need += int(access.schedule.get("run_task", {}).get("count", 1)) if access.schedule else 0
    usage = f"{need} of {access.max_connections}"
    record_property("connections to the database, at the most", usage)
    expect(
        need <= access.max_connections,
        f"the tasks may hold {need} connections, and there are {access.max_connections}",
        cause=f"the tasks may hold {need} connections to the database {reason}"
        f" (pm.max_children = {children} in each web task), and max_connections with"
        f" MaxConnectionsPercent allow {access.max_connections}: requests wait for one, and end"
        " with 9501 or 1040",
        certain=True,
    )


def most_tasks(service: dict[str, Any]) -> int:
    """Return how many tasks of a service run at once while it is deployed."""
    settings = service.get("deploymentConfiguration", {})
    percent = int(settings.get("maximumPercent", LARGEST_PERCENT))
    return max(int(service["desiredCount"]) * percent // 100, int(service["desiredCount"]))
