"""Which names in an app's code are missing, or of no use in production."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.named_resources import (
    NamedResource,
    development_cause,
    differing_resources,
    missing_cause,
)
from scenarios.test_configuration import ServedConnection, served_connections, sqs_name

RESOURCES: dict[str, dict[str, dict[str, Any]]] = {
    "disk": {
        "local": {"driver": "local"},
        "s3": {"driver": "s3", "bucket": "uploads"},
        "unset": {"driver": "s3"},
        "own": {"driver": "scoped", "disk": "local"},
        "shared": {"driver": "scoped", "disk": "s3"},
    },
    "mailer": {
        "ses": {"transport": "ses"},
        "log": {"transport": "log"},
        "catcher": {"transport": "smtp", "host": "mailpit"},
        "relay": {"transport": "smtp", "host": "smtp.example.org"},
        "both": {"transport": "failover", "mailers": ["ses", "log"]},
        "neither": {"transport": "failover", "mailers": ["log", "catcher"]},
    },
    "channel": {
        "single": {"driver": "single"},
        "stderr": {"driver": "monolog", "stream": "php://stderr"},
        "stack": {"driver": "stack", "channels": ["single", "stderr"]},
        "files": {"driver": "stack", "channels": ["single"]},
    },
    "database": {
        "mysql": {"driver": "mysql", "host": "db.proxy.example.com"},
        "docker": {"driver": "mysql", "host": "mysql"},
        "several": {"driver": "mysql", "host": ["a.example.com"]},
        "lite": {"driver": "sqlite", "database": "/a", "exists": False},
        "places": {"driver": "sqlite", "database": "/b", "exists": True},
    },
    "connection": {
        "sqs": {"driver": "sqs", "prefix": "https://sqs/1"},
        "skeleton": {"driver": "sqs", "prefix": "https://sqs.us-east-1/your-account-id"},
        "null": {"driver": "null"},
    },
    "store": {
        "array": {"driver": "array"},
        "redis": {"driver": "redis", "connection": "cache"},
        "laptop": {"driver": "redis"},
    },
    "redis": {"default": {"host": "127.0.0.1"}, "cache": {"host": "cache.example.org"}},
}


def named(kind: str, name: str, *, stores: bool = True) -> NamedResource:
    return NamedResource(kind, name, "app/A.php", 7, stores)


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_a_name_without_configuration_is_missing(kind: str) -> None:
    cause = missing_cause(named(kind, "other"), RESOURCES)
    assert '"other" in app/A.php line 7, and config/' in cause


def test_a_configured_name_and_a_queue_are_not_missing() -> None:
    assert missing_cause(named("disk", "s3"), RESOURCES) == ""
    assert missing_cause(named("queue", "mails"), RESOURCES) == ""


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("disk", "local", "in the task's own file system"),
        ("disk", "own", "in the task's own file system"),
        ("mailer", "log", "sends no mail"),
        ("mailer", "catcher", "sends no mail"),
        ("mailer", "neither", "sends no mail"),
        ("channel", "single", "a file in the container"),
        ("channel", "files", "a file in the container"),
        ("database", "docker", 'whose host is "mysql"'),
        ("database", "lite", "a SQLite file that the image does not have: /a"),
        ("connection", "null", "drops every job"),
        ("connection", "skeleton", "Laravel's placeholder"),
        ("store", "laptop", 'whose host is "127.0.0.1"'),
        ("redis", "default", 'whose host is "127.0.0.1"'),
        ("disk", "unset", "has no bucket"),
    ],
)
def test_a_resource_of_development_is_named(kind: str, name: str, words: str) -> None:
    assert words in development_cause(named(kind, name), RESOURCES)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("disk", name) for name in ("s3", "shared", "missing")),
        *(("mailer", name) for name in ("ses", "relay", "both")),
        *(("channel", name) for name in ("stderr", "stack")),
        *(("database", name) for name in ("mysql", "several", "places")),
        *(("connection", "sqs"), ("store", "array"), ("queue", "mails")),
        *(("store", "redis"), ("redis", "cache")),
    ],
)
def test_a_resource_of_production_is_not(kind: str, name: str) -> None:
    assert development_cause(named(kind, name), RESOURCES) == ""


def test_a_local_disk_that_is_only_read_is_no_mistake() -> None:
    assert development_cause(named("disk", "local", stores=False), RESOURCES) == ""


@pytest.mark.parametrize(
    ("queue", "suffix", "name"),
    [
        ("jobs", "", "jobs"),
        ("jobs", "-live", "jobs-live"),
        ("jobs-live", "-live", "jobs-live"),
        ("jobs.fifo", "-live", "jobs-live.fifo"),
        ("https://sqs.eu-west-1.amazonaws.com/1/jobs", "-live", "jobs"),
    ],
)
def test_a_queue_has_the_name_that_laravel_gives_it(queue: str, suffix: str, name: str) -> None:
    assert sqs_name(queue, suffix=suffix) == name


def test_the_workers_commands_tell_what_they_serve() -> None:
    commands = [
        ("web", ["php-fpm"]),
        ("worker", ["php", "artisan", "queue:work", "--queue=high,low"]),
        ("mails", ["sh", "-c", "exec php artisan queue:work redis --tries=3"]),
        ("the scheduler", ["php artisan queue:work --stop-when-empty"]),
    ]
    configuration = {
        "defaults": {"connection": "sqs"},
        "resources": {"connection": {"sqs": {"queue": "jobs"}, "redis": {"queue": "mails"}}},
    }
    assert served_connections(commands, configuration) == [
        ServedConnection("worker", "sqs", ("high", "low")),
        ServedConnection("mails", "redis", ("mails",)),
        ServedConnection("the scheduler", "sqs", ("jobs",)),
    ]


def configuration(**changes: str) -> dict[str, Any]:
    """Make a task's configuration with some of its fields changed."""
    fields = {
        "mail_from": "shop@example.org",
        "MAIL_MAILER": "ses",
        "SQS_PREFIX": "https://sqs/1/",
        "MAIL_HOST": "smtp.example.org",
        "APP_TIMEZONE": "UTC",
        **changes,
    }
    return {
        "mail_from": fields["mail_from"],
        "timezone": fields["APP_TIMEZONE"],
        "defaults": {
            "disk": "s3",
            "database": "mysql",
            "mailer": fields["MAIL_MAILER"],
            "connection": "sqs",
            "store": "database",
        },
        "resources": {
            "disk": {"s3": {"driver": "s3", "bucket": "uploads"}},
            "database": {"mysql": {"driver": "mysql", "database": "shop"}},
            "store": {"database": {"driver": "database"}},
            "connection": {"sqs": {"prefix": fields["SQS_PREFIX"]}},
            "mailer": {
                "ses": {"transport": "ses"},
                "log": {"transport": "log"},
                "relay": {"transport": "smtp", "host": fields["MAIL_HOST"]},
            },
        },
    }


