"""Mistakes of values that the old host left behind, or that were copied wrongly."""

from __future__ import annotations

from scenarios import test_edge as edge
from scenarios import test_php as php
from scenarios import test_secrets as secrets
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    CONFIG,
    ENTRYPOINT,
    Edit,
    combine,
    drop_secret,
    replace,
    run_in_build,
    set_everywhere,
)
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin

DRAWN = 'app_key = { generate = "laravel-key" }'
BYTES = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="


def set_key(value: str) -> Edit:
    """Set APP_KEY in the made-up secret."""
    return replace(CONFIG, DRAWN, f'app_key = "{value}"')


MISTAKES = (
    Mistake(
        "APP_KEY has lost its prefix",
        set_key(BYTES),
        breaks=[
            sessions.test_session_values_are_read_by_another_task,
            sessions.test_session_cookie_is_secure_and_named_as_configured,
            secrets.test_app_key_is_the_same_in_every_web_task,
        ],
        cause="APP_KEY has the wrong length",
        also_green=[edge.test_plain_http_is_redirected_to_https],
        twin=Twin("APP_KEY is 32 characters, as Laravel takes it", set_key(BYTES[:32])),
    ),
    Mistake(
        "the address of the old database is left",
        set_everywhere("DB_URL", "mysql://root@127.0.0.1:3306/tickets"),
        cause="the app looks for its database in the task itself (127.0.0.1)",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the configuration is cached when the image is built, and by no task",
        combine(
            run_in_build(
                "mkdir -p storage/framework/views && php artisan config:cache"
                " && chown -R www-data: storage bootstrap/cache"
            ),
            replace(ENTRYPOINT, "php artisan optimize --quiet", "true"),
        ),
        cause="or the image holds a configuration that was cached when it was built",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the socket of the old database is left",
        set_everywhere("DB_SOCKET", "/var/run/mysqld/mysqld.sock"),
        cause="DB_SOCKET is set in the task",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the port of the database is another one",
        set_everywhere("DB_PORT", "33060"),
        cause="the task cannot reach DB_HOST",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin("the port of the database is not set", set_everywhere("DB_PORT", "")),
    ),
    Mistake(
        "the database's host ends with a blank",
        set_everywhere("DB_HOST", "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com "),
        cause="Laravel takes the space at an end for a part of it (DB_HOST)",
        exit_code=USAGE,
    ),
    Mistake(
        "compiled views go to a directory that only the old host has",
        set_everywhere("VIEW_COMPILED_PATH", "/srv/app/compiled"),
        cause='is "/srv/app/compiled" (VIEW_COMPILED_PATH), where the app may not write',
        exit_code=USAGE,
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "compiled views go to a directory that the app may write to",
            set_everywhere("VIEW_COMPILED_PATH", "/srv/app/storage/views"),
        ),
    ),
    Mistake(
        "passwords are hashed with 18 rounds of bcrypt",
        set_everywhere("BCRYPT_ROUNDS", "18"),
        cause="at 18 a sign-in takes a processor for many seconds (BCRYPT_ROUNDS)",
        exit_code=USAGE,
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin("passwords are hashed with 11 rounds", set_everywhere("BCRYPT_ROUNDS", "11")),
    ),
    Mistake(
        "debugging is switched off by a word that PHP takes for true",
        set_everywhere("APP_DEBUG", "off"),
        cause='is "off", a text, which PHP takes for true',
        exit_code=USAGE,
        also_green=[php.test_debugging_is_off_in_every_task],
        twin=Twin("debugging is switched off in capitals", set_everywhere("APP_DEBUG", "FALSE")),
    ),
    Mistake(
        "a session is to last for two hours, which are written as 2h",
        set_everywhere("SESSION_LIFETIME", "2h"),
        cause='is "2h", of which PHP reads the digits at the beginning alone',
        exit_code=USAGE,
    ),
    Mistake(
        "the bucket is named as in a URL",
        set_everywhere("AWS_BUCKET", "s3://876events-tickets-uploads"),
        cause="which is no name of a bucket (AWS_BUCKET)",
        exit_code=USAGE,
    ),
    Mistake(
        "the session cookie is for a URL",
        set_everywhere("SESSION_DOMAIN", "https://tickets.876events.example"),
        cause="which is no domain: browsers refuse the session's cookie",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker has no password for the database",
        drop_secret("DB_PASSWORD", task="worker"),
        cause="DB_PASSWORD is empty in the task",
        exit_code=NOT_STARTED,
    ),
)
