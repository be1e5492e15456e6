"""Checks of the sign-in page: its cookie, and its form with and without a token."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests

from harness.smoke.content import fault_of, is_of_load_balancer
from harness.smoke.examination import page_of, path_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import split
from harness.smoke.visitor import RedirectRejected
from harness.target.clients.browser import cookie_from, is_for_host, prefix_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.smoke.examination import Examination
    from harness.target.clients.browser import Form

_INVALID, _EXPIRED, _LIMITED = 422, 419, 429
_OF_THE_APP = (400, 401, _INVALID, _LIMITED)
"""Statuses with which an app refuses a form without name and password."""
SHORTEST_SESSION_S = 600
_NOT_KEPT = (
    "browsers drop the cookie, so nobody can sign in: correct SESSION_COOKIE, SESSION_PATH,"
    " SESSION_DOMAIN, or the tasks' clock"
)


def sign_in_page(exam: Examination) -> Result:
    """Get the sign-in page: it reads the session, the database and the list of built assets."""
    source = f"GET {exam.site.sign_in_path}"
    try:
        answer = exam.sign_in[1]
    except RedirectRejected as rejected:
        if "circle" in rejected.reason:
            return red(Action.ROLL_BACK, str(rejected), source, "nobody can sign in: " + _CIRCLE)
        raise NotRun(str(rejected)) from rejected
    value = f"{answer.status_code} in {answer.elapsed.total_seconds():.2f} s"
    fault = fault_of(answer)
    if answer.status_code >= 500 and fault:
        meaning = (
            f"nobody can sign in: {fault.meaning} (the front page works: look for the session's"
            " store, the database, and public/build/manifest.json in the image)"
        )
        return red(Action.ROLL_BACK, value, source, meaning)
    if is_of_load_balancer(answer):
        meaning = "the load balancer answers by itself: see the rules of its listener for this path"
        return warning(value, source, meaning)
    if answer.status_code == _LIMITED:
        return warning(value, source, "visitors are limited (throttle): do all share one address?")
    if answer.status_code >= 400:
        raise NotRun(f"{exam.site.sign_in_path} answers {answer.status_code}")
    return green(value, source)


_CIRCLE = "the app takes https for http (trusted proxies), or a middleware leads to itself"


def session_cookie(exam: Examination) -> Result:
    """Read the attributes of the session cookie."""
    answer, name = _cookie_page(exam)
    cookie = cookie_from(answer, name)
    source = f"Set-Cookie of GET {path_of(answer)}"
    if cookie is None:
        raise NotRun(f"the cookie {name} cannot be read")
    domain = cookie.get("domain", "")
    value = f"{name}: " + ", ".join(sorted(cookie.keys() - {"value", "max-age", "expires"}))
    if not is_for_host(domain, exam.site.host):
        return red(
            Action.ROLL_BACK,
            f"{value}; domain is {domain}",
            source,
            "browsers reject the cookie, so nobody can sign in: correct SESSION_DOMAIN",
        )
    if reason := _rejected(exam, name, cookie):
        return red(Action.ROLL_BACK, f"{value}; {reason}", source, _NOT_KEPT)
    missing = [flag for flag in ("secure", "httponly") if flag not in cookie]
    if missing:
        return red(
            Action.MEND,
            f"{name}: without {', '.join(missing)}",
            source,
            "the session can be stolen on the way or by a script: set SESSION_SECURE_COOKIE and"
            " SESSION_HTTP_ONLY to true",
        )
    if "samesite" not in cookie:
        return warning(f"{name}: without samesite", source, "set SESSION_SAME_SITE to lax")
    if cookie.get("max-age", "").isdecimal() and int(cookie["max-age"]) < SHORTEST_SESSION_S:
        meaning = (
            "visitors who read for longer are signed out, and their forms have expired:"
            " SESSION_LIFETIME is in minutes"
        )
        return warning(f"{name}: for {cookie['max-age']} s", source, meaning)
    return green(value, source)


def cross_site_requests(exam: Examination) -> Result:
    """Send the sign-in form, empty and without its token, as another site would."""
    visitor, answer = exam.sign_in
    form = next((form for form in page_of(answer).forms if "_token" in form.fields), None)
    if form is None:
        raise NotRun(f"{exam.site.sign_in_path} has no form with a token")
    address = _address(exam, form)
    reply = visitor.post(address, headers={"Accept": "text/html"})
    source = f"POST {split(address).path} without a token"
    if reply.status_code >= 500:
        raise NotRun(f"{form.action} answers {reply.status_code}")
    if reply.status_code < 400 or reply.status_code == _INVALID:
        return red(
            Action.MEND,
            str(reply.status_code),
            source,
            "other sites can send forms in a visitor's name: bring back the CSRF middleware",
        )
    return green(str(reply.status_code), source)


def sign_in_form(exam: Examination) -> Result:
    """Send the sign-in form with its token, and no name or password, as a browser may."""
    visitor, answer = exam.sign_in
    form = next((form for form in page_of(answer).forms if {"_token"} <= form.fields.keys()), None)
    if form is None or 'type="password"' not in answer.text.replace("'", '"').lower():
        raise NotRun(f"{exam.site.sign_in_path} has no form with a token and a password")
    if stray := _leads_astray(exam, form):
        return stray
    address = _address(exam, form)
    token = {"_token": form.fields["_token"][0]}
    reply = visitor.post(address, data=token, headers={"Accept": "application/json"})
    source = f"POST {split(address).path} with its token alone"
    value = str(reply.status_code)
    if reply.status_code == _EXPIRED:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "nobody can sign in, as every form has expired at once: the session is not kept, or"
            " something on the way drops the cookie or the token",
        )
    if reply.status_code >= 500:
        meaning = "nobody can sign in: the app fails on the form; read the web tasks' logs"
        return red(Action.ROLL_BACK, value, source, meaning)
    if reply.status_code >= 400 and reply.status_code not in _OF_THE_APP:
        meaning = "nobody can sign in: a firewall, a CDN or a rule of the listener rejects forms"
        return red(Action.ROLL_BACK, value, source, meaning)
    return green(value, source)


def _leads_astray(exam: Examination, form: Form) -> Result | None:
    """Return the fault of a form with this app's token that goes to another domain."""
    host, own = split(form.action).hostname or "", exam.site.host.removeprefix("www.")
    if host == own or host.endswith(f".{own}") or own.endswith(f".{host}"):
        return None
    return red(
        Action.ROLL_BACK,
        form.action,
        f"form of GET {exam.site.sign_in_path}",
        "visitors send name and password to another host: the form's action is written out, or made"
        " from another APP_URL",
    )


