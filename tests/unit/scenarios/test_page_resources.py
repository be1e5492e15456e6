"""The resources of a page: served, missing, in the private bucket, and of another host."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.expectation import ExpectationError
from harness.target.access import Access
from scenarios.page_resources import PageResources

Answers = Mapping[str, tuple[int, str]]
NONE: Answers = {}
URL = "https://shop.example"
STORE = "http://emulator:4566/uploads"
SIGNED = "?X-Amz-Signature=1f"
ACCESS = Access(
    public_url=URL,
    region="us-east-1",
    overlay={"environment": {"AWS_ENDPOINT_URL": "http://emulator:4566"}},
)


class Visitor:
    """Answers each address with a status and a type."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.page = answers, ""

    def get(self, url: str, **_: Any) -> Any:
        name = url.rpartition("/")[2].partition(".")[0]
        status, media_type = self.answers.get(
            url.removeprefix(URL), self.answers.get(name, (200, "text/css"))
        )
        headers = {"Content-Type": media_type}
        if status == 302:
            headers = {"Location": media_type}
        is_redirect = status == 302
        return SimpleNamespace(
            status_code=status, headers=headers, text=self.page, url=url, is_redirect=is_redirect
        )


def look(text: str, answers: Answers = NONE, *, later: str = "", policy: str = "") -> PageResources:
    visitor: Any = Visitor(answers)
    visitor.page = later or text
    resources = PageResources(ACCESS, visitor)
    headers = {"Content-Security-Policy": policy}
    page: Any = SimpleNamespace(text=text, url=f"{URL}/", headers=headers)
    resources.expect_loaded(page)
    return resources


def fault(text: str, answers: Answers = NONE) -> ExpectationError:
    with pytest.raises(ExpectationError) as caught:
        look(text, answers)
    return caught.value


def test_a_policy_of_another_host_keeps_resources_away() -> None:
    text = '<link rel="stylesheet" href="https://fonts.example/css2?family=Inter">'
    with pytest.raises(ExpectationError) as caught:
        look(text, policy="default-src 'self'; style-src https://static.hosting.example")
    assert "keeps away https://fonts.example/css2?family=Inter by style-src" in str(caught.value)
    look(text, policy="default-src 'self'; style-src https://fonts.example; img-src 'none'")


def test_resources_that_are_there_are_fine_and_other_hosts_are_noted() -> None:
    text = '<link rel="stylesheet" href="/app.css"><img src="https://cdn.example/a.png">'
    assert look(text).elsewhere == {"https://cdn.example"}


@pytest.mark.parametrize("answer", [(404, "text/html"), (200, "text/html; charset=UTF-8")])
def test_a_file_that_the_image_lacks_is_named(answer: tuple[int, str]) -> None:
    error = fault('<script src="/build/app.js"></script>', {"app": answer})
    assert error.cause.startswith("the image lacks /build/app.js")


def test_a_file_behind_the_link_of_storage_is_named() -> None:
    error = fault('<img src="/storage/logo.png">', {"logo": (404, "text/html")})
    assert 'is a file of Storage\'s disk "public"' in error.cause


def test_a_file_that_the_web_server_looks_for_elsewhere_is_named() -> None:
    visitor: Any = Visitor({"app": (404, "text/html")})
    visitor.page = text = '<script src="/build/app.js"></script>'
    resources = PageResources(ACCESS, visitor, has_file="/build/app.js".__eq__)
    page: Any = SimpleNamespace(text=text, url=f"{URL}/", headers={})
    with pytest.raises(ExpectationError) as caught:
        resources.expect_loaded(page)
    assert caught.value.cause.startswith("the image has public/build/app.js, and the web server")


def test_a_folder_too_many_in_an_address_is_named() -> None:
    answers = {"/shop/public/css/app.css": (404, "text/html")}
    answers["/public/css/app.css"] = (200, "text/html")
    error = fault('<link rel="stylesheet" href="/shop/public/css/app.css">', answers)
    assert error.cause == (
        "the address of /shop/public/css/app.css has /shop/public before it, and the web server has"
        " /css/app.css: ASSET_URL, or the page, names a folder of the old host"
    )


def test_a_route_that_fails_is_red_without_a_cause_of_its_own() -> None:
    error = fault('<img src="/posters/1">', {"1": (500, "text/html")})
    assert (str(error).partition(",")[0], error.cause) == ("/ loads /posters/1", "")


def test_an_upload_that_was_removed_meanwhile_is_no_fault() -> None:
    look('<img src="/posters/1">', {"1": (404, "text/html")}, later="<p>none</p>")


@pytest.mark.parametrize(
    "url",
    [
        "http://emulator:4566/shop-uploads/a.jpg",
        "https://shop-uploads.s3.eu-west-1.amazonaws.com/a.jpg",
        "https://s3.eu-west-1.amazonaws.com/shop-uploads/a.jpg",
    ],
)
def test_an_object_needs_a_signature(url: str) -> None:
    assert "by its plain address" in fault(f'<img src="{url}">').cause
    look(f'<img src="{url}?X-Amz-Signature=0f">')


def test_redirects_are_followed_on_the_apps_own_host_alone() -> None:
    answers = {"a": (302, "/b"), "b": (302, "https://accounts.example/oauth"), "c": (302, "/d")}
    visitor: Any = Visitor(answers)
    resources = PageResources(ACCESS, visitor)
    assert resources.open(f"{URL}/a").url == f"{URL}/b"
    assert resources.open(f"{URL}/c").url == f"{URL}/d"


@pytest.mark.parametrize(
    "source",
    ["https:", "https://uploads.s3.amazonaws.com", "https://*.s3.us-east-1.amazonaws.com"],
)
def test_a_policy_lets_a_signed_object_in_by_its_address_on_aws(source: str) -> None:
    look(f'<img src="{STORE}/a.jpg{SIGNED}">', policy=f"img-src 'self' {source}")


def test_a_policy_that_lets_in_the_emulator_keeps_a_signed_object_away() -> None:
    with pytest.raises(ExpectationError, match=r"https://uploads\.s3\.us-east-1\.amazonaws\.com"):
        look(f'<img src="{STORE}/a.jpg{SIGNED}">', policy="img-src 'self' http://emulator:4566")
