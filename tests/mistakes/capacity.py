"""Mistakes of time-outs and capacity that a rehearsal with few visitors does not meet."""

from __future__ import annotations

from scenarios import test_capacity as capacity
from scenarios import test_queue as queue
from tests.mistakes.edits import (
    BALANCER,
    CONFIG,
    FPM_INI,
    FPM_POOL,
    NGINX,
    ORDER_JOB,
    SCALING,
    Edit,
    add_file,
    append,
    combine,
    replace,
)
from tests.mistakes.mistake import Mistake, Twin

BACKOFF = "public array $backoff = [5, {}];"


def remind(delay: str) -> Edit:
    """Have code that no scenario runs delay a job."""
    return add_file(
        "app/app/Actions/RemindBuyer.php",
        "<?php\n\nnamespace App\\Actions;\n\nclass RemindBuyer\n{\n"
        "    public function handle(\\App\\Models\\Order $order): void\n    {\n"
        f"        \\App\\Jobs\\SendOrderConfirmation::dispatch($order)->delay({delay});\n"
        "    }\n}\n",
    )


MISTAKES = (
    Mistake(
        "a job waits for a day after its second failure",
        replace(ORDER_JOB, BACKOFF.format(30), BACKOFF.format("60 * 60 * 24")),
        breaks=[capacity.test_jobs_wait_no_longer_than_sqs_lets_them],
        cause="line 26 (86400 s) is longer than SQS hides a message (43200 s, 12 hours)",
        also_green=[capacity.test_jobs_own_timeouts_fit_the_queue],
        twin=Twin(
            "a job waits for half a day after its second failure",
            replace(ORDER_JOB, BACKOFF.format(30), BACKOFF.format("12 * 60 * 60")),
        ),
    ),
    Mistake(
        "a reminder is delayed for a day, which SQS does not take",
        remind("now()->addHours(24)"),
        breaks=[capacity.test_jobs_wait_no_longer_than_sqs_lets_them],
        cause="app/Actions/RemindBuyer.php line 9 delays what it puts into the queue by 86400 s",
        also_green=[capacity.test_jobs_own_timeouts_fit_the_queue],
        twin=Twin("a reminder is delayed for 15 minutes", remind("now()->addMinutes(15)")),
    ),
    Mistake(
        "PHP may work for longer than the load balancer waits",
        append(FPM_INI, "max_execution_time = 300"),
        breaks=[capacity.test_timeouts_of_a_request_fit_each_other],
        cause="the load balancer's idle time-out (60 s) is shorter than max_execution_time (300 s)",
        also_green=[capacity.test_php_workers_fit_the_memory_of_their_task],
        twin=Twin(
            "PHP may work for as long as the load balancer waits",
            append(FPM_INI, "max_execution_time = 60"),
        ),
    ),
    Mistake(
        "nginx waits for a shorter time than PHP may work",
        replace(NGINX, "fastcgi_read_timeout 125s", "fastcgi_read_timeout 10s"),
        breaks=[capacity.test_timeouts_of_a_request_fit_each_other],
        cause="fastcgi_read_timeout (10 s) is shorter than max_execution_time (30 s)",
        also_green=[capacity.test_php_workers_fit_the_memory_of_their_task],
        twin=Twin(
            "nginx waits for as long as it does by default",
            replace(NGINX, "            fastcgi_read_timeout 125s;\n", ""),
        ),
    ),
    Mistake(
        "PHP-FPM kills a request before PHP can answer",
        append(FPM_POOL, "request_terminate_timeout = 20s"),
        breaks=[capacity.test_timeouts_of_a_request_fit_each_other],
        cause="request_terminate_timeout (20 s) is shorter than max_execution_time (30 s)",
        also_green=[capacity.test_php_workers_fit_the_memory_of_their_task],
        twin=Twin(
            "PHP-FPM ends a request that hangs, before the load balancer gives up",
            append(FPM_POOL, "request_terminate_timeout = 60s"),
        ),
    ),
    Mistake(
        "the load balancer gives up before PHP does",
        replace(BALANCER, '"Value": "60"', '"Value": "15"'),
        breaks=[capacity.test_timeouts_of_a_request_fit_each_other],
        cause="the load balancer's idle time-out (15 s) is shorter than max_execution_time (30 s)",
        also_green=[capacity.test_php_workers_fit_the_memory_of_their_task],
    ),
    Mistake(
        "a job has a time-out of its own, longer than the queue hides it",
        replace(
            ORDER_JOB,
            "public int $tries = 3;",
            "public int $tries = 3;\n\n    public int $timeout = 600;",
        ),
        breaks=[capacity.test_jobs_own_timeouts_fit_the_queue],
        cause="the time-out of the job in app/Jobs/SendOrderConfirmation.php line 25 (600 s) is not"
        " shorter than the queue's visibility time-out (120 s)",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "a job has a time-out of its own that fits",
            replace(
                ORDER_JOB,
                "public int $tries = 3;",
                "public int $tries = 3;\n\n    public int $timeout = 60;",
            ),
        ),
    ),
    Mistake(
        "a job is tried more often than SQS hands it out",
        replace(ORDER_JOB, "public int $tries = 3;", "public int $tries = 10;"),
        breaks=[capacity.test_jobs_own_tries_fit_the_queue],
        cause="the tries of the job in app/Jobs/SendOrderConfirmation.php line 23 (10) are more"
        " than the queue's maxReceiveCount (5)",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "a job is tried as often as SQS hands it out",
            replace(ORDER_JOB, "public int $tries = 3;", "public int $tries = 5;"),
        ),
    ),
    Mistake(
        "PHP-FPM may start more workers than the task has memory for",
        replace(
            FPM_POOL,
            "pm = static\npm.max_children = 10",
            "pm = ondemand\npm.max_children = 400",
        ),
        breaks=[capacity.test_php_workers_fit_the_memory_of_their_task],
        cause="and the task has 1024 MiB: it is killed when all are busy",
        also_green=[capacity.test_timeouts_of_a_request_fit_each_other],
        twin=Twin(
            "PHP-FPM starts its workers as they are needed",
            replace(
                FPM_POOL,
                "pm = static\npm.max_children = 10",
                "pm = dynamic\npm.max_children = 12\npm.start_servers = 4\n"
                "pm.min_spare_servers = 2\npm.max_spare_servers = 6",
            ),
        ),
    ),
    Mistake(
        "auto scaling may start more tasks than the database has connections for",
        combine(
            replace(CONFIG, 'class = "db.r7g.large"', 'class = "db.t4g.medium"'),
            replace(SCALING, '"MaxCapacity": 6', '"MaxCapacity": 40'),
        ),
        breaks=[capacity.test_tasks_fit_the_connections_of_the_database],
        cause="when auto scaling has started 40 tasks of tickets-web (MaxCapacity)",
        also_green=[capacity.test_timeouts_of_a_request_fit_each_other],
        twin=Twin(
            "auto scaling may start a task more",
            replace(SCALING, '"MaxCapacity": 6', '"MaxCapacity": 7'),
        ),
    ),
    Mistake(
        "the proxy may use a small share of a small database's connections",
        combine(
            replace(
                CONFIG,
                'instance_class = "db.r7g.large"',
                'instance_class = "db.t4g.medium"\nmax_connections_percent = 40',
            ),
            replace(SCALING, '"MaxCapacity": 6', '"MaxCapacity": 4'),
        ),
        breaks=[capacity.test_tasks_fit_the_connections_of_the_database],
        cause="the tasks may hold 45 connections to the database while one release replaces",
        also_green=[capacity.test_timeouts_of_a_request_fit_each_other],
        twin=Twin(
            "a small database's connections are enough",
            replace(CONFIG, 'instance_class = "db.r7g.large"', 'instance_class = "db.t4g.medium"'),
        ),
    ),
)
