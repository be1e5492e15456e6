"""The mistakes of PHP and its pool, of what the app logs, and of what its own jobs ask for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.broken.mistakes import (
    COOKIE,
    JOB,
    MINUTES,
    NOT_STARTED,
    SESSIONS,
    USAGE,
    Change,
    Mistake,
    pattern,
    text,
    variable,
)
from tests.broken.mistakes_stories import ENTRYPOINT, all_of

FPM = "app/docker/etc/php/8.4/fpm/php-fpm.conf"
CLI = "app/docker/etc/php/8.4/cli/conf.d/90-app.ini"
ORDER_JOB = "app/app/Jobs/SendOrderConfirmation.php"
PLACE = "app/app/Actions/PlaceOrder.php"
LOGS = "test_what_the_app_logs_reaches_the_log_of_its_task"
FITS = "test_an_orders_job_comes_after_its_transaction_and_fits_the_queue"
NAMES = "test_the_files_own_name_survives_whatever_it_is"
DEBUGGING = "test_debugging_is_off_in_every_task"
BUSY = "test_slow_requests_keep_nobody_waiting"
ALL = ("web", "worker", "scheduler")


def everywhere(name: str, value: str) -> Change:
    """Set a variable of every task definition."""
    return all_of(*(variable(name, value, task=task) for task in ALL))


def no_worker(root: Path) -> None:
    """Scale the worker's service to 0 in its file."""
    path = root / "app" / "ecs" / "service-worker.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "desiredCount": 0}, indent=2))


def ends_with(name: str, line: str) -> Change:
    """Add a line to a file."""

    def change(root: Path) -> None:
        path = root / name
        path.write_text(f"{path.read_text()}\n{line}\n")

    return change


