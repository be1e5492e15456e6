"""Laravel's own settings, names and commands."""

from __future__ import annotations

from tests.mistakes.edits import (
    BOOTSTRAP,
    CONFIG,
    CONSOLE,
    DATABASE_CONFIG,
    Edit,
    add_file,
    append,
    combine,
    replace,
    replace_word,
)
from tests.variants.edits import rename, set_variables
from tests.variants.variant import Variant

PLACES = [
    Variant(
        "APP_URL ends with a slash",
        rename(
            (
                r'"https://tickets\.876events\.example"(?=\s*\})',
                '"https://tickets.876events.example/"',
            )
        ),
    ),
    Variant(
        "locale and time zones are other ones",
        combine(
            set_variables(
                {
                    "APP_LOCALE": "de",
                    "APP_FALLBACK_LOCALE": "en",
                    "TICKETS_TIMEZONE": "Asia/Kathmandu",
                    "TZ": "Europe/Prague",
                }
            ),
            replace("app/config/app.php", "'timezone' => 'UTC'", "'timezone' => 'Europe/Prague'"),
        ),
    ),
]
DEFAULTS = [
    Variant(
        "the variables of Laravel's own .env.example are set",
        set_variables(
            {
                "APP_DEBUG": "False",
                "APP_MAINTENANCE_DRIVER": "cache",
                "APP_FAKER_LOCALE": "en_US",
                "AUTH_PASSWORD_TIMEOUT": "10800",
                "AUTH_PASSWORD_RESET_TOKEN_TABLE": "password_reset_tokens",
                "BCRYPT_ROUNDS": "12",
                "BROADCAST_CONNECTION": "log",
                "LOG_STACK": "single",
                "LOG_DEPRECATIONS_CHANNEL": "null",
                "LOG_LEVEL": "debug",
                "MEMCACHED_HOST": "127.0.0.1",
                "REDIS_CLIENT": "phpredis",
                "REDIS_HOST": "127.0.0.1",
                "REDIS_PASSWORD": "null",
                "REDIS_PORT": "6379",
                "MAIL_SCHEME": "null",
                "MAIL_PASSWORD": "null",
                "AWS_USE_PATH_STYLE_ENDPOINT": "false",
                "VITE_APP_NAME": "876 Events",
                "PUSHER_APP_KEY": "9f1c2b7a4e5d6f708192",
                "VITE_PUSHER_APP_KEY": "9f1c2b7a4e5d6f708192",
                "SESSION_CONNECTION": "mysql",
                "SESSION_PATH": "/",
                "DB_CACHE_TABLE": "cache",
                "DB_CHARSET": "utf8mb4",
                "QUEUE_FAILED_DRIVER": "database-uuids",
            }
        ),
    ),
    Variant(
        "what the app's configuration chooses itself is not set",
        set_variables(
            {
                "SESSION_COOKIE": None,
                "SESSION_DRIVER": None,
                "CACHE_STORE": None,
                "CACHE_PREFIX": None,
                "LOG_CHANNEL": None,
                "DB_PORT": None,
                "DB_CONNECTION": None,
                "APP_DEBUG": None,
                "APP_ENV": None,
                "MAIL_FROM_ADDRESS": None,
            }
        ),
    ),
]


def add_class(name: str, code: str) -> Edit:
    """Add a class of the app's own."""
    namespace = f"App/{name}".rpartition("/")[0].replace("/", "\\")
    return add_file(f"app/app/{name}.php", f"<?php\n\nnamespace {namespace};\n\n{code}")


def add_command() -> Edit:
    """Add a command of the app's own."""
    return add_class(
        "Console/Commands/CloseSales",
        """use Illuminate\\Console\\Command;

class CloseSales extends Command
{
    protected $signature = 'sales:close {--event=}';

    protected $description = 'Close the sales of events that have begun';

    public function handle(): int
    {
        $this->info('closed');

        return self::SUCCESS;
    }
}
""",
    )


