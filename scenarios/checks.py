"""Checks that several stories share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from harness.aws import s3_address
from harness.core.expectation import StatusError
from harness.diagnosis import visitor_causes
from harness.diagnosis.expect import REQUEST, SESSION, SettingCause, expect
from harness.diagnosis.facts import VisitorRequest
from harness.smoke.site import HEALTH_PATHS
from harness.target.clients.http import is_of_app, rule_cause, status_cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from harness.target.access import Access
    from harness.target.clients.browser import Browser

STALE_KEY = SettingCause(
    "APP_KEY",
    "APP_KEY is not the secret's in every task: one started before the secret was changed, or takes"
    " its key from elsewhere",
)
SHORT_FASTCGI = (
    "nginx in the task gives up before the app has answered (504): fastcgi_read_timeout in the"
    " image is too short"
)

_STORE = re.compile(r"(?:^|\.)s3[.-][\w.-]*amazonaws\.com(?:\.cn)?$")


def is_store(url: str, access: Access) -> bool:
    """Whether an address is the object store's: AWS's, or the one that the overlay names."""
    own, host = _own_store(access), urlsplit(url).netloc
    return bool(_STORE.search(host)) or bool(own and host.endswith(own))


def s3_addresses(url: str, access: Access) -> tuple[str, ...]:
    """Return the addresses on AWS of an object in the overlay's store, or else the address."""
    own, parts = _own_store(access), urlsplit(url)
    if not own or not parts.netloc.endswith(own):
        return (url,)
    bucket, key = parts.netloc.removesuffix(own).rstrip("."), parts.path.lstrip("/")
    if not bucket:
        bucket, _, key = key.partition("/")
    return s3_address.addresses(bucket, key, region=access.region)


def starts_no_session(answer: requests.Response) -> bool:
    """Whether an answer is one for which Laravel need not start a session: an API's, or health."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    is_health = urlsplit(str(answer.url)).path in HEALTH_PATHS
    return answer.ok and "Set-Cookie" not in answer.headers and (is_health or not is_page)


def _own_store(access: Access) -> str:
    """Return host and port of the object store that the overlay names; empty without one."""
    variables = access.overlay.get("environment", {})
    return urlsplit(str(variables.get("AWS_ENDPOINT_URL", ""))).netloc


def expect_signed_host(url: str, access: Access) -> None:
    """Check that a link with S3's signature leads to the host for which it is signed.

    The tasks of an emulated account have another address for its store, which is not known here.
    """
    parts = urlsplit(url)
    is_signed = "X-Amz-Signature" in parse_qs(parts.query)
    expect(
        not is_signed
        or bool(access.store)
        or is_store(url, access)
        or parts.hostname == access.public_host,
        f"a link with a signature of S3 leads to {parts.netloc}",
        cause=f"a signed link leads to {parts.netloc}, and S3's signature is for the bucket's own"
        " host: take temporary_url out of the disk in config/filesystems.php",
        certain=True,
    )


def expect_status(answer: requests.Response, *statuses: int, cause: str = "") -> None:
    """Check an answer's status; its usual cause is given unless the scenario knows a better one."""
    status, path = answer.status_code, urlsplit(str(answer.request.url)).path
    if status not in statuses:
        by_rule = rule_cause(answer)
        raise StatusError(
            f"{answer.request.method} {path} answered {status}",
            status=status,
            cause=by_rule or cause or status_cause(answer),
            certain=bool(by_rule),
            by_app=is_of_app(answer),
        )


def expect_link(condition: bool, link: str, *, request: Mapping[str, Any] | None = None) -> None:
    """Check a link or redirect of the app.

    Args:
        condition: The link is as it should be.
        link: The link.
        request: The app's view of a request of this visitor; None where it was not read.
    """
    if request is None:
        cause = visitor_causes.seen_link(link)
    else:
        cause = visitor_causes.forwarded_request(VisitorRequest.of(request, link))
    expect(condition, f"the app links to {link}", cause=cause, about=REQUEST)


def cookie_of(visitor: Browser) -> str:
    """Return the visitor's session cookie, which must have the configured name."""
    cookie = visitor.cookie
    expect(cookie, f"the app sets no cookie named {visitor.cookie_name}", about=SESSION)
    return cookie
