"""Addresses are shown without what signs in to them."""

from __future__ import annotations

import pytest

from harness.core import redact
from harness.core.expectation import SettingCause


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


def test_a_text_of_our_own_type_becomes_plain() -> None:
    # A report cannot copy it, and xdist cannot send it.
    assert type(redact.redact(SettingCause("APP_URL", "has no path"))) is str
