"""Values of a task definition, however they are written."""

from __future__ import annotations

import pytest

from scenarios.test_definitions import without_port


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://shop.example", "https://shop.example"),
    ],
)
def test_the_port_that_https_has_anyway_makes_no_difference(url: str, same: str) -> None:
    assert without_port(url) == same
