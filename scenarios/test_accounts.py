"""Accounts: signing in and out, pages that need an account, and forms with their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from harness.diagnosis.expect import SESSION, SettingCause, expect
from harness.diagnosis.facts import IN_COOKIES, SHARED_DRIVERS
from harness.report import emulated, not_covered, proved
from harness.target.clients.http import STATUS_CAUSES
from harness.target.target import PROBE
from scenarios.checks import cookie_of, expect_link, expect_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.replay.toolbox import Toolbox
    from harness.target.access import Access
    from harness.target.clients.account_pages import AccountPages
    from harness.target.clients.browser import Account, Browser
    from harness.target.pages import Pages

PAGES = 8
REFUSED, INVALID = 400, 422
"""A form that is not valid was read: its token was not asked for."""
"""Enough for the load balancer to use every task."""

by_probe = pytest.mark.requires("http", "probe")
as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
not_on_production = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("it would make an account in production")
)


@not_on_production
@by_probe
@pytest.mark.mutates
def test_signing_in_gives_the_session_a_new_id(
    visitor: Browser, registered_account: Account, account_pages: AccountPages, pages: Pages
) -> None:
    visitor.get(pages.public)
    before = visitor.probe.session()["session"]
    expect_status(account_pages.sign_in(visitor, registered_account), 302, 303)
    signed_in = account_pages.is_signed_in(visitor)
    expect(signed_in, "the page after signing in shows the visitor as signed out", about=SESSION)
    expect(
        visitor.probe.session()["session"] != before,
        "signing in kept the session's id",
        cause="the sign-in does not call session()->regenerate(), so that an id that was known"
        " before is signed in after",
    )


@not_on_production
@pytest.mark.requires("http")
@pytest.mark.mutates
def test_sign_in_holds_on_every_task(
    visitor: Browser, registered_account: Account, account_pages: AccountPages
) -> None:
    account_pages.sign_in(visitor, registered_account)
    held = [account_pages.is_signed_in(visitor) for _ in range(PAGES)]
    expect(
        all(held),
        f"of {PAGES} pages after signing in, {held.count(False)} show the visitor as signed out",
        cause=SettingCause(
            "SESSION_DRIVER",
            "the tasks do not share their sessions: SESSION_DRIVER must name a store that all"
            " tasks reach, and APP_KEY must be the same in each",
        ),
        guess=True,
        about=SESSION,
    )


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_form_requires_its_csrf_token(
    visitor: Browser,
    new_account: Callable[[], Account],
    account_pages: AccountPages,
    sign_in_page: str,
    access: Access,
) -> None:
    stranger = new_account()
    status = account_pages.sign_in(visitor, stranger).status_code
    expect(
        status != 419,
        f"POST {sign_in_page} with its token answered 419",
        cause=STATUS_CAUSES.get(status, ""),
        guess=True,
        about=SESSION,
    )
    forged = visitor.http.post(
        f"{access.public_url}{sign_in_page}",
        data={account_pages.pages.user_field: stranger.email},
        allow_redirects=False,
    )
    is_accepted = forged.status_code < REFUSED or forged.status_code == INVALID
    expect(
        forged.status_code == 419,
        f"a form without its token answered {forged.status_code}, and not 419",
        cause="the app does not check CSRF tokens: its middleware is switched off"
        if is_accepted
        else "",
    )


@not_on_production
@by_probe
@pytest.mark.mutates
@pytest.mark.usefixtures("session_cookie")
def test_signing_out_ends_the_session_on_all_tasks(
    visitor: Browser,
    new_visitor: Callable[[], Browser],
    registered_account: Account,
    account_pages: AccountPages,
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    account_pages.sign_in(visitor, registered_account)
    visitor.probe.put("seat", "D1")
    thief, facts = new_visitor(), visitor.probe.session()
    assert cookie_of(visitor)
    stolen = visitor.session_cookies(facts["session"])
    thief.take(stolen)
    carried = account_pages.is_signed_in(thief)
    expect(carried, "the cookie does not carry the sign-in to another browser", about=SESSION)
    account_pages.sign_out(visitor)
    thief.take(stolen)
    first = thief.probe.session()
    second = ask_another_task(thief.probe.session, than=first["task"])
    thief.take(stolen)
    expect(
        not first["values"] and not second["values"] and not account_pages.is_signed_in(thief),
        "the session lives on after signing out",
        cause=f'SESSION_DRIVER is "{IN_COOKIES}": a copy of the cookies has all of the session, and'
        f" no sign-out ends it; it must be {' or '.join(SHARED_DRIVERS)}"
        if facts["driver"] == IN_COOKIES
        else "the sign-out does not call session()->invalidate()",
    )


@pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=proved,
    url=proved,
)
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_private_page_redirects_to_the_sign_in_page(
    visitor: Browser, access: Access, pages: Pages, private_page: str, toolbox: Toolbox
) -> None:
    answer = visitor.get(private_page)
    expect_status(answer, *range(300, 400))
    location = answer.headers.get("Location", "")
    if urlsplit(location).hostname != access.public_host and pages.gap("private"):
        pytest.skip(f"not covered: {pages.gap('private')}")
    sign_in_url = access.public_url + ("/" if pages.gap("sign_in") else pages.sign_in)
    request = visitor.probe.whoami() if PROBE in toolbox.target.capabilities else None
    expect_link(location.startswith(sign_in_url), location, request=request)
