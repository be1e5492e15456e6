"""Causes that follow from facts about jobs: the worker's command, their way, their queue."""

from __future__ import annotations

from harness.core.expectation import SettingCause
from harness.diagnosis.facts import (
    JobPath,
    QueueDelay,
)
from harness.target.resources.queue_worker import QueueCommand


def foreign_connection(command: QueueCommand) -> str:
    """Return that a worker's command names another connection than that of the jobs."""
    if not command.foreign_connection:
        return ""
    return (
        f'the worker\'s command takes jobs of the connection "{command.connection}", and the web'
        f" task dispatches them on {command.jobs_on}"
    )


def lost_jobs(path: JobPath) -> str:
    """Return why no worker takes the jobs that the web task dispatches."""
    if not path.workers:
        return "no worker runs: its tasks have stopped, or its service wants none"
    if path.is_known and path.written not in path.read:
        return SettingCause(
            "QUEUE_CONNECTION",
            f"the worker reads jobs from {', '.join(path.read)}, and the web task writes them to"
            f" {path.written}: QUEUE_CONNECTION, {path.variables} must be the same in both, and"
            " the flags of queue:work must agree",
        )
    return ""


def queue_delay(delay: QueueDelay) -> str:
    """Return that the queue itself makes every job late."""
    return f"the queue delays each message by {delay.seconds} s (DelaySeconds), and so each job"


def slow_worker(command: QueueCommand) -> str:
    """Return the flags of a worker's command that keep jobs waiting."""
    if command.sleeps_long:
        return (
            f"queue:work's --sleep is {command.sleep_s}: a job that comes after an empty poll waits"
            " for as long"
        )
    if command.rest_s:
        return (
            f"queue:work's --rest is {command.rest_s}: each worker does nothing for that long after"
            " every job"
        )
    if command.listens:
        return (
            "the worker runs queue:listen, which starts PHP anew for each job and does not stop"
            " gracefully: use queue:work"
        )
    return ""


def endless_tries(command: QueueCommand) -> str:
    """Return that a failing job never ends."""
    if command.tries:
        return ""
    return (
        "queue:work's --tries is 0: a job that fails is tried until SQS takes it away, and never"
        " comes to failed_jobs"
    )
