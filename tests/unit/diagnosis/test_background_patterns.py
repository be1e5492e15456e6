"""What a worker's command, its queue and the scheduler say, and the cause that follows."""

from __future__ import annotations

import pytest

from harness.diagnosis.patterns.scenario_messages import likely_cause

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
    "nothing ran schedule:run in two minutes: 08:00:01 task 01: exit code 1;"
    " EssentialContainerExited: x": "ends before it comes to schedule:run",
    "nothing ran schedule:run in two minutes: 08:00:01 task 01: exit code None; TaskFailedToStart:"
    " ResourceInitializationError": "does not start: ResourceInitializationError",
    "nothing ran schedule:run in two minutes: no tick came": "no tick runs schedule:run",
    "AssertionError: the rule ticks by cron(0/2 * * * ? *), and not each minute": (
        "the rule's schedule is cron(0/2"
    ),
}


@pytest.mark.parametrize(("text", "cause"), SEEN.items(), ids=SEEN.values())
def test_what_jobs_and_ticks_say_has_a_cause(text: str, cause: str) -> None:
    assert cause in (likely_cause([text]) or "no cause found")


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        (
            "the visibility time-out is 30 s and the job time-out 90 s: a job that takes longer",
            "the queue's visibility time-out (30 s) is not longer than queue:work's --timeout",
        ),
        ("tries=8 is more than maxReceiveCount=5: jobs", "--tries (8) is more than the queue's"),
        (
            "the queue keeps a message for 60 s, and a job that is delayed and delivered again may"
            " wait for 1500 s: SQS",
            "the queue's MessageRetentionPeriod (60 s) is shorter than a job may wait (1500 s)",
        ),
        (
            "the dead-letter queue keeps a message for 60 s and the queue for 345600 s: its age",
            "the dead-letter queue's MessageRetentionPeriod (60 s) is shorter than the queue's",
        ),
        (
            "stopTimeout is 30 s, and a long poll and the longest job take 95 s: a deployment",
            "the worker's stopTimeout (30 s) is shorter",
        ),
        (
            "of 12 jobs some ran in what is no worker: 0123, 4567",
            "something besides the workers takes jobs off the queue: 0123, 4567",
        ),
        ("two ticks came within 0.1 s:", "PutTargets was called again"),
        (
            "schedule:run is run by another than the rule's tasks: a task of service:tickets-web"
            " (0123), a task of service:tickets-web (4567)",
            "the tasks of tickets-web run the scheduler too",
        ),
        (
            "schedule:run is run by another than the rule's tasks: what is no task of the"
            " cluster (no task id)",
            "runs the scheduler: what is no task of the cluster (no task id)",
        ),
        ("no tick came for 120 s:", "the rule started no task for 120 s"),
        (
            "release-expired-holds ran 2 times in 2026-11-23T04:28:00.000000Z, in one minute",
            "CACHE_STORE is not shared by the scheduler's tasks",
        ),
        ("job 01abc was not done, within 60 s. The last answer: {'runs': []}", "no worker took"),
        (
            "job 01abc was not done, within 60 s. The last answer: {'runs': [{'outcome': None}]}",
            "a worker died in the middle of the job",
        ),
        ("the job in flight did not finish before its worker stopped", "the worker was killed"),
    ],
)
def test_queue_and_rule_checks_have_a_cause(seen: str, cause: str) -> None:
    assert cause in (likely_cause([seen]) or "")
