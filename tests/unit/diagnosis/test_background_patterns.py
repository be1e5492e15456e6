"""What a worker's command, its queue and the scheduler say, and the cause that follows."""

from __future__ import annotations

import pytest

from harness.diagnosis.causes import likely_cause
from harness.target.resources import queue_worker

LATE = "AssertionError: job 01ab was not done, within 60 s. The last answer: {'runs': []}\n"
SEEN = {
    f"{LATE}the worker sleeps for 60 s when it finds no job": "--sleep is 60",
    f"{LATE}the worker rests for 20 s after each job": "--rest is 20",
    f"{LATE}the worker's command names the connection database": 'of the connection "database"',
    f"{LATE}the worker runs queue:listen": "the worker runs queue:listen",
    "AssertionError: the scheduled release-expired-holds failed in 2026-11-27T02:00:00.000000Z:"
    " RuntimeException: no holds": (
        "the scheduled release-expired-holds fails each time, though schedule:run ends with 0:"
        " RuntimeException: no holds"
    ),
    "AssertionError: the scheduled report-sales fails when the scheduler's task runs it: x": (
        "the scheduled report-sales fails in the scheduler's task, at its fixed minute too"
    ),
    "AssertionError: the scheduled report-sales fails when the scheduler's task runs it: x\n"
    '{"message":"no report","level":400}': "at its fixed minute too: no report",
    "AssertionError: php artisan x:y runs in the background: its task ends with schedule:run,": (
        "the scheduled php artisan x:y runs in the background, and Fargate ends its task"
    ),
    "AssertionError: the cache lost what was in it when a task started": (
        "each task that starts empties the cache of all"
    ),
    LATE: "no worker took the job",
    "job 01ab was not done: {'options': {'poison': True}, 'outcome': 'threw', 'failed': False}\n"
    "the worker tries a job without end": "--tries is 0",
    "tries=0: a job that fails is tried until SQS takes it away\n"
    "the worker tries a job without end": "--tries is 0",
    "AssertionError: timeout=0: a job that hangs holds its worker for ever": "--timeout is 0",
    "AssertionError: its runs ended: ['failed']": "--tries is 1",
    "SendMessage: InvalidParameterValue: Reason: Message must be shorter than 1024 bytes.": (
        "its MaximumMessageSize is 1024 bytes"
    ),
    'Error executing "ReceiveMessage" on "x"; AWS HTTP error: Operation timed out after 3002'
    " milliseconds with 0 bytes received": "gives up after 3002 ms",
    "nothing ran schedule:run in two minutes: 08:00:01 task 01: exit code 1;"
    " EssentialContainerExited: x": "ends before it comes to schedule:run",
    "nothing ran schedule:run in two minutes: 08:00:01 task 01: exit code None; TaskFailedToStart:"
    " ResourceInitializationError": "does not start: ResourceInitializationError",
    "nothing ran schedule:run in two minutes: no tick came": "no tick runs schedule:run",
    "InvalidParameterException: An error occurred (InvalidParameterException) when calling the"
    " RunTask operation: Network Configuration must be provided": (
        "cannot start its task: Network Configuration"
    ),
    "AssertionError: the rule ticks by cron(0/2 * * * ? *), and not each minute": (
        "the rule's schedule is cron(0/2"
    ),
}


@pytest.mark.parametrize(("text", "cause"), SEEN.items(), ids=SEEN.values())
def test_what_jobs_and_ticks_say_has_a_cause(text: str, cause: str) -> None:
    assert cause in (likely_cause([text]) or "no cause found")


@pytest.mark.parametrize(
    "command",
    [
        ["php", "artisan", "queue:work", "--tries=3", "--timeout=90", "--json"],
        ["php", "artisan", "queue:work", "--tries", "3", "--timeout", "90"],
        [
            "sh",
            "-c",
            'it\'s=x; while true; do php artisan queue:work --tries="3" --timeout=90; done',
        ],
    ],
)
def test_a_workers_flags_are_read_however_they_are_written(command: list[str]) -> None:
    found = queue_worker.flags(command)
    assert (found["tries"], found["timeout"]) == (3, 90)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("php artisan queue:work", ""),
        ("php artisan queue:work sqs --tries=3", "sqs"),
        ("php artisan queue:work --tries 3 database", "database"),
        ("exec php artisan queue:work --tries=3 'database'; echo done", "database"),
        ("php artisan schedule:run", ""),
    ],
)
def test_the_connection_is_the_word_that_is_no_flag(command: str, named: str) -> None:
    assert queue_worker.connection(command.split()) == named


def test_a_command_that_keeps_no_job_waiting_has_no_remarks() -> None:
    told = ["php", "artisan", "queue:work", "sqs", "--tries=3", "--timeout=90", "--sleep=3"]
    assert list(queue_worker.remarks(told)) == []
    assert list(queue_worker.remarks(["supervisord"])) == []


def test_what_keeps_jobs_waiting_is_said() -> None:
    told = ["php", "artisan", "queue:listen", "redis", "--sleep=60", "--rest=20", "--tries=0"]
    assert list(queue_worker.remarks(told)) == [
        "the worker runs queue:listen",
        "the worker's command names the connection redis",
        "the worker sleeps for 60 s when it finds no job",
        "the worker rests for 20 s after each job",
        "the worker tries a job without end",
    ]