SCHEDULES = [
    Variant(
        "more commands are scheduled, one of them each half minute",
        combine(
            add_command(),
            append(
                CONSOLE,
                "Schedule::command('sales:close')->hourly()->withoutOverlapping()->onOneServer();\n"
                "Schedule::command('sales:close --event=1')->everyThirtySeconds();\n"
                "Schedule::command('cache:prune-stale-tags')->daily()->environments(['staging']);",
            ),
        ),
    ),
    Variant(
        "expired holds are released every ten seconds",
        replace(CONSOLE, "->everyMinute()", "->everyTenSeconds()"),
    ),
    Variant(
        "a scheduled command asks a service of the internet",
        append(
            CONSOLE,
            "Schedule::call(fn () => Illuminate\\Support\\Facades\\Http::timeout(3)"
            "->get('https://hc-ping.example/1')->throw())->name('ping')->everyMinute();",
        ),
    ),
    Variant(
        "answers have security headers, and a route of the app's own is limited",
        combine(
            replace(
                "app/routes/web.php",
                "Route::get('/', ",
                "Route::get('/status', fn () => 'ok')->middleware('throttle:600,1');\n"
                "Route::get('/', ",
            ),
            replace(
                "app/docker/etc/nginx/nginx.conf",
                "    server_tokens off;",
                "    server_tokens off;\n"
                '    add_header Strict-Transport-Security "max-age=31536000" always;\n'
                '    add_header X-Frame-Options "SAMEORIGIN" always;\n'
                "    add_header Content-Security-Policy \"default-src 'self' https:\" always;",
            ),
        ),
    ),
]


def add_json_route() -> Edit:
    """Add an API of the app's own, with its routes in a file as Laravel installs it."""
    before = "        commands: "
    return combine(
        add_file(
            "app/routes/api.php",
            """<?php

use Illuminate\\Support\\Facades\\Route;

Route::middleware('throttle:30,1')->get('/events', fn () => ['events' => []]);
""",
        ),
        replace(BOOTSTRAP, before, f"        api: __DIR__.'/../routes/api.php',\n{before}"),
    )


