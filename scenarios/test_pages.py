"""Pages: their styles, scripts and images are there for every visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from harness.report import proved
from harness.target.clients.browser import read_page
from scenarios.checks import expect_status
from scenarios.page_resources import PageResources

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.target.access import Access

MOST_PAGES = 5


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_pages_load_their_styles_scripts_and_images(
    web: Callable[[], requests.Session],
    access: Access,
    find_page: Callable[[str], str],
    observe: Callable[..., None],
) -> None:
    resources = PageResources(access, web())
    first = f"{access.public_url}{find_page('public')}"
    answer = resources.open(first)
    if answer.is_redirect:
        pytest.skip("not covered: the public page leads to another host; set app.pages.public")
    expect_status(answer, 200)
    resources.expect_loaded(answer)
    pages = read_page(answer.text, url=str(answer.url)).pages
    own = [url for url in pages if urlsplit(url).hostname == access.public_host]
    for url in own[:MOST_PAGES]:
        linked = resources.open(url)
        is_page = linked.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not linked.is_redirect:
            resources.expect_loaded(linked)
    observe("other hosts of resources", set=sorted(resources.elsewhere))
