"""Checks of the front page's content: hosts, characters, and its Content-Security-Policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.smoke.content_policy import DENIED, denials
from harness.smoke.examination import html_of, path_of
from harness.smoke.resources import resources_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import is_address

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

OWN_MACHINE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
"""Hosts that each visitor's browser looks for on the visitor's own machine."""
_IN_SCRIPT = re.compile(
    r"\b(?:https?|wss?):\\?/\\?/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])[^\s'\"\\<]*"
    r"|\bwsHost['\"]?\s*[:=]\s*['\"](?:localhost|127\.0\.0\.1|0\.0\.0\.0)"
)
_LOCAL_ONLY = "location.host"
"""In a script that asks where it runs, an address may be for a developer alone."""
_TWICE = re.compile(
    r"\u00c3[\u0080-\u00bf\u0152-\u0178\u2013-\u203a]|\u00c2[\u00a0-\u00bf]"
    r"|\u00e2\u20ac[\u02dc\u0153\u2013-\u2022\u2122\u00a6]|\ufffd"
)
"""UTF-8 that was read as Latin-1 and written again as UTF-8, and characters that were lost."""
_MANY = 3
_CHARSET = re.compile(r"charset=\s*\"?([\w-]+)", re.I)
_UTF_8 = ("utf-8", "utf8")


def unreachable_hosts(exam: Examination) -> Result:
    """Look for images, styles and scripts on hosts that no visitor reaches."""
    html = html_of(exam.page)
    scripts = map(str, html.xpath("//script[not(@src)]/text()"))
    urls = [
        *(resource.url for resource in resources_of(exam.page) if is_unreachable(resource.host)),
        *(
            url
            for script in scripts
            if _LOCAL_ONLY not in script
            for url in _IN_SCRIPT.findall(script)
        ),
    ]
    source = f"GET {path_of(exam.page)}"
    if not urls:
        return green("none", source)
    value = ", ".join(dict.fromkeys(urls[:3]))
    if any(":5173" in url or "@vite" in url for url in urls):
        meaning = (
            "visitors see a page without style or function, which asks their own machine for it:"
            " public/hot of Vite's development server is in the image; add it to .dockerignore"
        )
        return red(Action.ROLL_BACK, value, source, meaning)
    return red(
        Action.MEND,
        value,
        source,
        "visitors' browsers look for these in vain: AWS_URL, AWS_ENDPOINT, ASSET_URL or a VITE_"
        " variable of the build has the address of a development machine",
    )


def is_unreachable(host: str) -> bool:
    """Return whether a host is the visitor's own machine, or a name without a domain."""
    return host in OWN_MACHINE or (bool(host) and "." not in host and not is_address(host))


def content_policy(exam: Examination) -> Result:
    """Compare the page's styles, scripts and images with its Content-Security-Policy."""
    source = f"Content-Security-Policy of GET {path_of(exam.page)}"
    denied = denials(exam.page)
    if denied is None:
        return green("none, so that it keeps nothing away", source)
    if denied:
        return red(Action.MEND, ", ".join(denied[:3]), source, DENIED)
    return green(f"it lets {len([*resources_of(exam.page)])} resources in", source)


def characters(exam: Examination) -> Result:
    """Look for characters that were encoded twice, as a dump of the old database has them."""
    content_type = exam.page.headers.get("Content-Type", "")
    charset = _CHARSET.search(content_type)
    source = f"GET {path_of(exam.page)}"
    try:
        text = exam.page.content.decode()
    except UnicodeDecodeError:
        raise NotRun("the front page is not UTF-8") from None
    if charset and charset[1].lower() not in _UTF_8 and not text.isascii():
        meaning = "visitors see wrong letters: the page is UTF-8, and charset in nginx is not"
        return red(Action.MEND, content_type, source, meaning)
    wrong = _TWICE.findall(text)
    if not wrong:
        return green("in order", source)
    value = f"{len(wrong)} wrong, such as {wrong[0]!r}"
    meaning = (
        "visitors see wrong letters: the dump was written or read with another character set;"
        " repeat it with --default-character-set=utf8mb4 on both sides"
    )
    if len(wrong) < _MANY:
        return warning(value, source, meaning)
    return red(Action.MEND, value, source, meaning)


CHECKS = (unreachable_hosts, content_policy, characters)
