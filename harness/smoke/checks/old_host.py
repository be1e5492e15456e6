"""Checks of the old host, at the address that --old gives."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests

from harness.smoke.examination import html_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import Endpoint, Site, is_address
from harness.smoke.visitor import short

if TYPE_CHECKING:
    from harness.smoke.examination import Examination


def obstacle(site: Site) -> str:
    """Return the reason for which nothing is known of the old host; empty without one."""
    return "" if site.old else "--old is not given"


def old_site(exam: Examination) -> Result:
    """Get the front page from the old host under the public name."""
    endpoint = _endpoint(exam)
    source = f"GET {exam.site.front_path} at {endpoint}"
    address = exam.address(exam.site.front_path)
    try:
        answer = exam.visitor(at=endpoint, is_verified=False).get(address)
    except requests.RequestException as error:
        return green(f"does not answer: {short(error)}", source)
    location = answer.headers.get("Location", "")
    value = f"{answer.status_code} {location}".strip()
    if (
        answer.status_code >= 400
        or (urlsplit(location).hostname or exam.site.host) != exam.site.host
    ):
        return green(value, source)
    if location and urljoin(address, location).rstrip("/") == address.rstrip("/"):
        meaning = (
            "visitors whose resolver is late go in a circle, as the name leads them to this host:"
            " put it into maintenance (php artisan down), or let it pass requests on to the new one"
        )
        return red(Action.MEND, f"{value}: leads back to itself", source, meaning)
    if location or _serves_the_app(exam, answer):
        return red(
            Action.MEND,
            f"{value}: still serves the site",
            source,
            "visitors whose resolver is late sign in there, and lose what they write: put it into"
            " maintenance (php artisan down); leave it if it only passes requests on to the new"
            " host",
        )
    return warning(
        f"{value}: another page than the site's",
        source,
        "see that it is the maintenance page, and answer with 503",
    )


def _serves_the_app(exam: Examination, answer: requests.Response) -> bool:
    """Return whether an answer sets a session, or has the title of the new host's front page."""
    title = html_of(answer).findtext(".//title")
    return bool(exam.session_cookies(answer)) or (
        bool(title) and title == html_of(exam.front_page).findtext(".//title")
    )


def _endpoint(exam: Examination) -> Endpoint:
    old = exam.site.old
    if old is None:
        raise NotRun("--old is not given")
    if is_address(old.host):
        return old
    if not exam.old_addresses:
        raise NotRun(f"no resolver has an address of {old.host}")
    return Endpoint(min(exam.old_addresses), old.port)


CHECKS = (old_site,)
