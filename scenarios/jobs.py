"""The probe's jobs: how their runs ended, and why a job comes late or never."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.diagnosis.causes import find_cause
from harness.diagnosis.evidence import Evidence, Line
from harness.diagnosis.expect import SettingCause, expect
from harness.diagnosis.patterns.pattern import Source
from harness.target.resources.ecs import services_of
from harness.target.resources.queue_worker import flags, queue_command
from scenarios.timeouts import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.target.access import Access
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.ecs_exec import ExecResult

SQS = "sqs"
PROBE_JOBS = "cutover-probe:"
"""The names of the probe's own jobs begin so; they fail as they are told to."""
FAILED = ("failed", "threw")
DEAF_WORKER = (
    "the worker does not stop when ECS tells it to: the stop signal does not reach queue:work, as a"
    " shell that started it without exec is in between, or it is none that queue:work ends on:"
    " the image's STOPSIGNAL must be SIGTERM or SIGQUIT (PHP's images with Apache have SIGWINCH)"
)
UNRECORDED = SettingCause(
    "QUEUE_FAILED_DRIVER",
    "a job that failed for good is not in failed_jobs: QUEUE_FAILED_DRIVER is null, or keeps them"
    " where no other task sees them",
)
NOT_TRIED_AGAIN = (
    "a job whose worker was killed is not tried again: queue:work's --tries is 1, or the job's own"
    " $tries is"
)


def stopping_cause(workers: Iterable[EcsService]) -> str:
    """Return that a worker is told to stop and runs on; empty where none is."""
    stopping = (
        task
        for service in workers
        for task in service.tasks(status="STOPPED")
        if task["lastStatus"] != "STOPPED"
    )
    return DEAF_WORKER if any(stopping) else ""


def run_by_web(queue_connection: str) -> str:
    """Return the cause of jobs that the web task runs itself."""
    return SettingCause(
        "QUEUE_CONNECTION",
        f"QUEUE_CONNECTION is not {queue_connection} in the web task, which runs its jobs itself",
    )


def expect_connection(run: dict[str, Any], queue_connection: str) -> None:
    """Check that a job came to its run over the connection of the jobs."""
    connection = run["connection"]
    expect(
        connection == queue_connection,
        f"the job came over the connection {connection!r}",
        cause=run_by_web(queue_connection)
        if connection == "sync"
        else f'QUEUE_CONNECTION is "{connection}" in the web task, and must be {queue_connection}',
    )


def delivered_again(job: dict[str, Any]) -> str:
    """Return the cause of a job that is delivered again while it runs."""
    connection = next((run["connection"] for run in job["runs"]), SQS)
    former, *later = job["runs"]
    if connection == SQS and later and former["outcome"] == "succeeded":
        ended, again = former.get("ended_at"), later[0].get("started_at")
        if ended and again and again > ended:
            return (
                "a job was delivered again after it had ended: the worker does not take it from"
                " the queue (its role needs sqs:DeleteMessage)"
            )
    limit = (
        "the queue's visibility time-out"
        if connection == SQS
        else f"retry_after of the connection {connection}"
    )
    return f"a job was delivered again while it ran: {limit} is too short"


def outcomes(job: dict[str, Any]) -> list[str]:
    """Return the outcome of each run of a job; None is a run that was cut off."""
    return [run["outcome"] for run in job["runs"]]


def late_cause(job: dict[str, Any]) -> str:
    """Return why a job has not ended yet; empty where its runs do not show it."""
    ends = outcomes(job)
    if not ends:
        return ""
    is_poison = job.get("options", {}).get("poison")
    if not job["failed"] and (ends[-1] == "failed" or (is_poison and ends[-1] == "threw")):
        return UNRECORDED
    if ends[-1] is None and job["failed"]:
        return NOT_TRIED_AGAIN
    if ends[-1] is None:
        return (
            "a worker died in the middle of the job, which stays hidden until the visibility"
            " time-out has passed"
        )
    return ""


def single_try_cause(command: Sequence[str]) -> str:
    """Return that the worker's command tries a job once; empty if it tries again."""
    if flags(command)["tries"] != 1:
        return ""
    return "a job that fails is not tried again: queue:work's --tries is 1"


def other_consumer_cause(tasks: str) -> str:
    """Return why jobs run outside the workers."""
    return (
        f"something besides the workers takes jobs off the queue: {tasks}; queue:work is started by"
        " another task's command or by the image's entrypoint, or still runs on the old host"
    )


def expect_workers(runs: Sequence[dict[str, Any]], worker: EcsService) -> None:
    """Check that the workers, those that ended as well, did the runs."""
    outsiders = ", ".join(sorted({str(run["task"]) for run in runs} - worker.known()))
    expect(
        not outsiders,
        f"of {len(runs)} runs some were outside the workers: {outsiders}",
        cause=other_consumer_cause(outsiders),
    )


def too_many_tries(tries: int, *, most: int) -> str:
    """Return the cause of jobs that SQS takes away before Laravel gives them up."""
    return (
        f"queue:work's --tries ({tries}) is more than the queue's maxReceiveCount ({most}): SQS"
        " takes a failing job away before Laravel writes it to failed_jobs"
    )


def expect_one_effect(job: dict[str, Any]) -> None:
    """Check that a job had its effect once."""
    times = len(job["effects"])
    expect(
        times == 1,
        f"the job had its effect {times} times",
        cause=delivered_again(job) if times > 1 else NOT_TRIED_AGAIN if job["failed"] else "",
    )


def has_trial(runs: Sequence[dict[str, Any]]) -> bool:
    """Return whether a job of the app runs, or failed once and may succeed yet."""
    last = {run["uuid"]: run for run in runs if not run["name"].startswith(PROBE_JOBS)}
    return any(run["outcome"] in (None, "threw", "released") for run in last.values())


def cause_of(error: str) -> str:
    """Return the known cause of a job's error, or else the error."""
    line = Line(error, Source.APP, subject="the worker task")
    cause = find_cause(Evidence(lines=(line,)))
    return cause.sentence if cause else error


def lost_jobs(
    runs: Sequence[dict[str, Any]], *, exclusive_times: Sequence[tuple[datetime, datetime]] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Return the failed runs of jobs of the app that failed again and never succeeded, by name.

    An exclusive scenario takes something away that jobs need, and its runs count for nothing.
    """
    by_name: dict[str, list[dict[str, Any]]] = {}
    by_job: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        if not run["name"].startswith(PROBE_JOBS):
            by_job.setdefault(run["uuid"] or run["name"], []).append(run)
    for job in by_job.values():
        failed = [attempt for attempt in job if attempt["outcome"] in FAILED and attempt["error"]]
        times = [datetime.fromisoformat(attempt["started_at"]) for attempt in failed]
        provoked = any(began <= at <= ended for at in times for began, ended in exclusive_times)
        is_lost = len(failed) > 1 or "failed" in outcomes({"runs": failed})
        if is_lost and not provoked and "succeeded" not in outcomes({"runs": job}):
            by_name.setdefault(job[0]["name"], failed)
    return by_name


def worker_processes(
    access: Access, *, ecs: Any, run_in_task: Callable[..., ExecResult]
) -> list[tuple[str, list[str]]]:
    """Return the task and the words of each process of queue:work, started by ECS or not."""
    return [
        (task, line.split())
        for service in services_of(access, ecs=ecs).values()
        for task in sorted(service.running())
        for line in run_in_task(["sh", "-c", PROCESSES], task=task).stdout.splitlines()
        if queue_command(line.split())
    ]
