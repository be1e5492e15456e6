"""Laravel's own settings, names and commands."""

from __future__ import annotations

from pathlib import Path

from tests.mistakes.edits import CONSOLE, Edit, append, combine, replace
from tests.variants.edits import rename, set_variables
from tests.variants.variant import Variant

COMMAND = "app/app/Console/Commands/CloseSales.php"
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


def add_command() -> Edit:
    """Add a command of the app's own."""

    def apply(root: Path) -> None:
        path = root / COMMAND
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            """<?php

namespace App\\Console\\Commands;

use Illuminate\\Console\\Command;

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
"""
        )

    return Edit((CONSOLE,), apply)


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
