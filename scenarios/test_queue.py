"""What web puts off is done by the worker: once, even if it fails, is killed or is told to stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import emulated, not_covered, proved
from harness.target.resources.job_queue import LONG_JOB_S, LONGEST_DELAY_S
from harness.target.resources.queue_worker import flags

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers, ExecResult
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.job_queue import JobQueue, Jobs
    from harness.target.target import Differences

as_worker = pytest.mark.truth(
    local=emulated("the emulator's queue never delivers twice nor out of order, as SQS may"),
    aws=proved,
    url=not_covered("it would dispatch jobs in production"),
)
CACHE = [
    "sh",
    "-c",
    "for key in default prefix; do php artisan config:show cache.$key --no-ansi; done",
]
STOP_TIMEOUT_S = 30
"""How long ECS waits where a task definition says nothing."""
BURST = 12
"""Jobs enough that another taker than the workers would not miss all of them."""
as_read = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("queue and task definition cannot be read there")
)
needs_worker = pytest.mark.requires("http", "probe", "ecs", "queue")


def at(text: str) -> datetime:
    """Return one of the probe's times."""
    return datetime.fromisoformat(text)


def outcomes(seen: dict[str, Any]) -> list[str]:
    """Return how each run of a job ended; None is one that was cut off."""
    return [run["outcome"] for run in seen["runs"]]


@pytest.fixture
def until_done(
    eventually: Callable[..., Any],
    patiently: Callable[[Callable[[], Any]], Any],
    jobs: Jobs,
    differences: Differences,
) -> Callable[..., dict[str, Any]]:
    """Wait until a job has left its effect or was given up, and return what became of it."""

    def wait(job: str, *, within_s: float = differences.replacement_s) -> dict[str, Any]:
        seen: dict[str, Any] = eventually(
            lambda: patiently(lambda: jobs.seen(job)),
            until=lambda seen: (seen["effects"] or seen["failed"]) and any(outcomes(seen)[-1:]),
            what=f"job {job} was not done",
            within_s=within_s,
        )
        return seen

    return wait


@pytest.fixture
def until_begun(eventually: Callable[..., Any], jobs: Jobs) -> Callable[..., dict[str, Any]]:
    """Wait until a job runs, and return what is known of it."""

    def wait(job: str) -> dict[str, Any]:
        seen: dict[str, Any] = eventually(
            lambda: jobs.seen(job),
            until=lambda seen: seen["runs"],
            what=f"job {job} did not begin",
        )
        return seen

    return wait


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_job_that_web_dispatches_runs_once_in_the_worker(
    jobs: Jobs, worker: EcsService, until_done: Callable[..., dict[str, Any]]
) -> None:
    seen = until_done(jobs.dispatch())
    workers = worker.known()  # one that has ended since is a worker none the less
    (run,) = seen["runs"]
    assert run["task"] in workers, (
        f"the job ran in task {run['task']}, and the workers are {sorted(workers)}"
    )
    assert run["connection"] == "sqs", f"the job came over the connection {run['connection']!r}"
    assert seen["dispatched_by"] not in workers, "the job was dispatched by a worker"
    assert run["outcome"] == "succeeded", (
        f"the job did its work and was not taken off the queue: its run ended: {run['outcome']}"
    )
    assert len(seen["effects"]) == 1, f"the job had its effect {len(seen['effects'])} times"


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_burst_of_jobs_runs_in_the_workers_and_nowhere_else(
    jobs: Jobs, worker: EcsService, until_done: Callable[..., dict[str, Any]]
) -> None:
    burst = [jobs.dispatch() for _ in range(BURST)]
    runs = [run for job in burst for run in until_done(job)["runs"]]
    for run in runs:
        assert run["connection"] == "sqs", f"the job came over the connection {run['connection']!r}"
    elsewhere = {str(run["task"]) for run in runs} - worker.known()
    assert not elsewhere, (
        f"of {BURST} jobs some ran in what is no worker: {', '.join(sorted(elsewhere))}"
    )


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_job_that_fails_twice_backs_off_and_succeeds(
    jobs: Jobs, until_done: Callable[..., dict[str, Any]]
) -> None:
    pauses = [1, 2]
    seen = until_done(jobs.dispatch(fail_times=2, backoff_s=pauses))
    assert outcomes(seen) == ["threw", "threw", "succeeded"], f"its runs ended: {outcomes(seen)}"
    assert [run["attempt"] for run in seen["runs"]] == [1, 2, 3]
    for pause, former, latter in zip(pauses, seen["runs"][:-1], seen["runs"][1:], strict=True):
        waited = at(latter["started_at"]) - at(former["ended_at"])
        assert waited >= timedelta(seconds=pause - 0.1), (
            f"attempt {latter['attempt']} came after {waited}, and should back off for {pause} s"
        )
    assert len(seen["effects"]) == 1, f"the job had its effect {len(seen['effects'])} times"


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_poison_job_ends_in_failed_jobs_and_not_in_the_dead_letter_queue(
    jobs: Jobs,
    job_queue: JobQueue,
    worker: EcsService,
    until_done: Callable[..., dict[str, Any]],
) -> None:
    tries = flags(worker.container().get("command", ()))["tries"]
    job = jobs.dispatch(poison=True, backoff_s=[0])
    seen = until_done(job)
    assert seen["failed"], "the job is not in failed_jobs"
    assert len(seen["runs"]) == tries, f"the job ran {len(seen['runs'])} times, with tries={tries}"
    assert not job_queue.take_dead(job), (
        f"the job is in the dead-letter queue: tries={tries} is more than"
        f" maxReceiveCount={job_queue.most_receives()}"
    )


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_job_past_max_receive_count_lies_in_the_dead_letter_queue(
    jobs: Jobs, job_queue: JobQueue, eventually: Callable[..., Any]
) -> None:
    most = job_queue.most_receives()
    # A job that asks for more tries than the queue grants stands for one that kills its workers.
    job = jobs.dispatch(poison=True, backoff_s=[0], tries=most * 2)
    eventually(
        lambda: job_queue.take_dead(job),
        until=bool,
        what=f"the job is not in the dead-letter queue after {most} receives",
    )
    seen = jobs.seen(job)
    assert len(seen["runs"]) == most, f"the job ran {len(seen['runs'])} times, and not {most}"
    assert not seen["failed"], "the job is in failed_jobs besides"


