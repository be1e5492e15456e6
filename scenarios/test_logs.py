"""What the app has to say reaches the log of its task, and no secret does."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.job_queue import Jobs
    from harness.target.resources.schedule import Run, Scheduler

SECRETS_OF_THE_APP = ("db", "app")
USER_NAME = "username"

from_containers = pytest.mark.truth(
    local=proved,
    aws=not_covered("the log groups of CloudWatch are not read yet"),
    url=not_covered("logs cannot be seen from outside"),
)


@pytest.fixture
def logs_to(task_definitions: dict[str, dict[str, Any]]) -> Callable[[str], str]:
    """Say which variables of a task definition are about its log."""

    def told(kind: str) -> str:
        said = [
            f"{one['name']}={one['value']}"
            for container in task_definitions[kind]["containerDefinitions"]
            for one in container.get("environment", ())
            if one["name"].startswith("LOG_")
        ]
        return f"the {kind} task's definition says {', '.join(said) or 'nothing of LOG_CHANNEL'}"

    return told


@from_containers
@pytest.mark.requires("http", "probe", "ecs", "containers")
@pytest.mark.mutates
def test_what_the_app_logs_reaches_the_log_of_its_task(
    probe: ProbeClient, containers: Containers, eventually: Callable[..., Any]
) -> None:
    sign = f"cutover-{secrets.token_hex(6)}"
    told = probe.log(sign)
    eventually(
        lambda: sign in containers.log_of(told["task"]),
        until=bool,
        what=f"an error that the app logged to the channel {told['channel']!r}, whose level is"
        f" {told['level']!r}, is not in its task's log",
    )


@from_containers
@pytest.mark.requires("http", "probe", "ecs", "queue", "containers")
@pytest.mark.mutates
def test_the_error_of_a_job_reaches_the_log_of_its_worker(
    jobs: Jobs,
    containers: Containers,
    eventually: Callable[..., Any],
    logs_to: Callable[[str], str],
) -> None:
    job = jobs.dispatch(fail_times=1, backoff_s=[0])
    (run, *_) = eventually(
        lambda: jobs.seen(job)["runs"],
        until=lambda runs: any(one["outcome"] for one in runs),
        what=f"job {job} was not done",
    )
    eventually(
        lambda: f"job {job} was told to fail" in containers.log_of(run["task"]),
        until=bool,
        what=f"an error in the worker is not in its task's log: {logs_to('worker')}",
    )


@from_containers
@pytest.mark.requires("ecs", "schedule", "containers")
@pytest.mark.mutates
def test_the_error_of_a_command_reaches_the_log_of_the_schedulers_task(
    scheduler: Scheduler,
    containers: Containers,
    until_stopped: Callable[[str], Run],
    logs_to: Callable[[str], str],
) -> None:
    sign = f"cutover-{secrets.token_hex(6)}"
    task = scheduler.start(command=["php", "artisan", "cutover-probe:log", sign])
    run = until_stopped(task)
    assert run.exit_code == 0, f"the scheduler's task cannot run artisan: {run}"
    assert sign in containers.log_of(task), (
        f"an error in the scheduler is not in its task's log: {logs_to('scheduler')}"
    )


@from_containers
@pytest.mark.requires("ecs", "containers", "secrets")
@pytest.mark.read_only(looks_back=True)
def test_no_secret_is_in_the_log_of_a_task(
    containers: Containers, secret: Callable[[str], dict[str, str]]
) -> None:
    values = {
        (name, key): value
        for name in SECRETS_OF_THE_APP
        for key, value in secret(name).items()
        if key != USER_NAME
    }
    for container, said in containers.logs():
        found = [f"{key} of {name}" for (name, key), value in values.items() if value in said]
        assert not found, f"{container} writes secrets into its log: {', '.join(found)}"
