"""Mistakes of an app without the probe, which its own Laravel shows all the same."""

from __future__ import annotations

from scenarios import test_accounts as accounts
from scenarios import test_cutover as cutover
from scenarios import test_laravel as laravel
from scenarios import test_logs as logs
from tests.mistakes.edits import (
    CONFIG,
    FPM_POOL,
    WEB_ROLE,
    WORKER_ROLE,
    Edit,
    combine,
    replace,
    replace_pattern,
    replace_word,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

JOBS = "app/database/migrations/0001_01_01_000003_create_jobs_table.php"


def without_the_probe(*edits: Edit) -> Edit:
    """Change the app, and take the probe out of the configuration."""
    return combine(replace_pattern(CONFIG, r"^\[probe\]\n(?:\w.*\n)+", ""), *edits)


MISTAKES = (
    Mistake(
        "without the probe: sessions are kept in files",
        without_the_probe(set_variable("SESSION_DRIVER", "file")),
        breaks=[
            accounts.test_sign_in_holds_on_every_task,
            cutover.test_sessions_last_through_the_dns_switch,
            cutover.test_sessions_last_on_the_way_back_to_the_old_host,
        ],
        cause='SESSION_DRIVER is "file"',
        also_green=[laravel.test_file_of_one_task_is_read_by_another],
    ),
    Mistake(
        "without the probe: uploads are kept on the task's disk",
        without_the_probe(set_variable("FILESYSTEM_DISK", "local")),
        breaks=[laravel.test_file_of_one_task_is_read_by_another],
        cause='FILESYSTEM_DISK is "local"',
        also_green=[laravel.test_job_of_a_web_task_runs_in_a_worker],
        twin=Twin(
            "without the probe: the default disk is the tasks' own, and the code names s3",
            without_the_probe(
                set_variable("FILESYSTEM_DISK", "local"),
                # The file is read once for each application of a process.
                replace(
                    "app/routes/console.php",
                    "<?php\n",
                    "<?php\n\ndefined('UPLOADS_DISK') || define('UPLOADS_DISK', 's3');\n",
                ),
            ),
        ),
    ),
    Mistake(
        "without the probe: the web task may store no file",
        without_the_probe(replace(WEB_ROLE, '"s3:PutObject"', '"s3:PutObjects"')),
        breaks=[laravel.test_file_of_one_task_is_read_by_another],
        cause="the task role tickets-web-task lacks s3:PutObject",
        also_green=[laravel.test_mail_of_a_task_reaches_its_recipient],
    ),
    Mistake(
        "without the probe: jobs are run by the web task itself",
        without_the_probe(set_variable("QUEUE_CONNECTION", "sync")),
        breaks=[laravel.test_job_of_a_web_task_runs_in_a_worker],
        cause="QUEUE_CONNECTION is sync in the web task",
        also_green=[laravel.test_file_of_one_task_is_read_by_another],
    ),
    Mistake(
        "without the probe: the worker takes jobs of another connection",
        without_the_probe(replace_word("sqs", "database")),
        breaks=[laravel.test_job_of_a_web_task_runs_in_a_worker],
        cause='the worker\'s command takes jobs of the connection "database"',
        also_green=[laravel.test_file_of_one_task_is_read_by_another],
    ),
    Mistake(
        "without the probe: the worker writes mails into its log",
        without_the_probe(set_variable("MAIL_MAILER", "log", task="worker")),
        breaks=[laravel.test_mail_of_a_task_reaches_its_recipient],
        cause='MAIL_MAILER is "log" in the worker',
        also_green=[laravel.test_job_of_a_web_task_runs_in_a_worker],
    ),
    Mistake(
        "without the probe: the worker may send no mail",
        without_the_probe(replace(WORKER_ROLE, '"ses:SendRawEmail"', '"ses:SendBounce"')),
        breaks=[laravel.test_mail_of_a_task_reaches_its_recipient],
        cause="the task role tickets-worker-task lacks ses:SendRawEmail",
        also_green=[laravel.test_job_of_a_web_task_runs_in_a_worker],
    ),
    Mistake(
        "without the probe: the stack of log channels has a file alone",
        without_the_probe(
            combine(set_everywhere("LOG_CHANNEL", "stack"), set_everywhere("LOG_STACK", "single"))
        ),
        breaks=[logs.test_log_of_the_app_is_in_no_file],
        cause='LOG_CHANNEL is "stack"',
        also_green=[laravel.test_tables_of_sessions_cache_and_jobs_are_there],
        twin=Twin(
            "a stack of log channels has a file and stderr",
            combine(
                set_everywhere("LOG_CHANNEL", "stack"),
                set_everywhere("LOG_STACK", "single,stderr"),
            ),
        ),
    ),
    Mistake(
        "without the probe: PHP-FPM has a log file, with the lines of its workers",
        without_the_probe(
            replace(FPM_POOL, "error_log = /proc/self/fd/2", "error_log = /tmp/php-fpm.log")
        ),
        breaks=[logs.test_log_of_the_app_gets_out_of_php_fpm],
        cause="PHP-FPM's error_log is /tmp/php-fpm.log, a file of the task",
        also_green=[logs.test_log_of_the_app_is_in_no_file],
    ),
    Mistake(
        "without the probe: no migration makes the table of failed jobs",
        without_the_probe(replace(JOBS, "create('failed_jobs'", "create('failures'")),
        breaks=[laravel.test_tables_of_sessions_cache_and_jobs_are_there],
        cause="in which Laravel keeps jobs that fail",
        also_green=[laravel.test_job_of_a_web_task_runs_in_a_worker],
    ),
)