@as_worker
@needs_worker
@pytest.mark.mutates
def test_a_delayed_job_is_not_early(jobs: Jobs, until_done: Callable[..., dict[str, Any]]) -> None:
    delay = timedelta(seconds=3)
    seen = until_done(jobs.dispatch(delay_s=3))
    waited = at(seen["runs"][0]["started_at"]) - at(seen["dispatched_at"])
    # SQS counts whole seconds.
    assert waited >= delay - timedelta(seconds=1), f"a job delayed for {delay} ran after {waited}"


@as_read
@pytest.mark.requires("ecs", "queue")
@pytest.mark.read_only
def test_the_workers_flags_fit_the_queue(worker: EcsService, job_queue: JobQueue) -> None:
    container = worker.container()
    told = flags(container.get("command", ()))
    attributes = job_queue.attributes()
    visibility_s = job_queue.visibility_s()
    assert visibility_s > told["timeout"], (
        f"the visibility time-out is {visibility_s} s and the job time-out {told['timeout']} s:"
        " a job that takes longer than the first runs twice"
    )
    assert told["timeout"] > 0, (
        "timeout=0: a job that hangs holds its worker for ever, and SQS hands it to another"
    )
    assert told["tries"] > 0, "tries=0: a job that fails is tried until SQS takes it away"
    most = job_queue.most_receives()
    assert told["tries"] <= most, (
        f"tries={told['tries']} is more than maxReceiveCount={most}: jobs that fail go to the"
        " dead-letter queue and never to failed_jobs"
    )
    poll_s = int(attributes["ReceiveMessageWaitTimeSeconds"])
    assert poll_s > 0, "the queue has no long poll: an idle worker misses messages and costs more"
    longest_s = poll_s + told["timeout"]
    stops_s = container.get("stopTimeout", STOP_TIMEOUT_S)
    assert stops_s >= longest_s, (
        f"stopTimeout is {stops_s} s, and a long poll and the longest job take"
        f" {longest_s} s: a deployment kills jobs"
    )


@pytest.mark.truth(local=proved, aws=proved, url=not_covered("no command can be run in its tasks"))
@pytest.mark.requires("ecs", "elb", "queue", "exec")
@pytest.mark.read_only
def test_the_workers_share_the_cache_of_the_web_tasks(
    worker: EcsService, run_in_task: Callable[..., ExecResult]
) -> None:
    web, *workers = (
        run_in_task(CACHE, **task).stdout.split()
        for task in ({}, *({"task": one} for one in sorted(worker.running())[:1]))
    )
    assert workers, "no worker runs"
    assert workers[0] == web, (
        f"the cache of the worker is {' '.join(workers[0])} and that of the web task"
        f" {' '.join(web)}: locks, unique jobs and queue:restart do not reach each other"
    )


