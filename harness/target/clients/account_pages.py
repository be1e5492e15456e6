"""The app's pages for accounts: signing up, in and out, and whether a visitor is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from harness.target.clients.browser import TIMEOUT_S, Account, Browser, read_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from harness.target.pages import Pages

_TOKEN_COOKIE, _TOKEN_HEADER = "XSRF-TOKEN", "X-XSRF-TOKEN"
"""Laravel's token for pages with forms that JavaScript makes.

Source: https://laravel.com/docs/13.x/csrf#csrf-x-xsrf-token.
"""


class AccountPages:
    """The pages of one app."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    def sign_up(self, browser: Browser, account: Account) -> requests.Response:
        """Make an account; the app then has the visitor signed in."""
        password = self.pages.password_field
        fields = {
            "name": account.name,
            self.pages.user_field: account.email,
            password: account.password,
            f"{password}_confirmation": account.password,
            **self.pages.sign_up_fields,
        }
        return self._send(browser, self.pages.sign_up, fields)

    def sign_in(self, browser: Browser, account: Account) -> requests.Response:
        """Sign in with an account that exists."""
        fields = {
            self.pages.user_field: account.email,
            self.pages.password_field: account.password,
        }
        return self._send(browser, self.pages.sign_in, fields)

    def sign_out(self, browser: Browser) -> requests.Response:
        """Sign out, as a form of the public page does."""
        return self._send(browser, self.pages.sign_out, {}, page=self.pages.public)

    def is_signed_in(self, browser: Browser) -> bool:
        """Check whether the app knows the visitor."""
        text = self.pages.shown_when_signed_in
        if text:
            return text in browser.get(self.pages.public, follow=True).text
        return browser.get(self.pages.private).status_code == 200

    def _send(
        self, browser: Browser, path: str, fields: Mapping[str, str], *, page: str = ""
    ) -> requests.Response:
        """Send the form of a page; where JavaScript makes it, the same fields."""
        opened = browser.get(page or path, follow=True)
        if read_page(opened.text, url=opened.url).form_to(path) is not None:
            return browser.submit(page or path, to=path, fields=fields)
        token = unquote(browser.http.cookies.get(_TOKEN_COOKIE) or "")
        return browser.http.post(
            urljoin(f"{browser.base_url}/", path),
            data=dict(fields),
            headers={_TOKEN_HEADER: token, "Referer": opened.url, "Accept": "text/html"},
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )
