"""Checks of plain HTTP, of the headers that every page has, and of the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests

from harness.smoke.content import OF_LOAD_BALANCER
from harness.smoke.examination import path_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import HTTPS_PORT, split
from harness.smoke.visitor import short

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

SIX_MONTHS_S = 15_768_000
LARGEST_SKEW_S = 5.0
AN_HOUR_S, A_DAY_S = 3600, 86_400
_ASKS_AGAIN = re.compile(r"\b(no-cache|no-store)\b", flags=re.IGNORECASE)
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d+)", flags=re.IGNORECASE)
_PERMANENT = (301, 308)


def redirect_to_https(exam: Examination) -> Result:
    """Ask over plain HTTP for a path with a query."""
    path = "/cutover-smoke?from=http"
    source = f"GET http://{exam.site.host}{path} at {exam.plain_endpoint}"
    try:
        answer = exam.visitor().get(f"http://{exam.site.host}{path}")
    except requests.RequestException as error:
        return red(
            Action.MEND,
            f"no answer: {short(error)}",
            source,
            "visitors who type the bare name get an error: add a listener on port 80 that redirects"
            " to 443",
        )
    return _of_redirect(exam, answer, path=path, source=source)


def _of_redirect(exam: Examination, answer: requests.Response, *, path: str, source: str) -> Result:
    location = answer.headers.get("Location", "")
    value = f"{answer.status_code} {location}".strip()
    parts = split(location)
    if parts.scheme == "http":
        meaning = "it leads to plain HTTP again: visitors go in a circle"
        return red(Action.ROLL_BACK, value, source, meaning)
    if meaning := _wrong_target(exam, answer):
        value = value if location else f"{value} without a redirect"
        return red(Action.MEND, value, source, meaning)
    if f"{parts.path}?{parts.query}" != path:
        meaning = "links lose their path: keep /#{path} and #{query} in the redirect"
        return warning(value, source, meaning)
    if answer.status_code not in _PERMANENT:
        return warning(value, source, "browsers do not remember it: answer with HTTP_301")
    return green(value, source)


def _wrong_target(exam: Examination, answer: requests.Response) -> str:
    """Return the meaning of an answer on port 80 that leads past the site; empty if none does."""
    location = answer.headers.get("Location", "")
    parts = split(location)
    if answer.status_code >= 500:
        return (
            "visitors who type the bare name get an error: let the listener on port 80 redirect by"
            " itself"
        )
    if not location:
        return (
            "visitors stay on plain HTTP, without a Secure cookie and so without a session: let the"
            " listener on port 80 redirect to 443"
        )
    if parts.hostname not in (exam.site.host, *exam.site.siblings):
        return (
            "visitors are sent to another host: keep #{host} in the listener's redirect to stay on"
            f" {exam.site.host}"
        )
    if (parts.port or HTTPS_PORT) != exam.site.port:
        return f"visitors are sent to another port than {exam.site.port}: correct the redirect's"
    return ""


def strict_transport_security(exam: Examination) -> Result:
    """Read HSTS from the front page."""
    header = exam.page.headers.get("Strict-Transport-Security", "")
    age = _MAX_AGE.search(header)
    if not age or int(age[1]) < SIX_MONTHS_S:
        return warning(
            header or "missing",
            _page(exam),
            "browsers try plain HTTP first; six months are usual:"
            " routing.http.response.strict_transport_security.header_value of the listener, once"
            " no way back to a host without HTTPS is needed",
        )
    return green(header, _page(exam))


def security_headers(exam: Examination) -> Result:
    """Read the headers that protect a page from others."""
    headers = exam.page.headers
    policy = headers.get("Content-Security-Policy", "")
    presence = {
        "X-Content-Type-Options": headers.get("X-Content-Type-Options", "").lower() == "nosniff",
        "X-Frame-Options": "X-Frame-Options" in headers or "frame-ancestors" in policy,
        "Referrer-Policy": "Referrer-Policy" in headers,
    }
    missing = [name for name, is_there in presence.items() if not is_there]
    if missing:
        meaning = "add them in nginx or at the listener (routing.http.response.*)"
        return warning(f"missing: {', '.join(missing)}", _page(exam), meaning)
    return green(", ".join(presence), _page(exam))


def software_versions(exam: Examination) -> Result:
    """Look for version numbers in headers."""
    names = ("Server", "X-Powered-By")
    headers = {name: exam.page.headers[name] for name in names if name in exam.page.headers}
    value = ", ".join(f"{name}: {text}" for name, text in headers.items()) or "none"
    texts = (text for text in headers.values() if not text.startswith(OF_LOAD_BALANCER))
    if any(re.search(r"\d", text) for text in texts):
        meaning = "attackers read the versions: set server_tokens off and expose_php = Off"
        return warning(value, _page(exam), meaning)
    return green(value, _page(exam))


def page_caching(exam: Examination) -> Result:
    """Read how long browsers and caches on the way keep the front page."""
    headers, source = exam.page.headers, f"Cache-Control, Expires and Age of {_page(exam)}"
    control = headers.get("Cache-Control", "")
    age, lifetime_s = headers.get("Age", ""), _kept_for_s(control, headers.get("Expires", ""))
    if age.isdecimal() and int(age) > AN_HOUR_S:
        meaning = "a cache on the way gives visitors a page from before: empty it"
        return warning(f"the page is {int(age) // AN_HOUR_S} h old", source, meaning)
    if lifetime_s > A_DAY_S:
        meaning = (
            "browsers keep the page after a release, with styles and scripts that are gone: let"
            " nginx's expires and Cache-Control name built files alone"
        )
        return warning(f"kept for {lifetime_s / A_DAY_S:.0f} days", source, meaning)
    return green(control or "not kept", source)


def _kept_for_s(control: str, expires: str) -> float:
    """Return for how long a browser keeps an answer without asking again (RFC 9111, 4.2.1)."""
    if _ASKS_AGAIN.search(control):
        return 0.0
    if match := _MAX_AGE.search(control):
        return float(match[1])
    try:
        end = parsedate_to_datetime(expires)
        return (end - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def clock(exam: Examination) -> Result:
    """Compare the site's Date with this machine's clock.

    Half the round trip and the header's whole seconds are the error.
    """
    _ = exam.front_page  # once silent, it is not waited for again
    answer = exam.visitor().get(exam.address(exam.site.front_path))
    arrived = datetime.now(UTC)
    date = answer.headers.get("Date", "")
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        raise NotRun("the site sends no Date") from None
    if theirs.tzinfo is None:  # written with -0000
        theirs = theirs.replace(tzinfo=UTC)
    error = answer.elapsed.total_seconds() / 2 + 1
    skew = (arrived - answer.elapsed / 2 - theirs).total_seconds() - 0.5
    source = f"Date of GET {exam.site.front_path} and this machine's clock"
    value = f"{abs(skew):.1f} s apart"
    if abs(skew) > LARGEST_SKEW_S + error:
        return red(
            Action.MEND,
            value,
            source,
            "signed requests fail and sessions expire early: correct the clock of the host, or of"
            " this machine",
        )
    return green(value, source)


def _page(exam: Examination) -> str:
    return f"GET {path_of(exam.page)}"


CHECKS = (
    redirect_to_https,
    strict_transport_security,
    security_headers,
    software_versions,
    page_caching,
    clock,
)
