"""Mistakes of names in the app's code: not configured, or for development only."""

from __future__ import annotations

from scenarios import test_configuration as configuration
from scenarios import test_scheduler as scheduler
from tests.mistakes.edits import (
    BOOTSTRAP,
    Edit,
    add_file,
    add_word,
    combine,
    replace,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

REPORT = "app/app/Schedule/ReportSales.php"
STORE = "app/app/Actions/StoreEventDocument.php"
QUEUE_ORDER = "app/app/Actions/QueueOrderConfirmation.php"
ZONE = "America/Jamaica"
ZONED = ("web", "scheduler")
FACADES = "\\Illuminate\\Support\\Facades\\"


def in_the_report(statement: str) -> Edit:
    """Add a statement to the daily report."""
    return replace(REPORT, "        $day = ", f"        {statement}\n        $day = ")


def in_the_upload(statement: str) -> Edit:
    """Add a statement to the action that stores an uploaded file."""
    return replace(
        STORE, "        $mimeType = (string)", f"        {statement}\n        $mimeType = (string)"
    )


def dispatch_to(call: str) -> Edit:
    """Dispatch the confirmation of an order with another call."""
    return replace(
        QUEUE_ORDER, "SendOrderConfirmation::dispatch($order)", f"SendOrderConfirmation::{call}"
    )


def _set_zone_of_pages(zone: str) -> Edit:
    """Have a middleware set PHP's time zone for each page."""
    return combine(
        add_file(
            "app/app/Http/Middleware/SetTimeZone.php",
            "<?php\n\nnamespace App\\Http\\Middleware;\n\nuse Closure;\n\nclass SetTimeZone\n{\n"
            "    public function handle($request, Closure $next)\n    {\n"
            f"        date_default_timezone_set('{zone}');\n\n        return $next($request);\n"
            "    }\n}\n",
        ),
        replace(
            BOOTSTRAP,
            "$middleware->trustProxies(",
            "$middleware->append(\\App\\Http\\Middleware\\SetTimeZone::class);\n"
            "        $middleware->trustProxies(",
        ),
    )


def _read_zone() -> Edit:
    """Have the app read its time zone from APP_TIMEZONE, as Laravel 11 did."""
    return replace("app/config/app.php", "'UTC'", "env('APP_TIMEZONE', 'UTC')")


MISTAKES = (
    Mistake(
        "the report reads a connection that is not configured",
        in_the_report(f"{FACADES}DB::connection('reporting')->table('orders')->count();"),
        breaks=[configuration.test_resources_named_in_the_code_are_configured],
        cause='the code uses the database connection "reporting" in app/Schedule/ReportSales.php'
        " line 15, and config/database.php has no such one",
        also_green=[configuration.test_resources_named_in_the_code_are_for_production],
        twin=Twin(
            "the report names the connection that there is",
            in_the_report(f"{FACADES}DB::connection('mysql')->table('orders')->count();"),
        ),
    ),
    Mistake(
        "a disk of the old host is named, and not configured",
        in_the_upload(f"{FACADES}Storage::disk('uploads')->exists('events');"),
        breaks=[configuration.test_resources_named_in_the_code_are_configured],
        cause='the code uses the disk "uploads" in app/Actions/StoreEventDocument.php',
        also_green=[configuration.test_resources_named_in_the_code_are_for_production],
    ),
    Mistake(
        "a thumbnail is kept on the task's own disk",
        in_the_upload(f"{FACADES}Storage::disk('local')->put('thumbnail', $file->getContent());"),
        breaks=[configuration.test_resources_named_in_the_code_are_for_production],
        cause='the code uses the disk "local" in app/Actions/StoreEventDocument.php line 26, and'
        " stores files there",
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "a file on the task's own disk is removed again at once",
            in_the_upload(
                f"{FACADES}Storage::disk('local')->put('scratch', $file->getContent());"
                f" {FACADES}Storage::disk('local')->delete('scratch');"
            ),
        ),
    ),
    Mistake(
        "an audit log is a file in the container",
        in_the_report(f"{FACADES}Log::channel('single')->info('report');"),
        breaks=[configuration.test_resources_named_in_the_code_are_for_production],
        cause='the code uses the log channel "single" in app/Schedule/ReportSales.php line 15,'
        " which is a file in the container",
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "a log channel that reaches the container's output is named",
            in_the_report(f"{FACADES}Log::channel('stderr')->info('report');"),
        ),
    ),
    Mistake(
        "a mail is sent by the mailer of development",
        in_the_report(f"{FACADES}Mail::mailer('log')->raw('x', fn ($mail) => $mail->to('a@b'));"),
        breaks=[configuration.test_resources_named_in_the_code_are_for_production],
        cause='the code uses the mailer "log" in app/Schedule/ReportSales.php line 15, which sends'
        " no mail that anybody gets",
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "the mailer of development is used in development only",
            replace(
                REPORT,
                "    public function __invoke",
                "    private function preview(): void\n    {\n        if (app()->isLocal()) {\n"
                f"            {FACADES}Mail::mailer('log')->raw('x', fn ($mail) => null);\n"
                "        }\n    }\n\n    public function __invoke",
            ),
        ),
    ),
    Mistake(
        "the report is kept in a file of each task's own",
        in_the_report(f"{FACADES}Cache::store('file')->put('report', 1, 600);"),
        breaks=[configuration.test_resources_named_in_the_code_are_for_production],
        cause='the code uses the cache store "file" in app/Schedule/ReportSales.php line 15, and'
        " keeps values there",
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "the report is remembered while its task runs",
            in_the_report(f"{FACADES}Cache::store('array')->put('report', 1, 600);"),
        ),
    ),
    Mistake(
        "the report asks a Redis that production does not have",
        in_the_report(f"{FACADES}Cache::store('redis')->get('report');"),
        breaks=[configuration.test_resources_named_in_the_code_are_for_production],
        cause='the code uses the cache store "redis" in app/Schedule/ReportSales.php line 15, whose'
        ' host is "127.0.0.1", a host of local development',
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "the report asks the store that there is",
            in_the_report(f"{FACADES}Cache::store('database')->get('report');"),
        ),
    ),
    Mistake(
        "a job goes to a queue that no worker serves",
        dispatch_to("dispatch($order)->onQueue('tickets-mails')"),
        breaks=[configuration.test_queues_named_in_the_code_have_a_worker],
        cause='the code uses the queue "tickets-mails" in app/Actions/QueueOrderConfirmation.php'
        " line 18, and no worker serves it (they serve tickets-jobs)",
        also_green=[configuration.test_queues_of_the_workers_exist],
        twin=Twin(
            "a job names the queue that the worker serves",
            dispatch_to("dispatch($order)->onQueue('tickets-jobs')"),
        ),
    ),
    Mistake(
        "a job goes over a connection that no worker serves",
        dispatch_to("dispatch($order)->onConnection('database')"),
        breaks=[configuration.test_queues_named_in_the_code_have_a_worker],
        cause='the code uses the queue connection "database" in'
        " app/Actions/QueueOrderConfirmation.php line 18, and no worker serves it (they serve sqs)",
        also_green=[configuration.test_queues_of_the_workers_exist],
    ),
    Mistake(
        "the worker serves a queue that there is not",
        add_word("--queue=tickets-urgent,tickets-jobs"),
        exit_code=NOT_STARTED,
        cause="tickets-worker-task lacks sqs:ReceiveMessage",
        also_green=[configuration.test_queues_named_in_the_code_have_a_worker],
        twin=Twin("the worker names its queue", add_word("--queue=tickets-jobs")),
    ),
    Mistake(
        "the worker has another time zone than the web tasks",
        combine(_read_zone(), *(set_variable("APP_TIMEZONE", ZONE, task=task) for task in ZONED)),
        breaks=[configuration.test_workers_have_the_web_tasks_time_zone],
        cause=f"the app's time zone is UTC in the worker task and {ZONE} in the web task",
        also_green=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        twin=Twin(
            "every task has the time zone of the venues",
            combine(_read_zone(), set_everywhere("APP_TIMEZONE", ZONE)),
        ),
    ),
    Mistake(
        "a middleware gives pages a time zone of their own",
        _set_zone_of_pages(ZONE),
        breaks=[configuration.test_workers_have_the_web_tasks_time_zone],
        cause=f"the app's time zone is UTC in the worker task and {ZONE} in the web task",
        also_green=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        twin=Twin("a middleware gives pages the app's own time zone", _set_zone_of_pages("UTC")),
    ),
    Mistake(
        "the scheduler has another time zone than the web tasks",
        combine(_read_zone(), set_variable("APP_TIMEZONE", ZONE, task="scheduler")),
        breaks=[configuration.test_scheduled_task_has_the_web_tasks_resources],
        cause=f"the app's time zone is {ZONE} in the scheduler task and UTC in the web task",
        also_green=[configuration.test_workers_have_the_web_tasks_time_zone],
    ),
    Mistake(
        "the report is to run at 25:00",
        set_variable("TICKETS_REPORT_AT", "25:00", task="scheduler"),
        breaks=[
            scheduler.test_each_tick_runs_what_is_due_once,
            scheduler.test_rule_starts_one_task_each_minute,
        ],
        cause="a time of the schedule is none: the scheduler fails at each tick",
        also_green=[configuration.test_resources_named_in_the_code_are_configured],
        twin=Twin(
            "the report runs at 23:00", set_variable("TICKETS_REPORT_AT", "23:00", task="scheduler")
        ),
    ),
    Mistake(
        "trusted proxies are listed with semicolons",
        set_variable("TRUSTED_PROXIES", "10.40.0.0/24;10.40.1.0/24"),
        cause="TRUSTED_PROXIES holds a text that is no address and no network",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "sessions are kept in a database connection that nobody configured",
        set_variable("SESSION_CONNECTION", "legacy"),
        cause='SESSION_CONNECTION of the web task is "legacy", a database connection that',
        exit_code=NOT_STARTED,
    ),
)