ROUTES = [
    Variant("an API has routes and limits of its own", add_json_route()),
    Variant(
        "pages that do not exist lead to the first one",
        append("app/routes/web.php", "Route::fallback(fn () => redirect('/'));"),
    ),
    Variant(
        "the app forces https in its links, and has response headers by a middleware",
        combine(
            replace(
                "app/app/Providers/AppServiceProvider.php",
                "        Date::use(",
                "        \\Illuminate\\Support\\Facades\\URL::forceScheme('https');\n"
                "        Date::use(",
            ),
            add_class(
                "Http/Middleware/AddHeaders",
                """use Closure;
use Illuminate\\Http\\Request;
use Symfony\\Component\\HttpFoundation\\Response;

class AddHeaders
{
    public function handle(Request $request, Closure $next): Response
    {
        $answer = $next($request);
        $answer->headers->set('X-Content-Type-Options', 'nosniff');

        return $answer;
    }
}
""",
            ),
            replace(
                BOOTSTRAP,
                "        $middleware->trustProxies(",
                "        $middleware->append(\\App\\Http\\Middleware\\AddHeaders::class);\n"
                "        $middleware->trustProxies(",
            ),
        ),
    ),
]
QUEUES = [
    Variant(
        "jobs are in the database",
        combine(
            set_variables({"QUEUE_CONNECTION": "database", "DB_QUEUE_RETRY_AFTER": "120"}),
            replace_word("sqs", "database"),
            replace(CONFIG, 'queues = "app/aws/queues.json"\n', ""),
        ),
    ),
]
LOGS = [
    Variant(
        "log lines are text, by a stack of channels",
        combine(
            set_variables({"LOG_CHANNEL": "stack", "LOG_STACK": "stderr", "LOG_LEVEL": "debug"}),
            replace(
                "app/config/logging.php",
                "        'single' => [",
                "        'stack' => [\n            'driver' => 'stack',\n"
                "            'channels' => explode(',', (string) env('LOG_STACK', 'single')),\n"
                "            'ignore_exceptions' => false,\n        ],\n\n        'single' => [",
            ),
            replace(
                "app/config/logging.php",
                "env('LOG_STDERR_FORMATTER', JsonFormatter::class)",
                "env('LOG_STDERR_FORMATTER')",
            ),
            replace("app/config/logging.php", "'includeStacktraces' => true,", ""),
            replace("app/config/logging.php", "use Monolog\\Formatter\\JsonFormatter;\n", ""),
        ),
    ),
]
STORES = [
    Variant(
        "tables of sessions, cache and failed jobs have other names, and the cache no prefix",
        combine(
            set_variables(
                {
                    "SESSION_TABLE": "app_sessions",
                    "DB_CACHE_TABLE": "app_cache",
                    "CACHE_PREFIX": None,
                }
            ),
            rename(
                (r"create\('sessions'", "create('app_sessions'"),
                (r"create\('cache'", "create('app_cache'"),
                files=(
                    "app/database/migrations/0001_01_01_000001_create_sessions_table.php",
                    "app/database/migrations/0001_01_01_000002_create_cache_table.php",
                ),
            ),
        ),
    ),
    Variant(
        "the database is not strict, and has a connection for reading and writing",
        combine(
            replace(
                DATABASE_CONFIG, "            'strict' => true,", "            'strict' => false,"
            ),
            replace(
                DATABASE_CONFIG,
                "            'host' => env('DB_HOST', '127.0.0.1'),",
                "            'read' => ['host' => [env('DB_HOST', '127.0.0.1')]],\n"
                "            'write' => ['host' => [env('DB_HOST', '127.0.0.1')]],\n"
                "            'sticky' => true,",
            ),
        ),
    ),
]
DISKS = [
    Variant(
        "the disk has another name, a folder in the bucket and a public address",
        combine(
            set_variables(
                {"FILESYSTEM_DISK": "uploads", "AWS_URL": "https://cdn.876events.example"}
            ),
            replace("app/config/filesystems.php", "        's3' => [", "        'uploads' => ["),
            replace(
                "app/config/filesystems.php",
                "            'bucket' => env('AWS_BUCKET'),",
                "            'bucket' => env('AWS_BUCKET'),\n            'root' => 'production',",
            ),
        ),
    ),
]
ADDRESSES = [
    Variant(
        "the session cookie has a name that browsers guard, and assets come from elsewhere",
        set_variables(
            {
                "SESSION_COOKIE": "__Host-session",
                "ASSET_URL": "https://d111111abcdef8.cloudfront.net",
            }
        ),
    ),
    Variant(
        "APP_URL names the port of https",
        set_variables({"APP_URL": "https://tickets.876events.example:443"}),
    ),
]
STATEMENTS = [
    Variant(
        "a migration imports a dump in one call, and the proxy's clients share no connection",
        combine(
            replace(
                CONFIG,
                "[overlay.environment]",
                "[overlay]\nconnection_sharing = false\n\n[overlay.environment]",
            ),
            add_file(
                "app/database/migrations/2026_11_24_000001_import_venues.php",
                """<?php

use Illuminate\\Database\\Migrations\\Migration;
use Illuminate\\Support\\Facades\\DB;

return new class extends Migration
{
    public function up(): void
    {
        DB::unprepared(<<<'SQL'
            CREATE TABLE venues (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL);
            INSERT INTO venues VALUES (1, 'Hall; North'), (2, 'Arena');
            INSERT INTO venues VALUES (3, 'Club');
            SQL);
    }

    public function down(): void
    {
        DB::unprepared('DROP TABLE venues');
    }
};
""",
            ),
        ),
    ),
]
SCHEDULED = [
    Variant(
        "the schedule is in bootstrap/app.php, and has jobs, conditions and seconds",
        combine(
            add_command(),
            replace(
                BOOTSTRAP,
                "    ->withExceptions(",
                "    ->withSchedule(function (\\Illuminate\\Console\\Scheduling\\Schedule"
                " $schedule): void {\n"
                "        $schedule->command('sales:close')->weekdays()->between('8:00', '17:00')"
                "->onOneServer();\n"
                "        $schedule->command('sales:close --event=2')->everyTenSeconds()"
                "->when(fn (): bool => true)->withoutOverlapping(5)->onOneServer();\n"
                "        $schedule->command('queue:prune-failed --hours=48')->dailyAt('03:30')"
                "->evenInMaintenanceMode()->onOneServer();\n"
                "    })\n    ->withExceptions(",
            ),
        ),
    ),
]