PHP = (
    Mistake(
        "each task that starts empties the cache",
        text(
            ENTRYPOINT,
            "php artisan optimize --quiet",
            "php artisan optimize:clear --quiet || true\nphp artisan optimize --quiet",
        ),
        cause="each task that starts empties the cache of all",
        red=("test_a_task_that_starts_leaves_the_cache_as_it_was",),
    ),
    Mistake(
        "the app's errors are below its log level",
        everywhere("LOG_LEVEL", "emergency"),
        cause="LOG_LEVEL is emergency, so that no error of the app is logged",
        red=(LOGS,),
    ),
    Mistake(
        "PHP-FPM keeps what its workers log",
        text(FPM, "catch_workers_output = yes", "catch_workers_output = no"),
        cause="set catch_workers_output = yes",
        red=(LOGS,),
    ),
    Mistake(
        "the worker logs into a file of its container",
        variable("LOG_CHANNEL", "single", task="worker"),
        cause="what the worker logs does not reach the output of its container",
        red=("test_the_error_of_a_job_reaches_the_log_of_its_worker",),
        green=(LOGS,),
    ),
    Mistake(
        "the worker runs with debugging on",
        variable("APP_DEBUG", "true", task="worker"),
        cause="the worker task's definition says APP_DEBUG=true",
        red=("test_no_task_is_set_for_development",),
        green=(DEBUGGING,),
    ),
    Mistake(
        "the scheduler logs into a file of its container",
        variable("LOG_CHANNEL", "single", task="scheduler"),
        cause="its task definition says LOG_CHANNEL=single",
        red=("test_the_error_of_a_command_reaches_the_log_of_the_schedulers_task",),
        green=(LOGS,),
    ),
    Mistake(
        "PHP-FPM has one worker",
        text(FPM, "pm.max_children = 10", "pm.max_children = 1"),
        cause="PHP-FPM has too few workers (pm.max_children)",
        red=(BUSY,),
    ),
    Mistake(
        "PHP's settings take the functions of signals away",
        ends_with(CLI, "disable_functions = pcntl_async_signals,pcntl_signal,pcntl_alarm"),
        cause="PHP has no function pcntl_async_signals",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the image lacks a PHP extension",
        text("app/Dockerfile", " php8.4-intl", ""),
        cause="the image lacks the PHP extension intl",
        red=(NAMES,),
    ),
    Mistake(
        "the connection takes no 4-byte characters",
        all_of(
            everywhere("DB_CHARSET", "utf8mb3"), everywhere("DB_COLLATION", "utf8mb3_general_ci")
        ),
        cause="DB_CHARSET must be utf8mb4",
        red=(NAMES,),
    ),
    Mistake(
        "the session cookie is for a part of the site",
        variable("SESSION_PATH", "/admin"),
        cause="SESSION_PATH is /admin",
        red=(COOKIE, SESSIONS),
    ),
    Mistake(
        "a job is queued before its order is committed",
        all_of(
            text("app/config/queue.php", "'after_commit' => true,", "'after_commit' => false,"),
            text(
                PLACE,
                "            Hold::query()->whereKey($holds->modelKeys())->delete();\n",
                "            $this->queueConfirmation->handle($order);\n"
                "            Hold::query()->whereKey($holds->modelKeys())->delete();\n",
            ),
            text(
                PLACE,
                "        $this->queueConfirmation->handle($order);\n\n"
                "        return $order;\n    }",
                "        return $order;\n    }",
            ),
        ),
        cause="a job is queued before its transaction is committed",
        red=(FITS,),
    ),
    Mistake(
        "a job may take longer than the queue hides it",
        pattern(
            ORDER_JOB,
            r"public int \$tries = 3;",
            "public int $tries = 3;\n\n    public int $timeout = 600;",
        ),
        cause="(600 s) is longer than the queue's visibility time-out",
        red=(FITS,),
    ),
    Mistake(
        "a job asks for more tries than the queue grants",
        text(ORDER_JOB, "public int $tries = 3;", "public int $tries = 25;"),
        cause="(25) is more than the queue's maxReceiveCount",
        red=(FITS,),
    ),
    Mistake(
        "what is scheduled fails, and schedule:run ends with 0",
        text(
            "app/app/Schedule/ReleaseExpiredHolds.php",
            "$released = Hold::query()->expired()->delete();",
            'throw new \\RuntimeException("no such hold");',
        ),
        cause="the scheduled release-expired-holds fails each time",
        red=(MINUTES,),
    ),
    Mistake(
        "the daily report fails",
        text(
            "app/app/Schedule/ReportSales.php",
            "Log::info('Sales report', [",
            "throw new \\RuntimeException(\"no report\");\n\n        Log::info('Sales report', [",
        ),
        cause="the scheduled report-sales fails in the scheduler's task, at its fixed minute too",
        red=("test_what_is_due_seldom_runs_too",),
    ),
    Mistake(
        "a command that is due seldom fails",
        ends_with(
            "app/routes/console.php",
            "Schedule::command('queue:prune-batch --hours=48')->weekly()->onOneServer();",
        ),
        cause="the scheduled php artisan queue:prune-batch --hours=48 fails in the scheduler",
        red=("test_what_is_due_seldom_runs_too",),
    ),
    Mistake(
        "a scheduled command runs in the background",
        ends_with(
            "app/routes/console.php",
            "Schedule::command('queue:prune-failed')->daily()->onOneServer()->runInBackground();",
        ),
        cause="runs in the background, and Fargate ends its task with schedule:run",
        red=("test_what_is_scheduled_ends_before_its_task_does",),
        green=("test_what_is_due_seldom_runs_too",),
    ),
    Mistake(
        "the queue is a FIFO queue",
        all_of(
            pattern("app/aws/queues.json", r'"tickets-jobs(-dead)?"', r'"tickets-jobs\1.fifo"'),
            text(
                "app/aws/queues.json",
                'tickets-jobs-dead",\n          "max',
                'tickets-jobs-dead.fifo",\n          "max',
            ),
            text(
                "app/aws/queues.json",
                '"MessageRetentionPeriod"',
                '"FifoQueue": "true",\n        "MessageRetentionPeriod"',
            ),
            everywhere("SQS_QUEUE", "tickets-jobs.fifo"),
            *(
                text(f"app/iam/{task}-task.json", ':tickets-jobs"', ':tickets-jobs.fifo"')
                for task in ALL
            ),
        ),
        cause="the queue is a FIFO queue, and the app sends no MessageGroupId",
        red=(JOB,),
    ),
    Mistake(
        "the worker's service wants no task",
        no_worker,
        cause="desiredCount is 0: nobody does its work",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule's Input has a word that ECS does not know",
        text("app/aws/schedule.json", '"containerOverrides"', '"containerOverride"'),
        cause='its target\'s Input has "containerOverride", which is no override of RunTask',
        exit_code=USAGE,
    ),
)
