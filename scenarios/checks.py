"""Checks that several stories share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.core.expectation import StatusError
from harness.diagnosis import fact_causes
from harness.diagnosis.expect import REQUEST, SESSION, expect
from harness.diagnosis.facts import VisitorRequest
from harness.target.clients.http import status_cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from harness.target.clients.browser import Browser

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
            cause=cause or status_cause(answer),
        )


def expect_link(condition: bool, link: str, *, request: Mapping[str, Any] | None = None) -> None:
    """Check a link or redirect of the app.

    Args:
        condition: The link is as it should be.
        link: The link.
        request: The app's view of a request of this visitor; None where it was not read.
    """
    if request is None:
        cause = fact_causes.local_link(link)
    else:
        cause = fact_causes.forwarded_request(VisitorRequest.of(request, link))
    expect(condition, f"the app links to {link}", cause=cause, about=REQUEST)


def cookie_of(visitor: Browser) -> str:
    """Return the visitor's session cookie, which must have the configured name."""
    cookie = visitor.cookie
    expect(cookie, f"the app sets no cookie named {visitor.cookie_name}", about=SESSION)
    return cookie
