"""The visitor's browser: forms as HTML has them, cookies as RFC 6265 has them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from harness.target.access import Access
from harness.target.clients import http
from harness.target.clients.browser import Browser, cookie_from, is_for_host, read_page
from tests.unit.local_servers import HOST, Answer, Request, certificate, serve

if TYPE_CHECKING:
    from pathlib import Path

URL = f"https://{HOST}"

PAGE = """<html><body><a href="http://plain.example/x">x</a><img src="/a.png">
<form method="post" action="https://tickets.876events.example/login">
<input type="hidden" name="_token" value="t0k3n"><input name="email"><input name="password">
<input type="checkbox" name="remember" value="on"><input type="checkbox" checked name="terms">
<button name="go" value="1">Sign in</button></form><form action="/search"><input name="q"></form>
"""


def test_a_page_is_read_for_forms_and_links() -> None:
    page = read_page(PAGE, url=f"{URL}/login")
    login = page.form_to("/login")
    assert login is not None
    assert login.method == "post"
    assert login.fields == {
        "_token": ("t0k3n",),
        "email": ("",),
        "password": ("",),
        "terms": ("on",),
        "go": ("1",),
    }
    assert page.form_to("/search") is not None
    assert page.form_to("/logout") is None
    assert page.links[:2] == ("http://plain.example/x", "/a.png")


FORM = """<form action="relative?x=1" method="POST">
<select name="size"><option value="s">S<option value="m" selected>M</select>
<select name="first"><option value="a">A<option>B</select>
<select name="many" multiple><option selected>1<option>2<option selected>3</select>
<select name="none" multiple><option>1</select>
<textarea name="note">
two
lines</textarea>
<input name="plain" value="kept"><input name="off" value="x" disabled>
<input type="radio" name="way" value="post"><input type="radio" name="way" value="mail" checked>
<input type="file" name="document"><input type="reset" name="reset" value="r">
<button type="button" name="script" value="j">Open</button>
<button name="act" value="save">Save</button><button name="act" value="delete">Delete</button>
<input type="submit" name="old" value="Send"></form>
<form><input name="q"><input type="submit" value="Search"></form>"""


def test_an_untouched_form_sends_what_a_browser_sends() -> None:
    first, second = read_page(FORM, url=f"{URL}/a/b").forms
    assert (first.action, first.method) == (f"{URL}/a/relative?x=1", "post")
    assert first.fields == {
        "size": ("m",),
        "first": ("a",),
        "many": ("1", "3"),
        "note": ("two\nlines",),
        "plain": ("kept",),
        "way": ("mail",),
        "document": ("",),
        "act": ("save",),
    }
    assert (second.action, second.method, second.fields) == (f"{URL}/a/b", "get", {"q": ("",)})


@pytest.mark.parametrize(
    "text", ["", "  \n", "plain words", "<?xml version='1.0' encoding='x'?><p>"]
)
def test_a_page_without_forms_has_none(text: str) -> None:
    assert read_page(text, url=URL).forms == ()


def visitor(port_access: Access) -> Browser:
    return Browser(http.web(port_access), access=port_access, probe_key=lambda: "key")


def test_a_form_is_sent_with_its_token_and_what_the_visitor_types(tmp_path: Path) -> None:
    pair = certificate(tmp_path)

    def answer(request: Request) -> Answer:
        return (
            (302, {"Location": "/"}, b"") if request.method == "POST" else (200, {}, PAGE.encode())
        )

    with serve(answer, tls=pair) as server:
        access = Access(public_url=URL, https=server.address, ca_file=str(pair[0]))
        fields = {"email": "a@b.example", "password": "pass word"}
        done = visitor(access).submit("/login", fields=fields)
    assert done.status_code == 302
    sent = server.seen[1].body.decode()
    assert sent == "_token=t0k3n&email=a%40b.example&password=pass+word&terms=on&go=1"


def test_a_page_without_the_form_is_an_assertion_that_says_so(tmp_path: Path) -> None:
    pair = certificate(tmp_path)
    with serve(lambda _: (500, {}, b"oops"), tls=pair) as server:
        access = Access(public_url=URL, https=server.address, ca_file=str(pair[0]))
        with pytest.raises(AssertionError, match="/login answered 500, and has no form to /login"):
            visitor(access).submit("/login")


def test_a_cookie_without_a_configured_name_has_the_apps_own(tmp_path: Path) -> None:
    pair = certificate(tmp_path)

    def answer(request: Request) -> Answer:
        body = b'{"cookie": "shop-session"}' if "session" in request.path else b""
        headers = {"Content-Type": "application/json", "Set-Cookie": "shop-session=abc; path=/"}
        return 200, headers, body

    with serve(answer, tls=pair) as server:
        browser = visitor(Access(public_url=URL, https=server.address, ca_file=str(pair[0])))
        browser.get("/")
        assert browser.cookie_name == "shop-session"
        assert browser.cookie == "abc"


def test_a_cookies_attributes_are_read_and_its_value_can_be_replaced(tmp_path: Path) -> None:
    pair = certificate(tmp_path)
    line = "tickets_session=abc; path=/; secure; httponly; samesite=lax; Max-Age=7200"

    with serve(lambda _: (200, {"Set-Cookie": line}, b""), tls=pair) as server:
        access = Access(
            public_url=URL,
            https=server.address,
            ca_file=str(pair[0]),
            session_cookie="tickets_session",
        )
        browser = visitor(access)
        cookie = cookie_from(browser.get("/"), "tickets_session")
        assert browser.cookie == "abc"
        browser.cookie = "tampered"
        browser.get("/")
    assert cookie is not None
    assert cookie["value"] == "abc"
    assert cookie["samesite"] == "lax"
    assert {"secure", "httponly"} <= set(cookie)
    assert server.seen[1].headers["Cookie"] == "tickets_session=tampered"


def test_the_cookies_of_a_session_are_carried_to_another_browser() -> None:
    access = Access(public_url=URL, https="127.0.0.1:1", session_cookie="shop")
    browser, other = visitor(access), visitor(access)
    for name in ("shop", "an-id", "XSRF-TOKEN"):
        browser.http.cookies.set(name, "1", domain="shop.example", path="/")
    other.http.cookies.set("old", "1", domain="shop.example", path="/")

    other.take(browser.session_cookies(sha256(b"an-id").hexdigest()))

    assert {cookie.name for cookie in other.http.cookies} == {"shop", "an-id"}


@pytest.mark.parametrize(
    ("domain", "sent"),
    [
        ("", True),
        ("tickets.876events.example", True),
        (".876events.example", True),
        ("876events.example", True),
        ("events.example", False),
        ("example", False),
        ("www.876events.example", False),
        ("old-host.example", False),
    ],
)
def test_a_cookie_is_for_its_host_and_those_below_its_domain(domain: str, sent: bool) -> None:
    assert is_for_host(domain, "tickets.876events.example") is sent


def test_a_page_has_the_addresses_of_what_it_loads_and_of_the_pages_it_links_to() -> None:
    text = """<link rel="canonical" href="/here"><link rel="stylesheet" href="/css/app.css#x">
    <script src="js/a.js"></script><script>1</script><img src="data:image/png;base64,AA==">
    <img src="https://cdn.example/a.png"><img src="https://cdn.example/a.png">
    <a href="/b#c">b</a><a href="mailto:a@b.example">m</a><a>none</a>"""
    page = read_page(text, url=f"{URL}/a/")
    assert page.resources == (f"{URL}/css/app.css", f"{URL}/a/js/a.js", "https://cdn.example/a.png")
    assert page.pages == (f"{URL}/b",)
