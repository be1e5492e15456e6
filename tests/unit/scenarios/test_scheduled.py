"""Errors of scheduled commands that ask a host of the internet."""

from __future__ import annotations

import pytest

from harness.target.access import Access
from scenarios.scheduled import host_outside

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
