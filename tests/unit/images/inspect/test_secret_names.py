"""Names and values that hold secrets."""

from __future__ import annotations

import pytest

from harness.images.inspect import secret_names


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("DB_PASSWORD", True),
        ("APP_KEY", True),
        ("AWS_ACCESS_KEY_ID", True),
        ("DB_PASSWORD_OLD", True),
        ("AUTH_PASSWORD_TIMEOUT", False),
        ("AUTH_PASSWORD_RESET_TOKEN_TABLE", False),
        ("CACHE_PREFIX", False),
    ],
)
def test_which_names_are_those_of_secrets(name: str, is_one: bool) -> None:
    assert bool(secret_names.SECRET_NAME.search(name)) is is_one


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("password", "x", True),
        ("app_key", "base64:abc", True),
        ("stripe", "sk_live_51Habcdefghijklmnop", True),
        ("username", "tickets", False),
        ("engine", "mysql", False),
        ("env", "production", False),
        ("host", "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com", False),
        ("dbInstanceIdentifier", "tickets-production-instance-1", False),
    ],
)
def test_a_secret_keeps_settings_beside_what_is_secret(name: str, value: str, is_one: bool) -> None:
    assert secret_names.is_secret(name, value) is is_one


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("DB_PASSWORD", "x", True),
        ("APP_KEY", "base64:abc", True),
        ("REDIS_PASSWORD", "null", False),
        ("MAIL_PASSWORD", "", False),
        ("PUSHER_APP_KEY", "9f1c2b7a", False),
        ("VITE_REVERB_APP_KEY", "9f1c2b7a", False),
        ("PUSHER_APP_SECRET", "9f1c2b7a", True),
        ("AUTH_PASSWORD_TIMEOUT", "10800", False),
    ],
)
def test_a_variables_name_tells_a_secret_that_it_holds(name: str, value: str, is_one: bool) -> None:
    assert secret_names.is_plain_secret(name, value) is is_one
