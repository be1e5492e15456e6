"""Mistakes that one task hides: a lock, a counter, a file or maintenance of each task's own."""

from __future__ import annotations

from scenarios import test_configuration as configuration
from scenarios import test_jobs as jobs
from scenarios import test_shared_state as shared_state
from scenarios.tickets import test_holds as tickets_holds
from tests.mistakes.configuration import in_the_report
from tests.mistakes.edits import (
    ORDER_JOB,
    Edit,
    add_file,
    combine,
    replace,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

PROVIDER = "app/app/Providers/AppServiceProvider.php"
CACHE_CONFIG = "app/config/cache.php"
CART = "app/app/Services/Cart.php"
READER_JOB = "app/app/Jobs/ReadVisit.php"
READER = """<?php

namespace App\\Jobs;

use Illuminate\\Bus\\Queueable;
use Illuminate\\Contracts\\Queue\\ShouldQueue;
use Illuminate\\Foundation\\Bus\\Dispatchable;
use Illuminate\\Queue\\InteractsWithQueue;

class ReadVisit implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable;

    public int $tries = 1;

    public function __construct(public readonly string $path) {}

    public function handle(): void
    {
        if (! is_file($this->path)) {
            $words = "Failed to open stream: No such file";
            throw new \\RuntimeException("fopen({$this->path}): {$words}");
        }
    }
}
"""
"""Without PHP's own "or directory": Laravel takes that for a lost connection and ends the worker,
so that `up` may fail before a scenario does."""
UNIQUE = "\\Illuminate\\Contracts\\Queue\\ShouldBeUnique"


def make_unique(method: str = "") -> Edit:
    """Make the confirmation of an order a unique job, with one more method."""
    return replace(
        ORDER_JOB, "implements ShouldQueue\n{\n", f"implements ShouldQueue, {UNIQUE}\n{{\n{method}"
    )


def limit_by(key: str) -> Edit:
    """Count registrations by another key."""
    return replace(PROVIDER, "->by($request->ip())", f"->by({key})")


def hand_over(make_file: str, *, reader: str = READER) -> Edit:
    """Have a job of each visit read a file that the web task names."""
    return combine(
        add_file(READER_JOB, reader),
        replace(
            "app/app/Http/Controllers/Auth/LoginController.php",
            "        return view('auth.login');",
            f"        {make_file}\n        \\App\\Jobs\\ReadVisit::dispatch($file);\n\n"
            "        return view('auth.login');",
        ),
    )


def keep_in_session(start: str) -> Edit:
    """Have PHP's own session keep the visitor's cart, once it is begun."""
    statement = "$this->session->put(self::TOKEN, Str::random(self::TOKEN_LENGTH));"
    token = "$_SESSION[self::TOKEN] ??= Str::random(self::TOKEN_LENGTH)"
    statements = f"{start}\n            $this->session->put(self::TOKEN, {token});"
    return replace(CART, statement, statements)


MISTAKES = (
    Mistake(
        "maintenance mode is a file in one task",
        set_variable("APP_MAINTENANCE_DRIVER", "file"),
        breaks=[shared_state.test_maintenance_mode_reaches_every_task],
        cause='maintenance mode is kept by the driver "file"',
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "the store of maintenance mode is written out",
            set_variable("APP_MAINTENANCE_STORE", "database"),
        ),
    ),
    Mistake(
        "maintenance mode is in a cache of each task's own",
        set_variable("APP_MAINTENANCE_STORE", "file"),
        breaks=[shared_state.test_maintenance_mode_reaches_every_task],
        cause='maintenance mode is kept in the cache store "file", whose driver is "file"',
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
    ),
    Mistake(
        "a lock is in a file of each task's own",
        replace(ORDER_JOB, "Cache::lock(", "Cache::store('file')->lock("),
        breaks=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        cause="lock() in app/Jobs/SendOrderConfirmation.php line 35 uses the cache store"
        ' "file", whose driver is "file"',
        also_green=[configuration.test_resources_named_in_the_code_are_for_production],
        twin=Twin(
            "a lock names the store that all tasks share",
            replace(ORDER_JOB, "Cache::lock(", "Cache::store('database')->lock("),
        ),
    ),
    Mistake(
        "a unique job is unique in one process only",
        make_unique("    public function uniqueVia() { return Cache::driver('array'); }\n"),
        breaks=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        cause="the unique job in app/Jobs/SendOrderConfirmation.php line 17 uses the cache store"
        ' "array"',
        also_green=[shared_state.test_maintenance_mode_reaches_every_task],
        twin=Twin("a unique job uses the store that all tasks share", make_unique()),
    ),
    Mistake(
        "rate limits are counted in files",
        replace(CACHE_CONFIG, "    'stores' => [", "    'limiter' => 'file',\n    'stores' => ["),
        breaks=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        cause='the rate limits uses the cache store "file"',
        also_green=[shared_state.test_rate_limits_count_visitors_and_not_the_balancer],
        twin=Twin(
            "the store of the rate limits is written out",
            replace(
                CACHE_CONFIG, "    'stores' => [", "    'limiter' => 'database',\n    'stores' => ["
            ),
        ),
    ),
    Mistake(
        "the scheduler's locks are in files",
        set_everywhere("SCHEDULE_CACHE_DRIVER", "file"),
        breaks=[
            shared_state.test_locks_and_counters_are_shared_by_all_tasks,
            tickets_holds.test_on_one_server_command_runs_once_in_two_ticks,
        ],
        cause='onOneServer() of the scheduled release-expired-holds uses the cache store "file"',
        also_green=[shared_state.test_maintenance_mode_reaches_every_task],
    ),
    Mistake(
        "a running total is kept in a file of the task",
        in_the_report("file_put_contents(storage_path('app/total'), '1', FILE_APPEND);"),
        breaks=[shared_state.test_no_file_of_the_app_stays_in_one_task],
        cause="app/Schedule/ReportSales.php line 15 leaves a file in storage_path('app/total')",
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a file of the task is removed again at once",
            in_the_report(
                "file_put_contents(storage_path('app/scratch'), '1');"
                " unlink(storage_path('app/scratch'));"
            ),
        ),
    ),
    Mistake(
        "the cart is kept in a session of PHP's own",
        keep_in_session("session_start();"),
        breaks=[shared_state.test_code_keeps_nothing_in_sessions_of_php],
        cause="app/Services/Cart.php line 25 calls session_start(): PHP keeps its own sessions in",
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a session of PHP's own is for development",
            keep_in_session("if (app()->isLocal()) { session_start(); }"),
        ),
    ),
    Mistake(
        "a rate limit counts what clients write into X-Forwarded-For",
        limit_by("(string) $request->header('X-Forwarded-For')"),
        breaks=[shared_state.test_rate_limits_do_not_count_what_clients_write],
        cause="the rate limit registration counts by X-Forwarded-For as it comes",
        also_green=[shared_state.test_rate_limits_count_visitors_and_not_the_balancer],
    ),
    Mistake(
        "a rate limit counts the load balancer",
        limit_by("$request->server('REMOTE_ADDR')"),
        breaks=[shared_state.test_rate_limits_count_visitors_and_not_the_balancer],
        cause="the rate limit registration counts by the address that the connection comes from",
        follows=["reads REMOTE_ADDR, which is the load balancer's address"],
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a rate limit counts visitors by another method",
            limit_by("'visitor:'.$request->getClientIp()"),
        ),
    ),
    Mistake(
        "a page is for the office, by the address of the connection",
        replace(
            "app/app/Http/Controllers/OrderController.php",
            "    public function index(",
            "    public function office(): bool\n    {\n"
            "        return $_SERVER['REMOTE_ADDR'] === '203.0.113.7';\n    }\n\n"
            "    public function index(",
        ),
        breaks=[shared_state.test_code_asks_the_request_for_the_visitors_address],
        cause="reads REMOTE_ADDR, which is the load balancer's address for every visitor",
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a page is for the office, by the visitor's address",
            replace(
                "app/app/Http/Controllers/OrderController.php",
                "    public function index(",
                "    public function office(): bool\n    {\n"
                "        return request()->ip() === '203.0.113.7';\n    }\n\n"
                "    public function index(",
            ),
        ),
    ),
    Mistake(
        "a file is handed to a job on the task's own disk",
        hand_over("$file = tempnam('/tmp', 'visit');"),
        breaks=[jobs.test_jobs_of_the_app_come_to_a_good_end],
        cause="is not on its task's disk: another task wrote it, or one that is gone",
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a job reads a file of the image",
            hand_over("$file = '/srv/app/composer.json';"),
        ),
    ),
    Mistake(
        "a job opens a file as pages do, from the public directory",
        hand_over("$file = '../composer.json';"),
        breaks=[jobs.test_jobs_of_the_app_come_to_a_good_end],
        cause="the app opens ../composer.json as seen from the directory in which PHP runs",
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
    ),
    Mistake(
        "a job asks for the visitor's session, and another calls a function that PHP dropped",
        combine(
            hand_over("\\App\\Jobs\\CountVisit::dispatch(); $file = base_path('composer.json');"),
            add_file(
                "app/app/Jobs/CountVisit.php",
                READER.replace("ReadVisit", "CountVisit")
                .replace("public readonly string $path", "")
                .replace("! is_file($this->path)", "request()->session()->missing('cart')"),
            ),
        ),
        breaks=[jobs.test_jobs_of_the_app_come_to_a_good_end],
        cause="the job App\\Jobs\\CountVisit: code asks for the visitor's session",
        follows=["PHP has no function money_format any more"],
        also_green=[shared_state.test_locks_and_counters_are_shared_by_all_tasks],
        twin=Twin(
            "a job is handed what it needs of the visitor's session",
            hand_over("$file = base_path('composer.json'); session()->put('visit', $file);"),
        ),
    ),
)
