"""Mistakes of a task's log."""

from __future__ import annotations

from scenarios import test_logs as logs
from tests.mistakes.edits import FPM_POOL, replace, set_everywhere, set_variable
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "the app logs into a file of its container",
        set_variable("LOG_CHANNEL", "single"),
        breaks=[logs.test_error_of_the_app_reaches_its_task_log],
        cause='LOG_CHANNEL is "single"',
        also_green=[logs.test_no_secret_is_in_the_log_of_a_task],
    ),
    Mistake(
        "the app's errors are below its log level",
        set_everywhere("LOG_LEVEL", "emergency"),
        breaks=[logs.test_error_of_the_app_reaches_its_task_log],
        cause="LOG_LEVEL is emergency, so that no error of the app is logged",
        also_green=[logs.test_no_secret_is_in_the_log_of_a_task],
        twin=Twin("the app logs errors only", set_everywhere("LOG_LEVEL", "error")),
    ),
    Mistake(
        "PHP-FPM keeps what its workers log",
        replace(FPM_POOL, "catch_workers_output = yes", "catch_workers_output = no"),
        breaks=[logs.test_error_of_the_app_reaches_its_task_log],
        cause="PHP-FPM keeps the lines that its workers write to stderr",
        also_green=[logs.test_no_secret_is_in_the_log_of_a_task],
        twin=Twin(
            "PHP-FPM passes longer lines on",
            replace(FPM_POOL, "log_limit = 65536", "log_limit = 131072"),
        ),
    ),
    Mistake(
        "the worker logs into a file of its container",
        set_variable("LOG_CHANNEL", "single", task="worker"),
        breaks=[logs.test_error_of_a_job_reaches_the_worker_log],
        cause="the worker's log does not reach the output of its container",
        also_green=[logs.test_error_of_the_app_reaches_its_task_log],
    ),
    Mistake(
        "the scheduler logs into a file of its container",
        set_variable("LOG_CHANNEL", "single", task="scheduler"),
        breaks=[logs.test_error_of_a_command_reaches_the_scheduler_log],
        cause="its task definition says LOG_CHANNEL=single",
        also_green=[logs.test_error_of_the_app_reaches_its_task_log],
    ),
)
