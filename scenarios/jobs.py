"""The probe's jobs: how their runs ended, and why a job comes late or never."""

from __future__ import annotations

from typing import Any

NO_WORKER = (
    "no worker took the job: none runs, or SQS_PREFIX or SQS_QUEUE differ between web and worker"
)
DELIVERED_AGAIN = (
    "a job was delivered again while it ran: the queue's visibility time-out is too short"
)


def outcomes(job: dict[str, Any]) -> list[str]:
    """Return the outcome of each run of a job; None is a run that was cut off."""
    return [run["outcome"] for run in job["runs"]]


def late_cause(job: dict[str, Any]) -> str:
    """Return why a job has not ended yet; empty where its runs do not show it."""
    ends = outcomes(job)
    if not ends:
        return NO_WORKER
    if job.get("options", {}).get("poison") and ends[-1] == "threw" and not job["failed"]:
        return (
            "a job that failed for good is not in failed_jobs: QUEUE_FAILED_DRIVER is null, or"
            " keeps them where no other task sees them"
        )
    if ends[-1] is None:
        return (
            "a worker died in the middle of the job, which stays hidden until the visibility"
            " time-out has passed"
        )
    return ""


def failed_run_cause(ends: list[str]) -> str:
    """Return why a job that failed was not tried again; empty if it was."""
    if ends not in (["failed"], ["threw"]):
        return ""
    return "a job that fails is not tried again: queue:work's --tries is 1, or the job's own is"
