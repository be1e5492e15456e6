"""The flags of a worker's command."""

from __future__ import annotations

import pytest

from harness.target.resources import queue_worker


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
    flags = queue_worker.flags(command)
    assert (flags["tries"], flags["timeout"]) == (3, 90)


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


@pytest.mark.parametrize(
    ("flag", "seconds"), [("--timeout=90", 32), ("--timeout=25", 20), ("--timeout=0", 32), ("", 32)]
)
def test_the_long_job_ends_before_the_worker_would_end_it(flag: str, seconds: float) -> None:
    assert queue_worker.longest_job_s(["php", "artisan", "queue:work", flag], wanted=32) == seconds


@pytest.mark.parametrize(
    ("words", "seconds"),
    [(["--backoff=5"], 5), (["--backoff", "5"], 5), (["--backoff=5,600,30"], 600), ([], 0)],
)
def test_the_longest_backoff(words: list[str], seconds: int) -> None:
    assert queue_worker.longest_backoff_s(["php", "artisan", "queue:work", *words]) == seconds


def test_a_command_that_keeps_no_job_waiting_shows_nothing() -> None:
    good = ["php", "artisan", "queue:work", "sqs", "--tries=3", "--timeout=90", "--sleep=3"]
    assert str(queue_worker.queue_command(good)) == ""
    assert queue_worker.queue_command(["supervisord"]) is None


def test_each_reason_for_late_jobs_is_shown() -> None:
    slow = ["php", "artisan", "queue:listen", "redis", "--sleep=60", "--rest=20", "--tries=0"]
    assert str(queue_worker.queue_command(slow)).splitlines() == [
        "the worker runs queue:listen",
        "the worker's command names the connection redis",
        "the worker sleeps for 60 s when it finds no job",
        "the worker rests for 20 s after each job",
        "the worker tries a job without end",
    ]
