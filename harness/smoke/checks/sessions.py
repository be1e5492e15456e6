"""Checks over several requests: the same answer from every task, and a session that lasts."""

from __future__ import annotations

import re
from collections import Counter
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING

import requests

from harness.smoke.examination import page_of, path_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.visitor import short
from harness.target.clients.browser import cookie_from

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

ANSWERS = 10
SESSION_READS = 6
SLOW_S = 2.0
"""Half of the answers take longer: not one slow task, but a slow site."""
_LIMITED = "429"
_STORED = re.compile(r"\bpublic\b|\bs-maxage=[1-9]", re.IGNORECASE)
_NOT_STORED = re.compile(r"\b(private|no-store|no-cache)\b", re.IGNORECASE)
_BUILT = re.compile(r"/build/assets/[\w.-]+\.(?:css|js)")
_SICK = (
    "one task is sick, and every so many visitors meet it: look at the target group's health, and"
    " stop that task"
)


def every_task(exam: Examination) -> Result:
    """Get the front page several times, so that every task answers."""
    path = path_of(exam.page)
    visitor, statuses, seconds = exam.visitor(), Counter[str](), []
    builds = Counter[tuple[str, ...]]()
    for _ in range(ANSWERS):
        try:
            answer = visitor.get(exam.address(path))
        except requests.RequestException as error:
            statuses[short(error)] += 1
            continue
        statuses[str(answer.status_code)] += 1
        seconds.append(answer.elapsed.total_seconds())
        builds[tuple(sorted(set(_BUILT.findall(answer.text))))] += 1
    value = ", ".join(f"{count} of {ANSWERS}: {status}" for status, count in statuses.items())
    source = f"GET {path}, {ANSWERS} times"
    if set(statuses) == {"200", _LIMITED}:
        meaning = (
            "visitors are limited: if the app takes the load balancer's address for theirs, all"
            " share one limit (trusted proxies); a firewall may limit this run alone"
        )
        return warning(value, source, meaning)
    if len(statuses) > 1:
        return red(
            Action.MEND,
            value,
            source,
            _SICK,
        )
    if seconds and median(seconds) > SLOW_S:
        value = f"{value}, half of them over {median(seconds):.1f} s"
        return warning(value, source, "visitors wait: look at the database and the tasks' CPU")
    if len(builds) > 1:
        return warning(
            f"{value}, with {len(builds)} sets of styles and scripts",
            source,
            "tasks run different images, and lack each other's files: wait until the deployment is"
            " complete; if it is, look at the service's deployments",
        )
    slowest = f", the slowest in {max(seconds):.2f} s" if seconds else ""
    return green(value + slowest, source)


def every_address(exam: Examination) -> Result:
    """Get the front page from each address of the site, as a browser that takes any of them."""
    path = path_of(exam.page)
    source = f"GET {path} at {', '.join(map(str, exam.new_endpoints))}"
    faults = {endpoint: text for endpoint, text in exam.addresses.items() if text}
    count = len(exam.new_endpoints)
    if faults:
        return red(
            Action.ROLL_BACK,
            "; ".join(f"{endpoint}: {text}" for endpoint, text in faults.items()),
            source,
            f"visitors who are led to this address do not get the site, {len(faults)} of {count}:"
            " take it out of the record, or mend its host",
        )
    return green(f"{count} of {count} addresses give the same page", source)


def session_lasts(exam: Examination) -> Result:
    """Read the form's token again with the same cookies: it is kept in the session."""
    visitor, first = exam.sign_in
    token = form_token(first)
    if not token:
        raise NotRun(f"{exam.site.sign_in_path} has no form with a token")
    if exam.session_cookies(first) and not exam.keeps_session:
        raise NotRun("browsers drop the session cookie: see the check session cookie")
    good = [endpoint for endpoint, text in exam.addresses.items() if not text]
    matches, errors = 0, Counter[int]()
    for endpoint in islice(cycle(good), SESSION_READS):
        visitor.move(endpoint)
        answer = visitor.visit(exam.site.sign_in_path)
        errors[answer.status_code] += answer.status_code >= 500
        matches += form_token(answer) == token
    source = f"token of the form at {exam.site.sign_in_path}"
    if failed := errors.total():
        statuses = ", ".join(str(status) for status, count in errors.items() if count)
        value = f"{failed} of {SESSION_READS} answers: {statuses}"
        return red(Action.MEND, value, source, _SICK)
    value = f"{matches} of {SESSION_READS} answers know the session"
    if matches < SESSION_READS:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors are signed out between two pages: SESSION_DRIVER must be database (or another"
            " store that all tasks share), and APP_KEY the same in every task; a CDN must pass the"
            " cookie on",
        )
    return green(value, source)


def sessions_of_two_visitors(exam: Examination) -> Result:
    """Ask as a second visitor: a cache on the way must not give away the first one's session."""
    _, first = exam.sign_in
    second = exam.visitor().visit(exam.site.sign_in_path)
    source = f"Set-Cookie of GET {exam.site.sign_in_path}, two visitors"
    names = exam.session_cookies(first)
    if not names:
        raise NotRun(f"{exam.site.sign_in_path} sets no session cookie")
    cookies = [cookie_from(answer, names[0]) for answer in (first, second)]
    stored = [answer for answer in (second, exam.page) if exam.session_cookies(answer)]
    age = max((answer.headers.get("Age", "0") for answer in stored), default="0")
    is_shared = cookies[0] is not None and cookies[0] == cookies[1]
    value = f"both get the same {names[0]}" if is_shared else f"{names[0]} in a page {age} s old"
    if is_shared or age.strip("0"):
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors share a session, and see each other's data: let the CDN or proxy cache no"
            " answer with Set-Cookie, and empty it",
        )
    control = exam.page.headers.get("Cache-Control", "")
    if (
        exam.session_cookies(exam.page)
        and _STORED.search(control)
        and not _NOT_STORED.search(control)
    ):
        value = f"Cache-Control: {control} beside a session cookie"
        meaning = "a CDN may give one visitor's session to others: let nginx cache files alone"
        return warning(value, f"GET {path_of(exam.page)}", meaning)
    return green("each gets a session of its own", source)


def form_token(answer: requests.Response) -> str:
    """Return the CSRF token of a page's form; empty without one."""
    forms = page_of(answer).forms
    return next((form.fields["_token"][0] for form in forms if "_token" in form.fields), "")


CHECKS = (every_task, every_address, session_lasts, sessions_of_two_visitors)
