"""Mistakes of secrets, and of releases that a bad secret stops."""

from __future__ import annotations

from typing import Any

from scenarios import test_releases as releases
from scenarios import test_secrets as secrets
from tests.mistakes.edits import (
    ENTRYPOINT,
    WEB_TASK,
    combine,
    drop_secret,
    edit_container,
    replace,
    set_variable,
)
from tests.mistakes.mistake import USAGE, Mistake, Twin


def take_own_key(container: dict[str, Any]) -> None:
    """Give a container an APP_KEY that is no secret's."""
    container["secrets"] = [
        secret for secret in container["secrets"] if secret["name"] != "APP_KEY"
    ]
    key = "base64:" + "B" * 43 + "="
    container["environment"].append({"name": "APP_KEY", "value": key})


MISTAKES = (
    Mistake(
        "the web task takes the former value of a secret",
        replace(WEB_TASK, ":password::", ":password:AWSPREVIOUS:"),
        cause="takes the stage AWSPREVIOUS, the value before the last rotation",
        exit_code=USAGE,
    ),
    Mistake(
        "a secret is a plain variable of the task definition",
        set_variable("DB_PASSWORD_OLD", "hunter2-hunter2"),
        breaks=[secrets.test_no_secret_is_a_plain_variable],
        cause="DB_PASSWORD_OLD is among the plain variables",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        twin=Twin(
            "a plain variable has the word PASSWORD in its name",
            set_variable("AUTH_PASSWORD_TIMEOUT", "10800"),
        ),
    ),
    Mistake(
        "the database's user name is a plain variable",
        combine(drop_secret("DB_USERNAME"), set_variable("DB_USERNAME", "tickets")),
        breaks=[
            secrets.test_database_secret_holds_only_the_account,
            releases.test_secret_rotation_without_downtime,
        ],
        cause="does not take username from tickets/db",
        follows=['the database refuses the account "tickets"'],
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        twin=Twin(
            "a secret's version is named: AWSCURRENT",
            replace(WEB_TASK, ":username::", ":username:AWSCURRENT:"),
        ),
    ),
    Mistake(
        "the worker has an APP_KEY of its own",
        edit_container("worker", take_own_key),
        breaks=[secrets.test_app_key_is_the_secrets_in_every_service],
        cause="APP_KEY is not the secret's in every task",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
    ),
    Mistake(
        "each task makes its own APP_KEY when it starts",
        replace(
            ENTRYPOINT,
            "php artisan optimize",
            "export APP_KEY=$(php artisan key:generate --show)\nphp artisan optimize",
        ),
        breaks=[
            secrets.test_app_key_is_the_same_in_every_web_task,
            secrets.test_app_key_is_the_secrets_in_every_service,
        ],
        cause="APP_KEY is not the secret's in every task",
        also_green=[secrets.test_database_secret_holds_only_the_account],
    ),
)
