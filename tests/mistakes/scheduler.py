"""Mistakes of the scheduler: the rule, its role, its task, and the scheduled commands."""

from __future__ import annotations

from typing import Any

from scenarios import test_configuration as configuration
from scenarios import test_definitions as definitions
from scenarios import test_scheduler as scheduler
from scenarios.tickets import test_holds as tickets_holds
from scenarios.tickets import test_orders as tickets_orders
from tests.mistakes.edits import (
    CONSOLE,
    ENTRYPOINT,
    RULE_ROLE,
    SCHEDULE,
    append,
    combine,
    drop_target_parameter,
    edit_container,
    replace,
    replace_pattern,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin


def misspell_key(container: dict[str, Any]) -> None:
    """Misspell a key of the database's secret."""
    for secret in container["secrets"]:
        secret["valueFrom"] = secret["valueFrom"].replace(":password:", ":pasword:")


BACKUP = "Schedule::exec('{} | gzip > /tmp/backup.gz')->dailyAt('03:00')->onOneServer();"
MAILED = (
    "Schedule::command('about --only=environment')->weekly()->onOneServer()"
    "->emailOutputTo('office@876events.example');"
)
OPTIMIZE = "php artisan optimize --quiet"

MISTAKES = (
    Mistake(
        "the schedule works off the queue, as on a host without workers",
        append(
            CONSOLE,
            "Illuminate\\Support\\Facades\\Schedule::command('queue:work --stop-when-empty')"
            "->everyMinute()->withoutOverlapping();",
        ),
        breaks=[scheduler.test_jobs_are_for_the_workers_and_not_for_the_schedule],
        cause="runs queue:work, and the service worker does that on AWS",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "the schedule prunes the failed jobs",
            append(
                CONSOLE,
                "Illuminate\\Support\\Facades\\Schedule::command('queue:prune-failed')->daily();",
            ),
        ),
    ),
    Mistake(
        "the rule's override names a container that is not there",
        replace(SCHEDULE, '"name": "app"', '"name": "scheduler"'),
        cause='Input.containerOverrides[0].name is "scheduler", which is no container in',
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        exit_code=USAGE,
        twin=Twin(
            "the rule's override sets a variable besides the command",
            replace(
                SCHEDULE,
                '"name": "app"',
                '"name": "app", "environment": [{"name": "APP_LOCALE", "value": "en"}]',
            ),
        ),
    ),
    Mistake(
        "the scheduler's locks are each task's own",
        set_variable("CACHE_STORE", "file", task="scheduler"),
        breaks=[tickets_holds.test_on_one_server_command_runs_once_in_two_ticks],
        cause="CACHE_STORE is not shared by the scheduler's tasks",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the rule's role may not run the task",
        replace(
            RULE_ROLE, "task-definition/tickets-scheduler:*", "task-definition/tickets-schedule:*"
        ),
        cause="the rule tickets-schedule cannot run its task: its role tickets-schedule-rule lacks"
        " ecs:RunTask",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the rule's role may not hand over the execution role",
        replace_pattern(RULE_ROLE, r'"arn:aws:iam::876000000876:role/tickets-execution",\n', ""),
        cause="its role tickets-schedule-rule lacks iam:PassRole on arn:aws:iam::876000000876",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the web tasks run the scheduler too",
        replace(ENTRYPOINT, "# 4. PHP-FPM", "php artisan schedule:work &\n# 4. PHP-FPM"),
        breaks=[scheduler.test_only_the_rule_runs_the_scheduler],
        cause="the tasks of tickets-web run the scheduler too",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "each tick starts two tasks",
        replace(SCHEDULE, '"TaskCount": 1', '"TaskCount": 2'),
        breaks=[scheduler.test_rule_starts_one_task_each_minute],
        cause="each tick starts 2 tasks: TaskCount",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the rule is disabled",
        replace(SCHEDULE, '"ENABLED"', '"DISABLED"'),
        breaks=[scheduler.test_rule_starts_one_task_each_minute],
        cause="the rule is disabled: its State",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the rule ticks every five minutes",
        replace(SCHEDULE, "rate(1 minute)", "rate(5 minutes)"),
        breaks=[scheduler.test_rule_starts_one_task_each_minute],
        cause="the rule's schedule is rate(5 minutes)",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "the rule's schedule is a cron expression of each minute",
            replace(SCHEDULE, "rate(1 minute)", "cron(* * * * ? *)"),
        ),
    ),
    Mistake(
        "the scheduler does not know the database's host",
        set_variable("DB_HOST", None, task="scheduler"),
        breaks=[
            scheduler.test_rule_starts_one_task_each_minute,
            scheduler.test_only_the_rule_runs_the_scheduler,
        ],
        cause="DB_HOST is not set there, or DB_URL overrides it",
        also_green=[definitions.test_app_url_is_the_public_url],
    ),
    Mistake(
        "the rule ticks every other minute",
        replace(SCHEDULE, "rate(1 minute)", "cron(0/2 * * * ? *)"),
        breaks=[scheduler.test_rule_starts_one_task_each_minute],
        cause="the rule's schedule is cron(0/2 * * * ? *)",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the rule does not say in which subnets",
        drop_target_parameter("NetworkConfiguration"),
        cause="EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets is missing",
        exit_code=USAGE,
    ),
    Mistake(
        "the scheduler asks for a key that its secret lacks",
        edit_container("scheduler", misspell_key),
        cause='the scheduler task never started: secret key "pasword" is missing in tickets/db',
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "each task that starts empties the cache",
        replace(
            ENTRYPOINT,
            OPTIMIZE,
            "php artisan optimize:clear --quiet || true\nphp artisan optimize --quiet",
        ),
        breaks=[scheduler.test_starting_task_leaves_the_others_alone],
        cause="each task that starts empties the cache of all",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "each task that starts empties the cache of views",
            replace(
                ENTRYPOINT,
                OPTIMIZE,
                "php artisan view:clear --quiet || true\nphp artisan optimize --quiet",
            ),
        ),
    ),
    Mistake(
        "each task that starts restarts the workers",
        replace(ENTRYPOINT, OPTIMIZE, f"{OPTIMIZE}\nphp artisan queue:restart -q || true"),
        breaks=[scheduler.test_starting_task_leaves_the_others_alone],
        cause="each task that starts runs queue:restart",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "each task that starts migrates",
        replace(ENTRYPOINT, OPTIMIZE, f"{OPTIMIZE}\nphp artisan migrate --force --quiet"),
        breaks=[scheduler.test_starting_task_leaves_the_others_alone],
        cause="each task that starts runs migrate",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "each task that starts looks at the migrations",
            replace(ENTRYPOINT, OPTIMIZE, f"{OPTIMIZE}\nphp artisan migrate:status -q || true"),
        ),
    ),
    Mistake(
        "what is scheduled fails, and schedule:run ends with 0",
        replace(
            "app/app/Schedule/ReleaseExpiredHolds.php",
            "Log::info('Expired holds released', [",
            'throw new \\RuntimeException("no such hold");\n'
            "        Log::info('Expired holds released', [",
        ),
        breaks=[scheduler.test_each_tick_runs_what_is_due_once],
        cause="the scheduled release-expired-holds fails each time",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the daily report fails",
        replace(
            "app/app/Schedule/ReportSales.php",
            "Log::info('Sales report', [",
            "throw new \\RuntimeException(\"no report\");\n\n        Log::info('Sales report', [",
        ),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="the scheduled report-sales fails in the scheduler's task, at its fixed minute too",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "two scheduled commands fail, each for a reason of its own",
        combine(
            replace(
                "app/app/Schedule/ReportSales.php",
                "Log::info('Sales report', [",
                "throw new \\RuntimeException('no report');\n\n        Log::info('Sales report', [",
            ),
            append(CONSOLE, "Schedule::command('queue:prune-batch --hours=48')->weekly();"),
        ),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="no report; the scheduled php artisan queue:prune-batch --hours=48 fails",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "a command that is due seldom fails",
        append(
            CONSOLE,
            "Schedule::command('queue:prune-batch --hours=48')->weekly()->onOneServer();",
        ),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="the scheduled php artisan queue:prune-batch --hours=48 fails in the scheduler",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "a command that is due seldom succeeds",
            append(
                CONSOLE,
                "Schedule::command('queue:prune-failed --hours=48')->weekly()->onOneServer();",
            ),
        ),
    ),
    Mistake(
        "a scheduled backup runs a program that the image lacks",
        append(CONSOLE, BACKUP.format("mysqldump --single-transaction tickets")),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="the image has no mysqldump, which the scheduled mysqldump --single-transaction",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "a scheduled backup runs a program that the image has",
            append(CONSOLE, BACKUP.format("php artisan about --json")),
        ),
    ),
    Mistake(
        "a scheduled command mails its output, and the scheduler may not send",
        append(CONSOLE, MAILED),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="is not authorized to perform: ses:SendRawEmail",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "a scheduled command mails its output, and the scheduler may send",
            combine(
                append(CONSOLE, MAILED),
                replace(
                    "app/iam/scheduler-task.json",
                    '"Statement": [\n          {\n            "Sid": "DispatchJobs"',
                    '"Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail",'
                    ' "Resource": "*"},\n          {\n            "Sid": "DispatchJobs"',
                ),
            ),
        ),
    ),
    Mistake(
        "a scheduled command runs in the background",
        append(
            CONSOLE,
            "Schedule::command('queue:prune-failed')->daily()->onOneServer()->runInBackground();",
        ),
        breaks=[scheduler.test_scheduled_commands_run_in_the_foreground],
        cause="runs in the background, and Fargate ends its task with schedule:run",
        also_green=[scheduler.test_every_scheduled_command_succeeds],
        twin=Twin(
            "the same command runs in the foreground",
            append(
                CONSOLE,
                "Schedule::command('queue:prune-failed')->daily()->onOneServer();",
            ),
        ),
    ),
    Mistake(
        "a scheduled command is for an environment that no task has",
        replace(
            CONSOLE, "    ->everyFiveMinutes()", "    ->everyFiveMinutes()->environments('prod')"
        ),
        breaks=[scheduler.test_scheduled_commands_have_a_tasks_environment],
        cause="the scheduled queue-missing-confirmations never runs: environments() names prod",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "a scheduled command is for production and staging, another for developers",
            combine(
                replace(
                    CONSOLE,
                    "    ->everyFiveMinutes()",
                    "    ->everyFiveMinutes()->environments(['production', 'staging'])",
                ),
                append(CONSOLE, "Schedule::command('view:clear')->daily()->environments('local');"),
            ),
        ),
    ),
    Mistake(
        "a scheduled command is for the old host by its name",
        replace(
            CONSOLE,
            "    ->everyFiveMinutes()",
            "    ->everyFiveMinutes()->when(fn (): bool => gethostname() === 'srv17')",
        ),
        breaks=[scheduler.test_schedule_asks_for_no_hosts_name],
        cause="compares the host's name with srv17, and no task has that name",
        also_green=[scheduler.test_scheduled_commands_have_a_tasks_environment],
        twin=Twin(
            "a scheduled command writes the host's name to the log",
            append(
                CONSOLE,
                "Schedule::call(fn () => logger()->info('by '.gethostname()))->hourly();",
            ),
        ),
    ),
    Mistake(
        "the scheduler's task has no MAIL_MAILER",
        set_variable("MAIL_MAILER", None, task="scheduler"),
        breaks=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        cause='the default mailer is "log" in the scheduled task and "ses" in the web task:'
        " MAIL_MAILER differs",
        also_green=[definitions.test_shared_stores_match_in_every_task_definition],
        twin=Twin(
            "the scheduler's task has another channel for a mailer that is not used",
            set_variable("MAIL_LOG_CHANNEL", "stderr", task="scheduler"),
        ),
    ),
    Mistake(
        "the scheduler's task has no SQS_QUEUE",
        set_variable("SQS_QUEUE", None, task="scheduler"),
        breaks=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        cause="the scheduled task sends its jobs to the queue default, and the workers serve"
        " tickets-jobs",
        also_green=[definitions.test_shared_stores_match_in_every_task_definition],
        twin=Twin(
            "the scheduler's task leaves the database's port to its default",
            set_variable("DB_PORT", None, task="scheduler"),
        ),
    ),
    Mistake(
        "the scheduler's task has no QUEUE_CONNECTION",
        set_variable("QUEUE_CONNECTION", None, task="scheduler"),
        breaks=[
            configuration.test_scheduled_task_has_the_web_tasks_resources,
            tickets_orders.test_scheduler_confirms_an_order_whose_job_was_lost,
        ],
        cause='the default queue connection is "database" in the scheduled task and "sqs" in the',
        follows=["2 jobs were to send mails, and 1 came to the worker"],
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the rule gives its task another queue connection",
        replace(
            SCHEDULE,
            '"name": "app",\n              "command"',
            '"name": "app",\n              "environment": [\n                {\n'
            '                  "name": "QUEUE_CONNECTION",\n                  "value": "sync"\n'
            '                }\n              ],\n              "command"',
        ),
        breaks=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        cause='the default queue connection is "sync" in the scheduled task and "sqs" in the',
        follows=["QUEUE_CONNECTION is not sqs in the scheduled task"],
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
    ),
    Mistake(
        "the scheduler connects to the database without TLS",
        set_variable("MYSQL_ATTR_SSL_CA", None, task="scheduler"),
        breaks=[scheduler.test_rule_starts_one_task_each_minute],
        cause="the app speaks to the database in plain text",
        also_green=[definitions.test_app_url_is_the_public_url],
    ),
    Mistake(
        "the rule's role trusts ECS and not EventBridge",
        replace(RULE_ROLE, "events.amazonaws.com", "ecs-tasks.amazonaws.com"),
        cause="EventBridge cannot assume the role",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the rule's role may hand its roles over to another service",
        replace(RULE_ROLE, '"ecs-tasks.amazonaws.com"', '"ecs.amazonaws.com"'),
        cause="its role tickets-schedule-rule lacks iam:PassRole",
        exit_code=NOT_STARTED,
    ),
)
