"""Checks over several requests: the same answer from every task, and a session that lasts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import requests

from harness.smoke.checks.http import short
from harness.smoke.examination import page_of, path_of
from harness.smoke.result import Action, NotRun, Result, green, red

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

ANSWERS = 10
SESSION_READS = 6


def every_task(exam: Examination) -> Result:
    """Get the front page several times, so that every task answers."""
    path = path_of(exam.page)
    visitor, statuses, seconds = exam.visitor(), Counter[str](), []
    for _ in range(ANSWERS):
        try:
            answer = visitor.get(exam.address(path))
        except requests.RequestException as error:
            statuses[short(error)] += 1
            continue
        statuses[str(answer.status_code)] += 1
        seconds.append(answer.elapsed.total_seconds())
    value = ", ".join(f"{count} of {ANSWERS}: {status}" for status, count in statuses.items())
    source = f"GET {path}, {ANSWERS} times"
    if len(statuses) > 1:
        return red(
            Action.MEND,
            value,
            source,
            "one task is sick, and every so many visitors meet it: look at the target group's"
            " health, and stop that task",
        )
    slowest = f", the slowest in {max(seconds):.2f} s" if seconds else ""
    return green(value + slowest, source)


def session_lasts(exam: Examination) -> Result:
    """Read the form's token again with the same cookies: it is kept in the session."""
    visitor, first = exam.sign_in
    token = form_token(first)
    if not token:
        raise NotRun(f"{exam.site.sign_in_path} has no form with a token")
    matches = 0
    for _ in range(SESSION_READS):
        matches += form_token(visitor.visit(exam.site.sign_in_path)) == token
    value = f"{matches} of {SESSION_READS} answers know the session"
    source = f"token of the form at {exam.site.sign_in_path}"
    if matches < SESSION_READS:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors are signed out between two pages: SESSION_DRIVER must be database (or another"
            " store that all tasks share), and APP_KEY the same in every task",
        )
    return green(value, source)


def form_token(answer: requests.Response) -> str:
    """Return the CSRF token of a page's form; empty without one."""
    forms = page_of(answer).forms
    return next((form.fields["_token"][0] for form in forms if "_token" in form.fields), "")


CHECKS = (every_task, session_lasts)
