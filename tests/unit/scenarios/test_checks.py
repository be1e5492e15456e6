"""Checks that several stories share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnosis.expect import ExpectationError
from harness.target.access import Access
from scenarios.checks import expect_signed_host, is_store

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
