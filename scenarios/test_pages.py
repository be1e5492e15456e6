"""Pages: their styles, scripts and images are there for every visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from harness.diagnosis.expect import expect
from harness.report import not_covered, proved
from harness.target.clients.browser import TIMEOUT_S, read_page
from harness.target.clients.http import SHARED_PAGES, shared_cookies
from harness.target.target import EXEC
from scenarios.checks import expect_status
from scenarios.page_resources import PageResources

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.replay.toolbox import Toolbox
    from harness.target.access import Access
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.web_tier import WebTier

MOST_PAGES = 5
MOST_SCRIPTS = 10
MOST_FILES = 5
PUBLIC = (".txt", ".ico", ".css", ".js", ".svg", ".png", ".jpg", ".webp", ".woff2")
"""Ends of the names of files that every web server serves."""
COOKIES_B, AGENT_B = 4000, 150
"""Bytes of one site's cookies for session, analytics and consent, and of a browser's name."""
TOO_LARGE = (400, 413, 414, 431, 494)
NOT_FOUND = 404
SERVER_ERROR = 500
SOURCE = "<?php"


@pytest.fixture
def has_file(
    request: pytest.FixtureRequest, toolbox: Toolbox, access: Access
) -> Callable[[str], bool] | None:
    """Return whether a web task has a public file; None where no task can be asked."""
    if EXEC not in toolbox.target.capabilities:
        return None
    run_in_task: Callable[..., ExecResult] = request.getfixturevalue("run_in_task")

    def ask(path: str) -> bool:
        execution = run_in_task(
            ["sh", "-c", 'test -f "public$0"', path], container=access.web_container
        )
        return execution.exit_code == 0

    return ask


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_pages_load_their_styles_scripts_and_images(
    web: Callable[[], requests.Session],
    access: Access,
    find_page: Callable[[str], str],
    has_file: Callable[[str], bool] | None,
    observe: Callable[..., None],
) -> None:
    resources = PageResources(access, web(), has_file=has_file)
    first = f"{access.public_url}{find_page('public')}"
    answer = resources.open(first)
    if answer.is_redirect:
        pytest.skip("not covered: the public page leads to another host; set app.pages.public")
    expect_status(answer, 200)
    resources.expect_loaded(answer)
    front = resources.open(f"{access.public_url}/")
    expect_page(front, resources)
    linked = [*own_pages(answer, access)[:MOST_PAGES], *own_pages(front, access)[:MOST_PAGES]]
    for url in dict.fromkeys(linked):
        expect_page(resources.open(url), resources)
    observe("other hosts of resources", set=sorted(resources.elsewhere))


def expect_page(answer: requests.Response, resources: PageResources) -> None:
    """Check that an answer is no error of the server, and a page's resources are there."""
    path = urlsplit(str(answer.url)).path
    expect(answer.status_code < SERVER_ERROR, f"{path} answers {answer.status_code}")
    if is_html(answer) and not answer.is_redirect:
        resources.expect_loaded(answer)


def own_pages(answer: requests.Response, access: Access) -> list[str]:
    """Return the app's own pages to which a page links."""
    pages = read_page(answer.text, url=str(answer.url)).pages if is_html(answer) else ()
    return [url for url in pages if urlsplit(url).hostname == access.public_host]


def is_html(answer: requests.Response) -> bool:
    """Return whether an answer is a page."""
    return answer.headers.get("Content-Type", "").startswith("text/html")


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_caches_keep_no_page_with_a_session(
    web: Callable[[], requests.Session], access: Access, find_page: Callable[[str], str]
) -> None:
    url = f"{access.public_url}{find_page('public')}"
    answer = web().get(url, allow_redirects=False, timeout=TIMEOUT_S)
    control = answer.headers.get("Cache-Control", "")
    expect(
        not ("Set-Cookie" in answer.headers and is_kept(control)),
        f"a page that sets a cookie has Cache-Control: {control}",
        cause=f"caches may keep pages with a visitor's session and form token (Cache-Control:"
        f" {control}): Laravel's own is no-cache, private; nginx's expires and add_header"
        " Cache-Control belong to static files alone",
        certain=True,
    )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_no_visitor_gets_another_visitors_session(
    web: Callable[[], requests.Session], access: Access, public_page: str
) -> None:
    shared = shared_cookies(web, access.public_url + public_page)
    expect(
        not shared,
        f"{public_page} gave several new visitors the same {', '.join(shared)}",
        cause=SHARED_PAGES,
        certain=True,
    )


