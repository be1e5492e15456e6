"""Pages as browsers read them."""

from __future__ import annotations

import pytest

from harness.core.html import read_html

PAGE = '<!doctype html><html><head></head><body><a href="/a">A</a></body></html>'


def test_elements_after_the_end_belong_to_the_page() -> None:
    html = read_html(f'{PAGE}\n<a href="http://shop.example/b">B</a>\n')
    assert html.xpath("//a/@href") == ["/a", "http://shop.example/b"]


@pytest.mark.parametrize("text", ["", "  \n", "<!-- nothing -->"])
def test_a_page_without_an_element_is_empty(text: str) -> None:
    assert read_html(text).xpath("//a | //p") == []


def test_characters_are_utf_8() -> None:
    assert read_html("<p>Straße</p>").findtext(".//p") == "Straße"
