"""Causes of scheduled commands that fail or never end."""

from __future__ import annotations

import pytest

from harness.target.access import Access
from scenarios.scheduled import endless_tick_cause, host_outside

LOCAL = Access(public_url="https://shop.example", emulator="127.0.0.1:4566")
CURL = "cURL error 6: Could not resolve host: {} (see https://curl.se/libcurl/c)"
SLOW = "cURL error 28: Resolving timed out after 3000 milliseconds (see x) for https://{}/healthz"


@pytest.mark.parametrize("error", [CURL, SLOW, "curl: (6) Could not resolve host: {}"])
def test_a_host_of_the_internet_is_named(error: str) -> None:
    assert host_outside(error.format("shop.example"), LOCAL) == "shop.example"


@pytest.mark.parametrize(
    "error",
    [
        CURL.format("sqs.eu-west-9.amazonaws.com"),
        CURL.format("redis"),
        "cURL error 7: Failed to connect to shop.example port 443",
        "getaddrinfo for db.example failed",
    ],
)
def test_what_a_rehearsal_has_is_no_host_of_the_internet(error: str) -> None:
    assert host_outside(error, LOCAL) == ""


def test_in_an_account_each_host_counts() -> None:
    account = Access(public_url="https://shop.example")
    assert host_outside(CURL.format("api.example"), account) == ""


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["php", "artisan", "schedule:run"], ""),
        (["php", "artisan", "schedule:work"], "must be schedule:run"),
        ([], "the image's own runs"),
    ],
)
def test_a_tick_that_never_ends_is_blamed_on_its_command(command: list[str], words: str) -> None:
    cause = endless_tick_cause(command)
    assert words in cause
    assert bool(cause) == bool(words)
