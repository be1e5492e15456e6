"""Fixtures of the app's pages: the public one, the private one, and those for accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.core.expectation import SESSION, ExpectationError, StatusError
from harness.target.clients.account_pages import AccountPages
from harness.target.clients.browser import Account
from harness.target.clients.http import STATUS_CAUSES
from harness.target.pages import NOT_FOUND, Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.target.access import Access
    from harness.target.clients.browser import Browser

_REDIRECTS = range(300, 400)
_PAGES = 8
"""Enough for the load balancer to use every task."""
_OF_WEB_SERVER = re.compile(r"<center>nginx|<address>Apache/|\AFile not found\.\s*\Z")
"""Pages of a web server, or of PHP-FPM, that never reached the app."""


@pytest.fixture(scope="session")
def pages(access: Access) -> Pages:
    """The app's pages, as ``app.pages`` names them."""
    return access.pages


@pytest.fixture(scope="session")
def account_pages(pages: Pages) -> AccountPages:
    """The app's pages for signing up, in and out."""
    return AccountPages(pages)


@pytest.fixture
def find_page(
    pages: Pages, access: Access, web: Callable[[], requests.Session]
) -> Callable[[str], str]:
    """Return the path of a page; skip a scenario about one that nobody configured or made."""

    def find(key: str) -> str:
        path: str = getattr(pages, key)
        if pages.gap(key):
            answer = web().get(f"{access.public_url}{path}", allow_redirects=False, timeout=30)
            if is_absent(key, answer):
                pytest.skip(f"not covered: {pages.gap(key, status=answer.status_code)}")
        return path

    return find


def is_absent(key: str, answer: requests.Response) -> bool:
    """Return whether the app has no such page; a front page that nginx does not find is a fault."""
    status = answer.status_code
    if key == "private":
        return status not in _REDIRECTS
    by_app = key != "public" or not _OF_WEB_SERVER.search(answer.text)
    return status == NOT_FOUND and by_app


@pytest.fixture
def public_page(find_page: Callable[[str], str]) -> str:
    """The path of a page that every visitor may open; an app of APIs alone has none."""
    return find_page("public")


@pytest.fixture
def sign_in_page(find_page: Callable[[str], str]) -> str:
    """The path of the page with the sign-in form."""
    return find_page("sign_in")


@pytest.fixture
def private_page(find_page: Callable[[str], str]) -> str:
    """The path of a page that only an account may open."""
    return find_page("private")


@pytest.fixture
def registered_account(
    pages: Pages,
    account_pages: AccountPages,
    find_page: Callable[[str], str],
    new_visitor: Callable[[], Browser],
    new_account: Callable[[], Account],
    secret: Callable[[str], dict[str, str]],
) -> Account:
    """An account that was made in another browser, and signed out there; or the known one."""
    sign_up = () if pages.account_user else ("sign_up",)
    for key in (*sign_up, "sign_out", *(() if pages.shown_when_signed_in else ("private",))):
        find_page(key)
    browser = new_visitor()
    if pages.account_user:
        name, key = pages.account_secret
        password = pages.account_password or secret(name).get(key, "")
        account = Account(pages.account_user, pages.account_user, password)
        account_pages.sign_in(browser, account)
    else:
        account = new_account()
        status = account_pages.sign_up(browser, account).status_code
        if status not in _REDIRECTS:
            raise StatusError(
                f"POST {pages.sign_up} answered {status}, and should redirect the new account",
                status=status,
                cause=STATUS_CAUSES.get(status, ""),
            )
    # Where tasks do not share sessions, some pages know the visitor: the scenario shall say so.
    if not any(account_pages.is_signed_in(browser) for _ in range(_PAGES)):
        if pages.account_user:
            raise ExpectationError(
                f"{pages.account_user} of app.pages.account cannot sign in",
                cause="no command of first_run makes the account of app.pages.account, or it has"
                " another password",
                guess=True,
                about=SESSION,
            )
        if gap := pages.gap("sign_up"):
            pytest.skip(f"not covered: {gap}")
        raise ExpectationError(
            "the page after signing up shows the visitor as signed out", about=SESSION
        )
    account_pages.sign_out(browser)
    return account
