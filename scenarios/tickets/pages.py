"""The pages of the ticket shop: uploading documents, ordering tickets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.diagnosis.expect import SESSION, expect
from harness.target.clients.browser import read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests

    from harness.target.clients.account_pages import AccountPages
    from harness.target.clients.browser import Account, Browser

PRIVATE = "/orders"
"""The shop's private page, by which its configuration is known."""
CONFIRMATION_JOB = "App\\Jobs\\SendOrderConfirmation"
POSTER = "poster"
SEATING_PLAN = "seating-plan"
LARGEST_BYTES = 20 * 1024 * 1024
"""The app's own limit of one file."""
_TYPES = {POSTER: "image/jpeg", SEATING_PLAN: "application/pdf"}
_ORDER = re.compile(r"/orders/([0-9A-Z]{10})$")


def jpeg(size_bytes: int, *, seed: bytes = b"poster") -> bytes:
    """Return a valid JPEG of this size; another seed makes other bytes."""
    head = bytes.fromhex("ffd8ffe000104a46494600010100000100010000fffe") + len(seed).to_bytes(2)
    filling = (seed + bytes(range(251))) * (size_bytes // (len(seed) + 251) + 1)
    return (head + filling)[: size_bytes - 2] + b"\xff\xd9"


def pdf(size_bytes: int, *, seed: bytes = b"plan") -> bytes:
    """Return a valid PDF of this size."""
    head, tail = b"%PDF-1.7\n% " + seed + b"\n", b"\n%%EOF\n"
    return head + b" " * (size_bytes - len(head) - len(tail)) + tail


def password_command(email: str) -> Sequence[str]:
    """Return the command that makes an account an organiser's and prints its new password."""
    return ("php", "artisan", "tickets:organiser", email, "--name=Rehearsal Organiser")


@dataclass
class Organiser:
    """A signed-in organiser."""

    browser: Browser
    account: Account
    account_pages: AccountPages

    def sign_in(self) -> None:
        """Sign in.

        Raises:
            ExpectationError: The app rejects the account.
        """
        self.account_pages.sign_in(self.browser, self.account)
        signed_in = self.account_pages.is_signed_in(self.browser)
        expect(signed_in, "the organiser cannot sign in", about=SESSION)

    def upload(
        self, event: str, kind: str, *, name: str, content: bytes, accept: str = "text/html"
    ) -> requests.Response:
        """Upload a file through the page's own form; the answer is the app's."""
        return self.browser.submit(
            self.page(event),
            to=f"/events/{event}/documents/{kind}",
            file=("document", name, content, _TYPES[kind]),
            accept=accept,
        )

    def remove(self, event: str, kind: str) -> requests.Response:
        """Remove a file through the page's own form."""
        return self.browser.submit(self.page(event), to=f"/events/{event}/documents/{kind}")

    def has(self, event: str, kind: str) -> bool:
        """Check whether the page offers to remove such a file."""
        page = self.browser.get(self.page(event), follow=True)
        path = f"/events/{event}/documents/{kind}"
        form = read_page(page.text, url=page.url).form_to(path, having="_method")
        return form is not None

    def page_text(self, event: str) -> str:
        """Return the page's text, which shows the last request's message once."""
        return self.browser.get(self.page(event), follow=True).text

    @staticmethod
    def page(event: str) -> str:
        """Return the path of the page where an event's files are."""
        return f"/events/{event}/documents"


@dataclass
class Buyer:
    """A signed-in buyer."""

    browser: Browser
    account: Account

    def order(self, event: str, *, tickets: int = 1) -> str:
        """Hold tickets, check out, and return the order's number.

        Raises:
            AssertionError: The app does not take the order.
        """
        self.browser.submit(
            f"/events/{event}", to=f"/events/{event}/holds", fields={"quantity": str(tickets)}
        )
        answer = self.browser.submit("/checkout", to="/orders")
        location = answer.headers.get("Location", "")
        match = _ORDER.search(location)
        if match is None:
            leads = f" and leads to {location}" if location else ""
            raise AssertionError(f"POST /orders answered {answer.status_code}{leads}, and no order")
        return match[1]

    def order_page(self, order: str) -> requests.Response:
        """Get the order's page, as the buyer sees it."""
        return self.browser.get(f"/orders/{order}")