@pytest.mark.parametrize(
    ("changes", "used", "words"),
    [
        ({}, set(), []),
        ({"SQS_PREFIX": "https://sqs/1"}, set(), []),
        ({"MAIL_HOST": "localhost"}, set(), []),
        ({"MAIL_HOST": "localhost"}, {("mailer", "relay")}, ["host of the mailer"]),
        ({"MAIL_MAILER": "log"}, set(), ["MAIL_MAILER differs"]),
        ({"SQS_PREFIX": "https://sqs/2"}, set(), ['prefix of the queue connection "sqs" is']),
        ({"mail_from": "hello@example.com"}, set(), ["MAIL_FROM_ADDRESS differs"]),
        (
            {"APP_TIMEZONE": "America/Jamaica"},
            set(),
            ["time zone is America/Jamaica in the scheduler task and UTC in the web task"],
        ),
        ({}, {("mailer", "unknown"), ("queue", "mails")}, []),
    ],
)
def test_the_scheduled_task_is_compared_in_what_is_used(
    changes: dict[str, str], used: set[tuple[str, str]], words: list[str]
) -> None:
    causes = list(differing_resources(configuration(), configuration(**changes), used=used))
    assert len(causes) == len(words), causes
    assert all(word in cause for word, cause in zip(words, causes, strict=True)), causes


def test_a_resource_that_the_scheduled_task_lacks_is_named() -> None:
    scheduled = configuration()
    del scheduled["resources"]["mailer"]["relay"]
    (cause,) = differing_resources(configuration(), scheduled, used={("mailer", "relay")})
    assert cause == 'the scheduled task has no mailer "relay", and the web task has one'
