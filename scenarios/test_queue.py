"""The worker runs each job that web dispatches: once, even if it fails, is killed or stops."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.report import emulated, not_covered, proved
from harness.target.resources.ecs import command_line, php_container
from harness.target.resources.job_queue import FIFO, LONGEST_DELAY_S
from harness.target.resources.queue_worker import LONGEST_HIDING_S, flags, longest_backoff_s
from harness.target.target import QUEUE
from scenarios.jobs import (
    DEAF_WORKER,
    SQS,
    delivered_again,
    expect_connection,
    expect_one_effect,
    expect_workers,
    late_cause,
    other_consumer_cause,
    outcomes,
    run_by_web,
    single_try_cause,
    too_many_tries,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.replay.toolbox import Toolbox
    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.ecs_exec import ExecResult
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
    "for key in default prefix; do php artisan config:show cache.$key --no-ansi || exit; done",
]
KILLED = (137, 143)
"""Exit codes of a process that a signal ended."""
STOP_TIMEOUT_S = 30
"""ECS's own default for stopTimeout."""
LONGEST_NAP_S = 30
"""A worker that sleeps for longer after an empty poll keeps visitors waiting for their mails."""
RECEIVE_S = 3.0
"""How long a worker may take to receive a job again that failed at once."""
BURST = 12
"""Enough jobs for another consumer of the queue to receive one."""
as_read = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("queue and task definition cannot be read there")
)
needs_worker = pytest.mark.requires("http", "probe", "ecs", "jobs")
needs_sqs = pytest.mark.requires("queue")


def at(text: str) -> datetime:
    """Parse one of the probe's times."""
    return datetime.fromisoformat(text)


@as_worker
@needs_worker
@pytest.mark.mutates
def test_dispatched_job_runs_once_in_the_worker(
    jobs: Jobs, worker: EcsService, access: Access, until_done: Callable[..., dict[str, Any]]
) -> None:
    state = until_done(jobs.dispatch())
    workers = worker.known()  # including those that have ended
    (run,) = state["runs"]
    expect(
        run["task"] in workers,
        f"the job ran in task {run['task']}, and the workers are {sorted(workers)}",
        cause=run_by_web(access.jobs_on)
        if run["connection"] == "sync"
        else other_consumer_cause(run["task"]),
    )
    expect_connection(run, access.jobs_on)
    assert state["dispatched_by"] not in workers, "the job was dispatched by a worker"
    assert run["outcome"] == "succeeded", (
        f"the job had its effect and stays on the queue: its run ended: {run['outcome']},"
        f" {run['error']}"
    )
    expect_one_effect(state)


@as_worker
@needs_worker
@pytest.mark.mutates
def test_burst_of_jobs_runs_in_the_workers_only(
    jobs: Jobs, worker: EcsService, access: Access, until_done: Callable[..., dict[str, Any]]
) -> None:
    burst = [jobs.dispatch() for _ in range(BURST)]
    runs = [run for job in burst for run in until_done(job)["runs"]]
    for run in runs:
        expect_connection(run, access.jobs_on)
    expect_workers(runs, worker)


@as_worker
@needs_worker
@pytest.mark.mutates
def test_failing_job_backs_off_and_succeeds(
    jobs: Jobs, worker_command: list[str], until_done: Callable[..., dict[str, Any]]
) -> None:
    tries = flags(worker_command)["tries"]
    # One try is a fault, and a job is tried again all the same; without a limit, twice is enough.
    pauses = [1, 2][: max(1, tries - 1) if tries else 2]
    state = until_done(jobs.dispatch(fail_times=len(pauses), backoff_s=pauses))
    expect(
        outcomes(state) == [*["threw"] * len(pauses), "succeeded"],
        f"its runs ended: {outcomes(state)}",
        cause=single_try_cause(worker_command),
    )
    attempts = [run["attempt"] for run in state["runs"]]
    assert attempts == list(range(1, len(pauses) + 2)), f"its attempts are {attempts}"
    for pause, former, latter in zip(pauses, state["runs"][:-1], state["runs"][1:], strict=True):
        waited = at(latter["started_at"]) - at(former["ended_at"])
        # Redis counts whole seconds.
        early_s = 0.1 if former["connection"] == SQS else 1.0
        assert waited >= timedelta(seconds=pause - early_s), (
            f"attempt {latter['attempt']} came after {waited}, and should back off for {pause} s"
        )
    expect_one_effect(state)


