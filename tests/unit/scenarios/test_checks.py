"""Checks that several stories share."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from harness.diagnosis.expect import ExpectationError
from harness.target.access import Access
from scenarios.checks import expect_signed_host, is_store, starts_no_session

ENDPOINT = {"AWS_ENDPOINT_URL": "http://emulator:4566"}
ACCESS = Access("https://shop.example", overlay={"environment": ENDPOINT})
SIGNED = "?X-Amz-Algorithm=A&X-Amz-Signature=0f"


@pytest.mark.parametrize(
    "url",
    [
        f"https://uploads.s3.eu-west-1.amazonaws.com/a{SIGNED}",
        f"https://uploads.s3.dualstack.eu-west-1.amazonaws.com/a{SIGNED}",
        f"http://emulator:4566/uploads/a{SIGNED}",
        f"https://shop.example/storage/a{SIGNED}",
        "https://cdn.shop.example/a?Signature=0f&Key-Pair-Id=K",
    ],
)
def test_a_link_that_leads_where_it_is_signed_for(url: str) -> None:
    expect_signed_host(url, ACCESS)


def test_a_signature_is_for_the_buckets_own_host() -> None:
    with pytest.raises(ExpectationError) as caught:
        expect_signed_host(f"https://cdn.shop.example/a{SIGNED}", ACCESS)
    assert "a signed link leads to cdn.shop.example" in caught.value.cause
    assert not is_store("https://cdn.shop.example/a", ACCESS)


def test_the_store_of_an_emulated_account_may_have_any_host() -> None:
    emulated = replace(ACCESS, overlay={}, store="http://127.0.0.1:4566")
    expect_signed_host(f"http://emulator:4566/uploads/a{SIGNED}", emulated)


def answer(path: str, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = 200, f"https://shop.example{path}"
    response.headers.update({"Content-Type": "text/html; charset=UTF-8", **headers})
    return response


def test_only_a_page_that_is_no_health_route_needs_a_session() -> None:
    assert not starts_no_session(answer("/login"))
    assert starts_no_session(answer("/up"))
    assert starts_no_session(answer("/api", **{"Content-Type": "application/json"}))
    assert not starts_no_session(answer("/up", **{"Set-Cookie": "shop_session=x"}))
    failing = answer("/up")
    failing.status_code = 500
    assert not starts_no_session(failing)