def _address(exam: Examination, form: Form) -> str:
    """Return the address of a form of our own."""
    parts = split(form.action)
    if parts.hostname != exam.site.host:
        raise NotRun(f"the form goes to another host: {form.action}")
    return exam.address(parts.path)


def _rejected(exam: Examination, name: str, cookie: Mapping[str, str]) -> str:
    """Return the reason for which browsers drop a cookie; empty if they keep it (RFC 6265bis)."""
    path = cookie.get("path", "/")
    if fault := prefix_fault(cookie, name=name):
        return fault
    if not exam.site.sign_in_path.startswith(path):
        return f"path is {path}"
    if "max-age" in cookie:
        is_over = cookie["max-age"].startswith(("-", "0"))
    else:
        is_over = _is_past(cookie.get("expires", ""))
    return "it has expired when it arrives" if is_over else ""


def _is_past(date: str) -> bool:
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC) < datetime.now(UTC)
    except ValueError:
        return False


def _cookie_page(exam: Examination) -> tuple[requests.Response, str]:
    """Return a page that sets a session cookie, and the cookie's name."""
    for answer in _pages(exam):
        names = exam.session_cookies(answer)
        if names:
            return answer, names[0]
    raise NotRun("neither the sign-in page nor the front page sets a session cookie")


def _pages(exam: Examination) -> Iterator[requests.Response]:
    with suppress(requests.RequestException, NotRun):
        yield exam.sign_in[1]
    yield exam.front_page


CHECKS = (sign_in_page, session_cookie, cross_site_requests)