@as_worker
@needs_worker
@pytest.mark.mutates
def test_poison_job_ends_in_failed_jobs(
    jobs: Jobs,
    worker_command: list[str],
    until_done: Callable[..., dict[str, Any]],
    dead_letter_cause: Callable[..., str],
) -> None:
    tries = flags(worker_command)["tries"]
    job = jobs.dispatch(poison=True, backoff_s=[0])
    state = until_done(job, takes_s=tries * RECEIVE_S)
    assert state["failed"], "the job is not in failed_jobs"
    assert len(state["runs"]) == tries, (
        f"the job ran {len(state['runs'])} times, with tries={tries}"
    )
    cause = dead_letter_cause(job, tries=tries)
    expect(not cause, "the job is in the dead-letter queue", cause=cause)


@pytest.fixture
def dead_letter_cause(toolbox: Toolbox, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Why a job is in SQS's dead-letter queue; empty if it is not there."""

    def cause(job: str, *, tries: int) -> str:
        if QUEUE not in toolbox.target.capabilities:
            return ""
        job_queue: JobQueue = request.getfixturevalue("job_queue")
        dead, most = job_queue.take_dead(job), job_queue.most_receives()
        return too_many_tries(tries, most=most) if dead else ""

    return cause


@as_worker
@needs_worker
@needs_sqs
@pytest.mark.mutates
def test_job_past_max_receive_count_is_dead_lettered(
    jobs: Jobs,
    job_queue: JobQueue,
    eventually: Callable[..., Any],
    job_timeout_s: float,
    observe: Callable[..., None],
) -> None:
    most = job_queue.most_receives()
    # A job that asks for more tries than the queue grants stands for one that kills its workers.
    job = jobs.dispatch(poison=True, backoff_s=[0], tries=most * 2)
    eventually(
        lambda: job_queue.take_dead(job),
        until=bool,
        what=f"the job is not in the dead-letter queue after {most} receives",
        within_s=job_timeout_s + most * RECEIVE_S,
        cause=lambda _: late_cause(jobs.state_of(job)),
    )
    state = jobs.state_of(job)
    observe("runs", number=len(state["runs"]))
    assert len(state["runs"]) == most, f"the job ran {len(state['runs'])} times, and not {most}"
    assert not state["failed"], "the job is in failed_jobs besides"


@as_worker
@needs_worker
@pytest.mark.mutates
def test_delayed_job_is_not_early(
    jobs: Jobs, access: Access, until_done: Callable[..., dict[str, Any]]
) -> None:
    if access.resources.get("queue", "").endswith(FIFO):
        pytest.skip("not covered: a FIFO queue delays no single message")
    delay = timedelta(seconds=3)
    state = until_done(jobs.dispatch(delay_s=3))
    waited = at(state["runs"][0]["started_at"]) - at(state["dispatched_at"])
    # SQS counts whole seconds.
    assert waited >= delay - timedelta(seconds=1), f"a job delayed for {delay} ran after {waited}"


@as_read
@pytest.mark.requires("ecs", "queue")
@pytest.mark.read_only
def test_worker_flags_fit_the_queue(worker: EcsService, job_queue: JobQueue) -> None:
    container = worker.container()
    values = flags(command_line(container))
    visibility_s, most = job_queue.visibility_s(), job_queue.most_receives()
    poll_s = int(job_queue.attributes().get("ReceiveMessageWaitTimeSeconds", 0))
    memory_mib = int(container.get("memory") or worker.definition()["memory"])
    stop_s, longest_s = container.get("stopTimeout", STOP_TIMEOUT_S), poll_s + values["timeout"]
    backoff_s = longest_backoff_s(command_line(container))
    rules = {
        f"the queue's visibility time-out ({visibility_s} s) is not longer than queue:work's"
        f" --timeout ({values['timeout']} s): a job that takes longer is delivered again while it"
        " runs": visibility_s > values["timeout"],
        "queue:work's --timeout is 0: no job is ever given up, and the queue hands it out"
        " again": values["timeout"] > 0,
        f"queue:work's --sleep is {values['sleep']}: a job that comes after an empty poll waits for"
        f" up to {values['sleep']} s, and a visitor for the mail": values["sleep"] <= LONGEST_NAP_S,
        f"queue:work's --rest is {values['rest']}: after each job a worker takes none for"
        f" {values['rest']} s, and visitors wait for their mails": values["rest"] <= LONGEST_NAP_S,
        f"queue:work's --backoff is {backoff_s} s, longer than SQS hides a message"
        f" ({LONGEST_HIDING_S} s, 12 hours): SQS refuses it, and a failed job comes back after the"
        " queue's visibility time-out instead": backoff_s <= LONGEST_HIDING_S,
        "queue:work's --tries is 0: a job that fails is tried until SQS takes it away, and never"
        " comes to failed_jobs": values["tries"] > 0,
        too_many_tries(values["tries"], most=most): values["tries"] <= most,
        f"queue:work's --memory ({values['memory']} MB) is not below the worker's memory"
        f" ({memory_mib} MiB): Fargate kills a worker that grows, in the middle of a job, before it"
        " ends by itself": values["memory"] < memory_mib,
        f"the worker's stopTimeout ({stop_s} s) is shorter than a long poll and the longest job"
        f" ({longest_s} s), so that a deployment kills jobs": stop_s >= longest_s,
    }
    for cause, holds in rules.items():
        expect(holds, cause, cause=cause, certain=True)


@pytest.mark.truth(local=proved, aws=proved, url=not_covered("no command can be run in its tasks"))
@pytest.mark.requires("ecs", "elb", "jobs", "exec")
@pytest.mark.read_only
def test_workers_share_the_cache_of_the_web_tasks(
    worker: EcsService, run_in_task: Callable[..., ExecResult]
) -> None:
    workers = sorted(worker.running())
    assert workers, "no worker runs"
    outputs = [run_in_task(CACHE, task=task) for task in ("", workers[0])]
    assert not any(output.exit_code for output in outputs), (
        f"artisan cannot show the cache: {outputs}"
    )
    web, other = (" ".join(output.stdout.split()) for output in outputs)
    expect(
        other == web,
        f"the cache of the worker is {other} and that of the web task {web}",
        cause=SettingCause(
            "CACHE_STORE",
            f"worker and web task do not share their cache ({other}; {web}): CACHE_STORE,"
            " CACHE_PREFIX or APP_NAME differ, so that locks, unique jobs and queue:restart do not"
            " reach each other",
        ),
        certain=True,
    )


@as_read
@pytest.mark.requires("queue")
@pytest.mark.read_only
def test_queues_keep_a_job_as_long_as_it_may_wait(job_queue: JobQueue) -> None:
    kept_s, dead_s = job_queue.kept_s()
    waits_s = LONGEST_DELAY_S + job_queue.most_receives() * job_queue.visibility_s()
    expect(
        kept_s > waits_s,
        f"the queue keeps a message for {kept_s} s, and a job that is delayed and delivered again"
        f" may wait for {waits_s} s",
        cause=f"the queue's MessageRetentionPeriod ({kept_s} s) is shorter than a job may wait"
        f" ({waits_s} s): SQS drops it without a word",
        certain=True,
    )
    # A message keeps its age when SQS moves it.
    expect(
        dead_s is None or dead_s >= kept_s,
        f"the dead-letter queue keeps a message for {dead_s} s and the queue for {kept_s} s",
        cause=f"the dead-letter queue's MessageRetentionPeriod ({dead_s} s) is shorter than the"
        f" queue's ({kept_s} s): failed jobs are gone before anybody looks",
        certain=True,
    )


@pytest.mark.truth(
    local=emulated("the engine's kill stands for a host that fails"),
    aws=not_covered("a Fargate task cannot be killed without a stop signal"),
    url=not_covered("its tasks cannot be killed from outside"),
)
@pytest.mark.requires("http", "probe", "ecs", "queue", "containers")
@pytest.mark.mutates(exclusive=True)
def test_job_of_a_killed_worker_runs_once_more(
    jobs: Jobs,
    job_queue: JobQueue,
    containers: Containers,
    worker: EcsService,
    until_begun: Callable[..., dict[str, Any]],
    until_done: Callable[..., dict[str, Any]],
) -> None:
    with job_queue.visibility(6):
        # A running long poll keeps the former time-out; one job for each worker ends them all.
        for short_job in [jobs.dispatch(duration_s=1) for _ in worker.running()]:
            until_done(short_job)
        job = jobs.dispatch(duration_s=3)
        (run,) = until_begun(job)["runs"]
        expect_workers([run], worker)
        killed_at = at(run["started_at"])
        containers.of_task(run["task"]).kill("SIGKILL")
        state = until_done(job)
    first, second = state["runs"]
    assert first["outcome"] is None, f"the killed run ended: {first['outcome']}"
    assert second["task"] in worker.running() - {first["task"]}, "the same task ran it again"
    assert second["attempt"] == 2, f"the second run is attempt {second['attempt']}"
    hidden = at(second["started_at"]) - killed_at
    assert hidden >= timedelta(seconds=5), f"the job came back after {hidden}, while it was hidden"
    expect_one_effect(state)


@as_worker
@needs_worker
@pytest.mark.mutates(exclusive=True)
def test_scaling_to_zero_and_back_loses_no_job(
    jobs: Jobs,
    worker: EcsService,
    until_begun: Callable[..., dict[str, Any]],
    until_done: Callable[..., dict[str, Any]],
    eventually: Callable[..., Any],
    differences: Differences,
    access: Access,
) -> None:
    in_flight = jobs.dispatch(duration_s=4)
    (run,) = until_begun(in_flight)["runs"]
    expect_workers([run], worker)
    with worker.scaled_to(0):
        meanwhile = [jobs.dispatch() for _ in range(3)]
        stopped = eventually(
            lambda: worker.task(run["task"]),
            until=lambda task: task.get("lastStatus") == "STOPPED",
            what=f"the worker {run['task']} did not stop",
            within_s=differences.task_replacement_timeout_s,
            cause=DEAF_WORKER,
            certain=True,
        )
        state, code = jobs.state_of(in_flight), php_container(stopped, access=access)["exitCode"]
        expect(
            outcomes(state) == ["succeeded"] and code == 0,
            f"the worker exited with {code}, and the job in flight ended: {outcomes(state)}",
            cause="the worker was killed in the middle of a job: stopTimeout is too short, or the"
            " stop signal does not reach queue:work, for instance since a shell is in between"
            if code in KILLED
            else "",
        )
    for job in meanwhile:
        state = until_done(job)
        assert outcomes(state) == ["succeeded"], f"a job sent meanwhile ended: {outcomes(state)}"
        assert state["runs"][0]["task"] != run["task"], "a stopping worker took a new job"
    expect_one_effect(jobs.state_of(in_flight))


@as_worker
@needs_worker
@needs_sqs
@pytest.mark.mutates(runs_last=True)
def test_job_longer_than_the_default_visibility_runs_once(
    jobs: Jobs,
    long_job: Callable[[], str],
    long_job_s: float,
    until_done: Callable[..., dict[str, Any]],
    retry_while_unavailable: Callable[[Callable[[], Any]], Any],
) -> None:
    job = long_job() or retry_while_unavailable(lambda: jobs.dispatch(duration_s=long_job_s))
    state = until_done(job, takes_s=long_job_s)
    expect(
        outcomes(state) == ["succeeded"],
        f"its runs ended: {outcomes(state)}",
        cause=delivered_again(state) if len(state["runs"]) > 1 else "",
    )
    expect_one_effect(state)
