"""Signing up, in and out as a browser does: by the page's form, or with Laravel's cookie token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from harness.target.access import Access
from harness.target.clients import http
from harness.target.clients.account_pages import AccountPages
from harness.target.clients.browser import Account, Browser
from harness.target.pages import Pages
from tests.unit.local_servers import HOST, Answer, Request, certificate, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.local_servers import Server

FORM = b'<form method="post" action="/login"><input name="_token" value="t0k3n"></form>'
ACCOUNT = Account("A Visitor", "a@visitor.example", "long-password")


def app(request: Request) -> Answer:
    """Answer as an app with a form to sign in; JavaScript makes its other forms."""
    if request.method == "POST":
        return 302, {"Location": "/"}, b""
    if request.path == "/login":
        return 200, {}, FORM
    if request.path == "/dashboard":
        signed_in = "session=me" in request.headers.get("Cookie", "")
        return (200, {}, b"") if signed_in else (302, {"Location": "/login"}, b"")
    return 200, {"Set-Cookie": "XSRF-TOKEN=a%3D%3D; path=/; secure"}, b"<p>Hello</p>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(app, tls=certificate(tmp_path)) as running:
        yield running


@pytest.fixture
def browser(server: Server, tmp_path: Path) -> Iterator[Browser]:
    access = Access(
        public_url=f"https://{HOST}",
        https=server.address,
        ca_file=str(tmp_path / f"{HOST}.pem"),
        session_cookie="session",
    )
    with http.web(access) as session:
        yield Browser(session, access=access, probe_key=str)


def test_a_form_is_sent_with_its_own_token(browser: Browser, server: Server) -> None:
    AccountPages(Pages(user_field="user")).sign_in(browser, ACCOUNT)
    sent = parse_qs(server.seen[-1].body.decode())
    assert sent == {"_token": ["t0k3n"], "user": [ACCOUNT.email], "password": [ACCOUNT.password]}


def test_where_there_is_no_form_laravels_cookie_is_the_token(
    browser: Browser, server: Server
) -> None:
    pages = AccountPages(Pages(sign_up_fields={"terms": "on"}))
    assert pages.sign_up(browser, ACCOUNT).status_code == 302
    request = server.seen[-1]
    assert (request.path, request.headers["X-XSRF-TOKEN"]) == ("/register", "a==")
    sent = parse_qs(request.body.decode())
    assert sent["password_confirmation"] == [ACCOUNT.password]
    assert sent["terms"] == ["on"]
    renamed = AccountPages(Pages(user_field="mail", password_field="kennwort"))
    assert renamed.sign_up(browser, ACCOUNT).status_code == 302
    sent = parse_qs(server.seen[-1].body.decode())
    assert sent["mail"] == [ACCOUNT.email]
    assert sent["kennwort"] == sent["kennwort_confirmation"] == [ACCOUNT.password]
    assert "password" not in sent
    pages.sign_out(browser)
    assert server.seen[-1].path == "/logout"


def test_the_private_page_or_a_text_tells_a_signed_in_visitor(browser: Browser) -> None:
    by_page = AccountPages(Pages())
    assert not by_page.is_signed_in(browser)
    browser.cookie = "me"
    assert by_page.is_signed_in(browser)
    assert AccountPages(Pages(shown_when_signed_in="Hello")).is_signed_in(browser)
    assert not AccountPages(Pages(shown_when_signed_in="Sign out")).is_signed_in(browser)
