"""Accounts of the shop: signing in and out, and forms with their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.clients.http import STATUS_CAUSES
from scenarios.checks import cookie_of, expect_link, expect_status
from scenarios.tickets.pages import is_signed_in, sign_in, sign_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.browser import Account, Browser

by_probe = pytest.mark.requires("http", "probe")
as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
not_on_production = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("it would register a visitor in production")
)


@not_on_production
@by_probe
@pytest.mark.mutates
def test_signing_in_gives_the_session_a_new_id(
    visitor: Browser, registered_account: Account
) -> None:
    visitor.get("/")
    before = visitor.probe.session()["session"]
    expect_status(sign_in(visitor, registered_account), 302, 303)
    assert is_signed_in(visitor), "the page after signing in shows the visitor as signed out"
    expect(
        visitor.probe.session()["session"] != before,
        "signing in kept the session's id",
        cause="the sign-in does not call session()->regenerate(), so that an id that was known"
        " before is signed in after",
    )


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_form_requires_its_csrf_token(
    visitor: Browser, new_account: Callable[[], Account], access: Access
) -> None:
    stranger = new_account()
    status = sign_in(visitor, stranger).status_code
    expect(
        status != 419,
        "POST /login with its token answered 419",
        cause=STATUS_CAUSES.get(status, ""),
    )
    forged = visitor.http.post(
        f"{access.public_url}/login", data={"email": stranger.email}, allow_redirects=False
    )
    expect(
        forged.status_code == 419,
        f"a form without its token was accepted: {forged.status_code}",
        cause="the app does not check CSRF tokens: its middleware is switched off",
    )


@not_on_production
@by_probe
@pytest.mark.mutates
def test_signing_out_ends_the_session_on_all_tasks(
    visitor: Browser,
    new_visitor: Callable[[], Browser],
    registered_account: Account,
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    sign_in(visitor, registered_account)
    visitor.probe.put("seat", "D1")
    thief = new_visitor()
    stolen = cookie_of(visitor)
    thief.cookie = stolen
    assert is_signed_in(thief), "the cookie does not carry the sign-in to another browser"
    sign_out(visitor)
    thief.cookie = stolen
    first = thief.probe.session()
    second = ask_another_task(thief.probe.session, than=first["task"])
    thief.cookie = stolen
    expect(
        not first["values"] and not second["values"] and not is_signed_in(thief),
        "the session lives on after signing out",
        cause="the sign-out does not call session()->invalidate()",
    )


@pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=proved,
    url=proved,
)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_private_page_redirects_to_the_sign_in_page(visitor: Browser, access: Access) -> None:
    location = visitor.get("/orders").headers.get("Location", "")
    expect_link(location == f"{access.public_url}/login", location)