@as_read
@pytest.mark.requires("queue")
@pytest.mark.read_only
def test_the_queues_keep_a_job_for_as_long_as_it_may_wait(job_queue: JobQueue) -> None:
    kept_s, dead_s = job_queue.kept_s()
    waits_s = LONGEST_DELAY_S + job_queue.most_receives() * job_queue.visibility_s()
    assert kept_s > waits_s, (
        f"the queue keeps a message for {kept_s} s, and a job that is delayed and delivered again"
        f" may wait for {waits_s} s: SQS drops it, and nobody hears of it"
    )
    assert dead_s is None or dead_s >= kept_s, (
        f"the dead-letter queue keeps a message for {dead_s} s and the queue for {kept_s} s: its"
        " age goes on counting when it is moved, and it can be gone before anybody looks"
    )


@pytest.mark.truth(
    local=emulated("the engine's kill stands for a host that fails"),
    aws=not_covered("a Fargate task cannot be killed without a stop signal"),
    url=not_covered("its tasks cannot be killed from outside"),
)
@pytest.mark.requires("http", "probe", "ecs", "queue", "containers")
@pytest.mark.mutates(alone=1)
def test_a_job_whose_worker_is_killed_comes_back_and_runs_once_more(
    jobs: Jobs,
    job_queue: JobQueue,
    containers: Containers,
    worker: EcsService,
    until_begun: Callable[..., dict[str, Any]],
    until_done: Callable[..., dict[str, Any]],
) -> None:
    with job_queue.visibility(6):
        # Long polls that are under way keep the former time-out: a job for each worker ends them.
        for ends_poll in [jobs.dispatch(duration_s=1) for _ in worker.running()]:
            until_done(ends_poll)
        job = jobs.dispatch(duration_s=3)
        (run,) = until_begun(job)["runs"]
        killed_at = at(run["started_at"])
        containers.of_task(run["task"]).kill("SIGKILL")
        seen = until_done(job)
    first, second = seen["runs"]
    assert first["outcome"] is None, f"the killed run ended: {first['outcome']}"
    assert second["task"] in worker.running() - {first["task"]}, "the same task ran it again"
    assert second["attempt"] == 2, f"the second run is attempt {second['attempt']}"
    hidden = at(second["started_at"]) - killed_at
    assert hidden >= timedelta(seconds=5), f"the job came back after {hidden}, while it was hidden"
    assert len(seen["effects"]) == 1, f"the job had its effect {len(seen['effects'])} times"


@as_worker
@needs_worker
@pytest.mark.mutates(alone=1)
def test_a_job_in_flight_finishes_and_none_is_lost_when_scaled_to_0_and_back(
    jobs: Jobs,
    worker: EcsService,
    until_begun: Callable[..., dict[str, Any]],
    until_done: Callable[..., dict[str, Any]],
    eventually: Callable[..., Any],
    differences: Differences,
) -> None:
    in_flight = jobs.dispatch(duration_s=4)
    (run,) = until_begun(in_flight)["runs"]
    with worker.scaled_to(0):
        meanwhile = [jobs.dispatch() for _ in range(3)]
        stopped = eventually(
            lambda: worker.task(run["task"]),
            until=lambda task: task.get("lastStatus") == "STOPPED",
            what=f"the worker {run['task']} did not stop",
            within_s=differences.replacement_s,
        )
        seen = jobs.seen(in_flight)
        assert outcomes(seen) == ["succeeded"], (
            f"the job in flight did not finish before its worker stopped: {outcomes(seen)}"
        )
        assert stopped["containers"][0]["exitCode"] == 0, (
            f"the worker exited with {stopped['containers'][0]['exitCode']}, not by itself"
        )
    for job in meanwhile:
        seen = until_done(job)
        assert outcomes(seen) == ["succeeded"], f"a job sent meanwhile: {outcomes(seen)}"
        assert seen["runs"][0]["task"] != run["task"], "a worker that was to stop took a new job"
    assert len(jobs.seen(in_flight)["effects"]) == 1, "the job in flight ran again"


@as_worker
@needs_worker
@pytest.mark.mutates(looks_back=True)
def test_a_job_longer_than_the_default_visibility_time_out_runs_once(
    jobs: Jobs, long_job: Callable[[], str], until_done: Callable[..., dict[str, Any]]
) -> None:
    job = long_job() or jobs.dispatch(duration_s=LONG_JOB_S)
    seen = until_done(job, within_s=LONG_JOB_S + 30)
    assert outcomes(seen) == ["succeeded"], f"its runs ended: {outcomes(seen)}"
    assert len(seen["effects"]) == 1, f"the job had its effect {len(seen['effects'])} times"
