"""The mistakes of what takes jobs: workers that end, signals that get lost, queues that forget."""

from __future__ import annotations

from tests.broken.mistakes import IN_FLIGHT, JOB, Mistake, container, pattern, text, variable
from tests.broken.mistakes_platform import STEADY
from tests.broken.mistakes_stories import ENTRYPOINT

KEPT = "test_the_queues_keep_a_job_for_as_long_as_it_may_wait"
DRAINS = "test_the_image_runs_with_a_read_only_root_and_drains_when_it_is_told_to_stop"
QUEUES = "app/aws/queues.json"

JOBS = (
    Mistake(
        "the worker's task is too small for PHP",
        container("worker", lambda found: found.update(memory=32)),
        cause="a task was killed for memory: it needs more than its task definition allows",
        exit_code=3,
    ),
    Mistake(
        "the worker is at its own memory limit after each job",
        container(
            "worker",
            lambda found: found.update(
                command=["--memory=8" if "--memory" in one else one for one in found["command"]]
            ),
        ),
        cause="the worker ends again and again at its --memory limit (exit code 12)",
        red=(STEADY,),
    ),
    Mistake(
        "the entrypoint stays between ECS and the worker",
        text(ENTRYPOINT, '    exec "$@"\n', '    "$@"\n    exit $?\n'),
        cause="the worker does not stop when it is told to",
        red=(IN_FLIGHT,),
        green=(JOB,),
    ),
    Mistake(
        "the stop signal of the image is the one that kills",
        text("app/Dockerfile", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
        cause="the stop signal ends nginx or PHP-FPM at once",
        red=(DRAINS,),
    ),
    Mistake(
        "the queue forgets a job before it can have been tried",
        pattern(QUEUES, r'"MessageRetentionPeriod": "345600"', '"MessageRetentionPeriod": "60"'),
        cause="the queue's MessageRetentionPeriod (60 s) is shorter than a job may wait",
        red=(KEPT,),
        green=(JOB,),
    ),
    Mistake(
        "the dead-letter queue forgets sooner than the queue",
        pattern(QUEUES, r'"MessageRetentionPeriod": "1209600"', '"MessageRetentionPeriod": "3600"'),
        cause="the dead-letter queue's MessageRetentionPeriod (3600 s) is shorter than the queue's",
        red=(KEPT,),
        green=(JOB,),
    ),
    Mistake(
        "the worker's cache has a prefix of its own",
        variable("CACHE_PREFIX", "worker-", task="worker"),
        cause="worker and web task do not share their cache",
        red=("test_the_workers_share_the_cache_of_the_web_tasks",),
        green=(JOB,),
    ),
    Mistake(
        "a tick starts schedule:work, which never ends",
        text("app/aws/schedule.json", '"schedule:run"', '"schedule:work"'),
        cause="its command must be schedule:run",
        red=("test_two_ticks_in_one_minute_do_not_run_an_on_one_server_command_twice",),
    ),
    Mistake(
        "the queue delays every message",
        pattern(
            QUEUES, r'"VisibilityTimeout"', '"DelaySeconds": "900",\n        "VisibilityTimeout"'
        ),
        cause="the queue delays each message by 900 s",
        red=(JOB,),
    ),
    Mistake(
        "jobs that failed are kept nowhere",
        variable("QUEUE_FAILED_DRIVER", "null", task="worker"),
        cause="QUEUE_FAILED_DRIVER is null",
        red=("test_a_poison_job_ends_in_failed_jobs_and_not_in_the_dead_letter_queue",),
        green=(JOB,),
    ),
)
