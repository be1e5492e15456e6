"""Mistakes of a task's log."""

from __future__ import annotations

from scenarios import test_logs as logs
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    CONSOLE,
    FPM_INI,
    FPM_POOL,
    NGINX,
    combine,
    replace,
    replace_pattern,
    run_in_build,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

REPORT = "Schedule::call(ReportSales::class)"
PRUNE = "Schedule::command('queue:prune-failed')->daily()->{};\n\n" + REPORT

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
        breaks=[
            logs.test_error_of_the_app_reaches_its_task_log,
            logs.test_log_of_the_app_gets_out_of_php_fpm,
        ],
        cause="PHP-FPM keeps the lines that its workers write to stderr",
        also_green=[logs.test_no_secret_is_in_the_log_of_a_task],
        twin=Twin(
            "PHP-FPM passes longer lines on",
            replace(FPM_POOL, "log_limit = 65536", "log_limit = 131072"),
        ),
    ),
    Mistake(
        "PHP-FPM has its default limit of a log line",
        replace(FPM_POOL, "log_limit = 65536", ""),
        breaks=[logs.test_error_of_the_app_reaches_its_task_log],
        cause="PHP-FPM cuts the app's JSON lines into pieces",
        also_green=[logs.test_error_of_a_job_reaches_the_worker_log],
        twin=Twin(
            "PHP-FPM's limit of a log line is that of PHP's own image",
            replace_pattern(FPM_POOL, r"^log_limit = \d+", "log_limit = 8192"),
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
    Mistake(
        "PHP logs its own errors into a file of its container",
        replace(FPM_INI, "error_log = /dev/stderr", "error_log = /tmp/php-errors.log"),
        breaks=[logs.test_errors_of_php_itself_are_in_no_file],
        cause="PHP's error_log is /tmp/php-errors.log, a file of the task",
        also_green=[logs.test_error_of_the_app_reaches_its_task_log],
        twin=Twin(
            "PHP leaves its own errors to PHP-FPM",
            replace(FPM_INI, "error_log = /dev/stderr\n", ""),
        ),
    ),
    Mistake(
        "nginx logs its errors into a file of its container",
        replace(NGINX, "error_log stderr error;", "error_log /tmp/nginx-error.log error;"),
        breaks=[logs.test_logs_of_nginx_are_in_no_file],
        cause="nginx's error_log is /tmp/nginx-error.log, a file of the task",
        also_green=[logs.test_error_of_the_app_reaches_its_task_log],
        twin=Twin(
            "nginx logs its errors into a link to the output",
            combine(
                run_in_build("mkdir -p /var/log/nginx && ln -sf /dev/stderr /var/log/nginx/e.log"),
                replace(NGINX, "error_log stderr error;", "error_log /var/log/nginx/e.log error;"),
            ),
        ),
    ),
    Mistake(
        "nginx logs its requests into a file of its container",
        replace(NGINX, "access_log /dev/stdout json", "access_log /tmp/access.log json"),
        breaks=[logs.test_logs_of_nginx_are_in_no_file],
        cause="nginx's access_log is /tmp/access.log, a file of the task",
        also_green=[logs.test_error_of_the_app_reaches_its_task_log],
        twin=Twin(
            "nginx has a file for requests, and its server another place",
            combine(
                replace(NGINX, "access_log /dev/stdout json", "access_log /tmp/access.log json"),
                replace(
                    NGINX, "        root /", "        access_log /dev/stdout json;\n        root /"
                ),
            ),
        ),
    ),
    Mistake(
        "a scheduled command writes its output into a file of the scheduler's task",
        replace(CONSOLE, REPORT, PRUNE.format("appendOutputTo(storage_path('logs/prune.log'))")),
        breaks=[logs.test_output_of_scheduled_commands_is_in_no_file],
        cause="writes its output into /srv/app/storage/logs/prune.log, which ends with the",
        also_green=[logs.test_error_of_a_command_reaches_the_scheduler_log],
        twin=Twin(
            "a scheduled command writes its output into the log",
            replace(CONSOLE, REPORT, PRUNE.format("sendOutputTo('/dev/stdout')")),
        ),
    ),
    Mistake(
        "the log's formatter is a class that the app does not have",
        set_everywhere("LOG_STDERR_FORMATTER", "App\\Logging\\OneLine"),
        breaks=[logs.test_error_of_the_app_reaches_its_task_log],
        cause="Laravel cannot make the log channel of the web task",
        also_green=[sessions.test_session_values_are_read_by_another_task],
    ),
)
