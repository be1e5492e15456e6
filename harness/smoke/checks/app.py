"""Checks of the app's pages: front page, health route, missing page and debug mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.smoke.content import fault_of
from harness.smoke.examination import path_of
from harness.smoke.resources import base_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import split
from harness.smoke.visitor import RedirectRejected

if TYPE_CHECKING:
    import requests

    from harness.smoke.examination import Examination

SLOWEST_HEALTH_S = 1.0
SLOWEST_PAGE_S = 3.0
_CLOSED = (401, 403)
_DEBUG = re.compile(
    r"vendor/laravel/framework/|Whoops! There was an error|phpdebugbar|\"exception\":"
)
_DUMPED = re.compile(r"<pre class=[\"']?sf-dump\b")
_LEADS = re.compile(
    r"(?:<meta[^>]*http-equiv=[\"']?refresh[^>]*url="
    r"|<script>\s*(?:window\.)?location(?:\.href)?\s*=\s*[\"'])[\"']?(https?://[^\"'\s>]+)",
    re.IGNORECASE,
)
"""A page that leads on at once: by a meta element, or a script of nothing else."""
_PRINTED = re.compile(r"<b>(Warning|Deprecated|Notice)</b>:(?=.{1,400}on line <b>\d)", re.DOTALL)


def front_page(exam: Examination) -> Result:
    """Get the front page, as every visitor does first."""
    try:
        answer = exam.front_page
    except RedirectRejected as rejected:
        return _of_redirect(exam, rejected)
    status = answer.status_code
    seconds = answer.elapsed.total_seconds()
    value = f"{status} in {seconds:.2f} s, {len(answer.content)} bytes"
    source = f"GET {path_of(answer)} at {exam.endpoint}"
    if fault := fault_of(answer):
        return red(fault.action, f"{value}{fault.value}", source, fault.meaning)
    if status >= 400:
        meaning = "the front page is no page for visitors: is that meant?"
        return warning(value, source, meaning)
    if detour := _detour(exam, answer):
        place, meaning = detour
        return red(Action.MEND, f"{value}, {place}", source, meaning)
    if seconds > SLOWEST_PAGE_S:
        return warning(value, source, "visitors wait: look at the database and the tasks' CPU")
    return green(value, source)


def _detour(exam: Examination, answer: requests.Response) -> tuple[str, str] | None:
    """Return place and meaning of a way that leaves the host, or its https; None without one."""
    match = _LEADS.search(answer.text)
    refresh = answer.headers.get("Refresh", "").partition("=")[2]
    for address in (match[1] if match else "", refresh, base_of(answer)):
        if (split(address).hostname or "") not in ("", exam.site.host, *exam.site.siblings):
            meaning = "visitors are sent to another host: the page still names the old one"
            return f"which leads to {address}", meaning
    if any(split(str(step.url)).scheme == "http" for step in answer.history):
        meaning = (
            "visitors are sent over plain HTTP: the app takes https for http (trusted proxies)"
        )
        return f"past http://{exam.site.host}", meaning
    return None


def _of_redirect(exam: Examination, rejected: RedirectRejected) -> Result:
    value, source = str(rejected), f"GET {exam.site.front_path} at {exam.endpoint}"
    host = split(rejected.location).hostname or ""
    if "circle" not in rejected.reason and host in ("", exam.site.host):
        meaning = "no browser can follow it: correct APP_URL, and trust X-Forwarded-Port"
        return red(Action.ROLL_BACK, value, source, meaning)
    if host == exam.site.host:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors go in a circle: the app takes https for http (trusted proxies), or forces a"
            " host that the load balancer does not keep",
        )
    parent = exam.site.host.partition(".")[2]
    if host in exam.site.siblings or ("." in parent and host.endswith(f".{parent}")):
        return warning(value, source, f"visitors end at {host}: run cutover smoke for it, too")
    return red(
        Action.MEND,
        value,
        source,
        "visitors are sent to another host: APP_URL or a redirect of the app still names it",
    )


def health_route(exam: Examination) -> Result:
    """Get the route that the load balancer checks."""
    answer = exam.health
    seconds = answer.elapsed.total_seconds()
    value = f"{answer.status_code} in {seconds:.2f} s"
    source = f"GET {path_of(answer)} at {exam.endpoint}"
    if answer.status_code == 404 and not exam.site.health_path:
        raise NotRun("neither /healthz nor /up exists: name the route with --health")
    if answer.status_code in _CLOSED:
        raise NotRun(f"{answer.status_code}: the route is closed to the public, as it may be")
    if answer.status_code >= 300:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "the load balancer takes tasks that answer so out of service: read the web tasks' logs",
        )
    if exam.session_cookies(answer):
        meaning = "each health check writes a session: take the route out of the web middleware"
        return warning(f"{value}, with a session cookie", source, meaning)
    if seconds > SLOWEST_HEALTH_S:
        return warning(value, source, "tasks this slow fail their health check under load")
    return green(value, source)


def missing_page(exam: Examination) -> Result:
    """Get a page that does not exist."""
    answer = exam.missing_page
    source = "GET of a page that does not exist"
    if answer.status_code >= 500:
        return red(
            Action.MEND, str(answer.status_code), source, "the error page fails: read the logs"
        )
    if answer.status_code != 404:
        return warning(
            str(answer.status_code), source, "search engines keep pages that do not exist"
        )
    return green("404", source)


def debug_mode(exam: Examination) -> Result:
    """Look for traces of the code in answers."""
    answers: list[requests.Response] = [exam.missing_page, exam.front_page]
    for answer in answers:
        if _DUMPED.search(answer.text):
            meaning = "visitors read variables: dump() or dd() is left in the code; take it out"
            value = f"{answer.status_code} with a dump"
            return red(Action.MEND, value, f"GET {path_of(answer)}", meaning)
        if printed := _PRINTED.search(answer.text):
            meaning = "PHP prints errors and paths into pages: set display_errors = Off in php.ini"
            value = f"{answer.status_code} with {printed[0]!r}"
            return red(Action.MEND, value, f"GET {path_of(answer)}", meaning)
        trace = _DEBUG.search(answer.text)
        if trace:
            return red(
                Action.ROLL_BACK,
                f"{answer.status_code} with {trace[0]!r}",
                f"GET {path_of(answer)}",
                "visitors read code, queries and variables: set APP_DEBUG=false, APP_ENV=production"
                " and deploy; replace the secrets that were shown",
            )
    return green("no trace", f"GET {exam.site.front_path} and {path_of(exam.missing_page)}")


CHECKS = (front_page, health_route, missing_page, debug_mode)
