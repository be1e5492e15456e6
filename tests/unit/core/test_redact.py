"""Addresses are shown without what signs in to them."""

from __future__ import annotations

import pytest

from harness.core import redact


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:hunter22@shop.example/a", "https://...@shop.example/a"),
        ("me:hunter22@shop.example", "...@shop.example"),
        ("https://shop.example", "https://shop.example"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert redact.without_password(address) == shown