def is_kept(control: str) -> bool:
    """Return whether a shared cache may keep an answer with this Cache-Control.

    Source: RFC 9111, section 3; ``no-cache`` keeps it and asks again each time.
    """
    directives = {
        name.strip().lower(): value.strip(' "')
        for name, _, value in (directive.partition("=") for directive in control.split(","))
    }
    if {"private", "no-store", "no-cache"} & directives.keys():
        return False
    ages = [directives.get(name, "0") for name in ("max-age", "s-maxage")]
    return "public" in directives or any(age.isdecimal() and int(age) > 0 for age in ages)


@pytest.mark.truth(
    local=proved,
    aws=not_covered("a script may do anything when it is asked"),
    url=not_covered("the files of the image cannot be listed from outside"),
)
@pytest.mark.requires("http", "ecs", "elb", "exec")
@pytest.mark.mutates
def test_scripts_beside_index_php_are_run(
    web: Callable[[], requests.Session], access: Access, run_in_task: Callable[..., ExecResult]
) -> None:
    command = ["find", "public", "-name", "*.php", "!", "-path", "public/index.php"]
    for file in sorted(run_in_task(command).stdout.split())[:MOST_SCRIPTS]:
        path = file.removeprefix("public")
        answer = web().get(f"{access.public_url}{path}", allow_redirects=False, timeout=TIMEOUT_S)
        expect(
            answer.status_code != NOT_FOUND,
            f"{path} answers {NOT_FOUND}",
            cause=f"{file} is in the image, and its web server runs no script but index.php:"
            " whoever calls it, as at the old host, gets 404: give it a location in nginx, make it"
            " a route of the app, or leave it out of the image",
            certain=True,
        )
        expect(
            SOURCE not in answer.text,
            f"{path} answers with its source",
            cause=f"the web server sends {file} as text and does not run it: its source, with all"
            " that is in it, is public",
            certain=True,
        )


@pytest.mark.truth(
    local=proved,
    aws=proved,
    url=not_covered("the files of the image cannot be listed from outside"),
)
@pytest.mark.requires("http", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_files_of_the_public_directory_are_served(
    web: Callable[[], requests.Session],
    web_tier: WebTier,
    access: Access,
    run_in_task: Callable[..., ExecResult],
) -> None:
    names = {entry["name"] for entry in web_tier.container().get("environment", ())}
    if "ASSET_URL" in names:
        pytest.skip("not covered: ASSET_URL has the public files on another host")
    paths = run_in_task(["find", "public", "-maxdepth", "3", "-type", "f"]).stdout.split()
    files = sorted(path for path in paths if path.endswith(PUBLIC))[:MOST_FILES]
    if not files:
        pytest.skip("not covered: Laravel's container has no public files")
    # An app below a path may have its files there.
    answers = {
        f"{folder}{file}": web().get(
            f"{access.public_url}{folder}{file.removeprefix('public')}", timeout=TIMEOUT_S
        )
        for file in files
        for folder in access.pages.folders
    }
    # A page in the place of a file is the app's, for whatever the web server does not find.
    expect(
        any(page.ok and not is_html(page) for page in answers.values()),
        f"none of {', '.join(files)} is served: {[page.status_code for page in answers.values()]}",
        cause=f"the web server does not find {files[0]}, which Laravel's container has: its root is"
        " another directory, or its own image or volume lacks the app's public directory",
        certain=True,
    )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_page_is_answered_to_a_browser_with_many_cookies(
    web: Callable[[], requests.Session], access: Access, public_page: str
) -> None:
    headers = {"Cookie": f"analytics={'x' * COOKIES_B}", "User-Agent": "x" * AGENT_B}
    answer = web().get(access.public_url + public_page, headers=headers, timeout=TIMEOUT_S)
    expect(
        answer.status_code not in TOO_LARGE,
        f"{public_page} answered {answer.status_code} to a request with {COOKIES_B} bytes of"
        " cookies",
        cause=f"the web server refuses the cookies that a browser may have ({COOKIES_B} bytes, and"
        " the load balancer takes four times as many): nginx's large_client_header_buffers is below"
        ' its default, "4 8k", or Apache\'s LimitRequestFieldSize below 8190',
        certain=True,
    )
