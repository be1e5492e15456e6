"""Fixtures of the services behind the web tier: queue, worker, scheduler."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.replay.preconditions import WORKING_WORKER, Failure, skip_after
from harness.replay.replay_state import preconditions_of
from harness.target.clients import http
from harness.target.clients.browser import Browser
from harness.target.clients.probe import answer_or_unavailable
from harness.target.resources.ecs import EcsService, command_line, services_of
from harness.target.resources.job_queue import LONG_JOB_S, JobQueue, Jobs
from harness.target.resources.queue_worker import (
    LONGEST_SLEEP_S,
    flags,
    longest_job_s,
    queue_names,
)
from harness.target.resources.schedule import Scheduler
from harness.target.target import CHANGE, ECS, HTTP, JOBS, PROBE, QUEUE, SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.replay.toolbox import Toolbox
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.target import Differences

_LONG_JOB_FILE = "long-job.txt"
_NEEDED = frozenset({HTTP, PROBE, QUEUE, ECS, CHANGE})


@pytest.fixture(scope="session")
def job_queue(toolbox: Toolbox, aws: Callable[[str], Any]) -> JobQueue:
    """The app's queue and its dead-letter queue."""
    toolbox.need(QUEUE)
    return JobQueue(toolbox.target.access, sqs=aws("sqs"))


@pytest.fixture
def jobs(probe: ProbeClient, request: pytest.FixtureRequest) -> Jobs:
    """Jobs that the app dispatches on demand; a worker takes them, or a scenario is not run."""
    jobs, preconditions = Jobs(probe), preconditions_of(request.config)
    earlier = preconditions.failure(WORKING_WORKER)
    if earlier is not None:
        if not jobs.state_of(earlier.detail)["runs"]:
            skip_after(earlier, request.node)
        preconditions.forget(WORKING_WORKER)
    return jobs


@pytest.fixture
def report_untaken(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a job that no worker has taken: scenarios that would wait for the like are not run."""

    def report(job: str) -> None:
        failure = Failure(request.node.nodeid, "no worker takes a job", detail=job)
        preconditions_of(request.config).note(WORKING_WORKER, failure)

    return report


@pytest.fixture(scope="session")
def long_job(toolbox: Toolbox, access: Access) -> Callable[[], str]:
    """Dispatch, once a replay and early, a job that takes half a minute; return how to take it.

    Taking it gives its id, or nothing when it could not be dispatched: the scenarios report why.
    """
    path = Path(access.run_dir) / _LONG_JOB_FILE if access.run_dir else None
    if toolbox.target.lacks(_NEEDED):
        return str
    if path is None:
        job = _dispatch_long_job(toolbox)
        return lambda: job

    def take() -> str:
        job_id = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.unlink(missing_ok=True)
        return job_id

    with path.with_suffix(".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not path.is_file():
            path.write_text(_dispatch_long_job(toolbox), encoding="utf-8")
    return take


def _dispatch_long_job(toolbox: Toolbox) -> str:
    access = toolbox.target.access
    try:
        toolbox.wait_until_steady()
        with http.web(access) as session:
            visitor = Browser(session, access=access, probe_key=lambda: toolbox.probe_key)
            return Jobs(visitor.probe).dispatch(duration_s=_long_job_s(_worker(toolbox)))
    except Exception:  # noqa: BLE001 - beginning early must not fail scenarios that are not about it
        return ""


@pytest.fixture
def retry_while_unavailable(
    eventually: Callable[..., Any], differences: Differences
) -> Callable[[Callable[[], Any]], Any]:
    """Ask the app again while another scenario keeps its web tasks away or busy.

    A scenario that looks back runs beside the others, when the load balancer may have no target.
    """

    def ask(question: Callable[[], Any]) -> Any:
        return eventually(
            lambda: answer_or_unavailable(question, also_bad_gateway=True),
            until=lambda answer: isinstance(answer, list),
            what="The web tasks did not answer",
            within_s=differences.task_replacement_timeout_s,
        )[0]

    return ask


@pytest.fixture(scope="session")
def worker(toolbox: Toolbox) -> EcsService:
    """The worker's service."""
    toolbox.need(ECS)
    toolbox.need(JOBS)
    return _worker(toolbox)


@pytest.fixture
def worker_command(worker: EcsService) -> list[str]:
    """The words of the worker's command."""
    return command_line(worker.container())


def _worker(toolbox: Toolbox) -> EcsService:
    access = toolbox.target.access
    return services_of(access, ecs=toolbox.ecs)[access.worker]


@pytest.fixture
def long_job_s(worker: EcsService) -> float:
    """How long the long job takes, as the worker's --timeout allows."""
    return _long_job_s(worker)


def _long_job_s(worker: EcsService) -> float:
    return longest_job_s(command_line(worker.container()), wanted=LONG_JOB_S)


@pytest.fixture
def long_job_delay_s(worker: EcsService) -> float:
    """How long a job may wait for the long job to end: only where one worker takes them all."""
    return LONG_JOB_S if worker.describe()["desiredCount"] < 2 else 0.0


@pytest.fixture
def polls_s(worker_command: list[str], toolbox: Toolbox, request: pytest.FixtureRequest) -> float:
    """How long each run of a job may wait while its worker polls other queues of SQS."""
    if QUEUE not in toolbox.target.capabilities:
        return 0.0
    queue: JobQueue = request.getfixturevalue("job_queue")
    return queue.polls_of_others_s(queue_names(worker_command, default=queue.name))


@pytest.fixture
def job_timeout_s(
    worker_command: list[str], differences: Differences, long_job_delay_s: float, polls_s: float
) -> float:
    """How long a job may wait until it begins: a worker sleeps and rests for a sensible time."""
    options = flags(worker_command)
    pauses_s = sum(min(options[name], LONGEST_SLEEP_S) for name in ("sleep", "rest"))
    return differences.eventual_timeout_s + pauses_s + long_job_delay_s + polls_s


@pytest.fixture(scope="session")
def scheduler(toolbox: Toolbox, access: Access, aws: Callable[[str], Any]) -> Scheduler:
    """The rule of the scheduler, and its task."""
    toolbox.need(ECS)
    toolbox.need(SCHEDULE)
    return Scheduler(access, ecs=toolbox.ecs, aws=aws)
