"""Checks that several stories share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.core.expectation import StatusError
from harness.diagnosis import fact_causes
from harness.diagnosis.expect import expect
from harness.diagnosis.facts import VisitorRequest
from harness.target.clients.http import STATUS_CAUSES

if TYPE_CHECKING:
    import requests

    from harness.target.clients.browser import Browser

ENDLESS_TICK = (
    "a tick's task goes on running: its command must be schedule:run, which ends, and not"
    " schedule:work"
)
SHORT_FASTCGI = (
    "nginx in the task gives up before the app has answered (504): fastcgi_read_timeout in the"
    " image is too short"
)


def expect_status(answer: requests.Response, *wanted: int, cause: str = "") -> None:
    """Check an answer's status; its usual cause is given unless the scenario knows a better one."""
    status, path = answer.status_code, urlsplit(str(answer.request.url)).path
    if status not in wanted:
        raise StatusError(
            f"{answer.request.method} {path} answered {status}",
            status=status,
            cause=cause or STATUS_CAUSES.get(status, ""),
        )


def expect_link(condition: bool, link: str) -> None:
    """Check a link or redirect of the app."""
    request = VisitorRequest(secure=True, client_ip="127.0.0.1", link=link)
    expect(condition, f"the app links to {link}", cause=fact_causes.forwarded_request(request))


def cookie_of(visitor: Browser) -> str:
    """Return the visitor's session cookie, which must have the configured name."""
    cookie = visitor.cookie
    assert cookie, f"the app sets no cookie named {visitor.cookie_name}"
    return cookie
