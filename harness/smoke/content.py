"""Pages that are not the site's: those of an empty server, error pages, and unreadable bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.smoke.result import Action

if TYPE_CHECKING:
    import requests

_GATEWAY = {
    500: "the app fails: read the web tasks' logs",
    502: "a task closes connections: PHP-FPM or nginx stopped in it",
    503: "the load balancer has no healthy target, or the app is in maintenance (php artisan up)",
    504: "the app takes longer than the load balancer waits: look at the database first",
}
_REJECTED = {
    400: "every visitor is rejected: TrustHosts in bootstrap/app.php does not know the public host,"
    " or nginx takes the request for plain HTTP",
    421: "the server does not know the public host: correct server_name, or the listener's rule",
}
_EMPTY = (403, 404)
_OF_NGINX = re.compile(r"<hr><center>nginx")
_OF_FPM = re.compile(r"\A(File not found|Primary script unknown)\.?\s*\Z")
"""PHP-FPM's whole answer where the script that nginx names is not there."""
OF_LOAD_BALANCER = "awselb/"
"""The Server header of answers that the load balancer gives by itself."""
_PAGES = (
    (
        re.compile(r"\A\s*\Z"),
        Action.ROLL_BACK,
        "PHP ended without output: read the web tasks' logs",
    ),
    (
        re.compile(
            r"\A\s*(<!doctype[^>]*>\s*)?<html[^>]*>\s*(<head[^>]*>\s*</head>\s*)?"
            r"(<body[^>]*>\s*</body>\s*)?</html>\s*\Z",
            re.IGNORECASE,
        ),
        Action.ROLL_BACK,
        "visitors see an empty page: read the web tasks' logs",
    ),
    (
        re.compile(r"SQLSTATE\[\w+\](?=: | \[\d+\] )"),
        Action.ROLL_BACK,
        "an error of the database is printed into a page that answers as a good one: read the web"
        " tasks' logs, set APP_DEBUG=false",
    ),
    (
        re.compile(
            r"<title>[^<]*\b(domain( name)? is (parked|for sale)|is parked|parked domain"
            r"|account suspended|default web site page|domain (has )?expired)\b",
            re.IGNORECASE,
        ),
        Action.ROLL_BACK,
        "a registrar or a hosting answers: look at the record, and at the domain's registration",
    ),
    (
        re.compile(r"<title>Laravel</title>(?=.*laravel\.com/docs)", re.DOTALL),
        Action.ROLL_BACK,
        "Laravel's own welcome page answers: the image has another app, or routes/web.php a"
        " leftover of a new one",
    ),
    (
        re.compile(r"\A\s*<\?php\b"),
        Action.ROLL_BACK,
        "nginx sends the code itself: give index.php to PHP-FPM (fastcgi_pass)",
    ),
    (
        re.compile(
            r"<title>(Welcome to nginx!|Apache2? .*Default Page|Index of /)"
            r"|<body>\s*<h1>It works!</h1>",
            re.IGNORECASE,
        ),
        Action.ROLL_BACK,
        "a server without the app answers: look at nginx's root, and at the target group's tasks",
    ),
    (
        re.compile(
            r"<title>\s*(Server Error|Service Unavailable|Page Expired|Be right back|50[0-4]\b"
            r"|Whoops, looks like something went wrong)"
            r"|<(title|h1)[^>]*>[^<]*\b(under|down for|scheduled) maintenance\b",
            re.IGNORECASE,
        ),
        Action.ROLL_BACK,
        "an error or maintenance page answers as a good one, so that no health check minds it: read"
        " the web tasks' logs; php artisan up",
    ),
    (
        re.compile(r"<b>(Fatal|Parse) error</b>:"),
        Action.ROLL_BACK,
        "PHP ends with an error and prints it: read the web tasks' logs, set display_errors = Off",
    ),
)
"""Patterns of a page's text, with the operator's action and the meaning."""
HTML = re.compile(r"\s*(<!doctype html|<html)", re.I)
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_LONGEST_FIXED = 1024
"""Characters of a listener rule's fixed response:
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html"""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class ContentFault:
    """A fault of the page that visitors get."""

    action: Action
    value: str
    meaning: str


def fault_of(answer: requests.Response) -> ContentFault | None:
    """Return the fault of a page that visitors get; None if an app may mean it so."""
    if answer.status_code >= 400:
        return _of_status(answer)
    return _of_headers(answer) or _of_encoding(answer) or _of_text(answer)


def is_of_load_balancer(answer: requests.Response) -> bool:
    """Whether the load balancer itself gave an answer."""
    return answer.headers.get("Server", "").startswith(OF_LOAD_BALANCER)


def _of_status(answer: requests.Response) -> ContentFault | None:
    status = answer.status_code
    meaning, action = _REJECTED.get(status, ""), Action.ROLL_BACK
    if status >= 500:
        meaning = _GATEWAY.get(status, _GATEWAY[500])
    elif status == 401 and answer.headers.get("WWW-Authenticate", "").lower().startswith("basic"):
        meaning = "visitors are asked for a password: take auth_basic or its middleware away"
        action = Action.MEND
    elif status in _EMPTY and is_of_load_balancer(answer):
        meaning = "the load balancer answers by itself: no rule of the listener leads to the app"
    elif status == 404 and _OF_FPM.match(answer.text):
        meaning = "PHP-FPM does not find index.php: correct SCRIPT_FILENAME and root in nginx"
    elif status in _EMPTY and _OF_NGINX.search(answer.text):
        meaning = "nginx answers by itself: its root has no index.php, or may not be read"
    return ContentFault(action, "", meaning) if meaning else None


def _of_headers(answer: requests.Response) -> ContentFault | None:
    is_short = len(answer.content) <= _LONGEST_FIXED and not HTML.match(answer.text)
    if is_short and is_of_load_balancer(answer):
        meaning = "the load balancer answers by itself: a rule of the listener has a fixed response"
        return ContentFault(Action.ROLL_BACK, ", of the load balancer", meaning)
    disposition = answer.headers.get("Content-Disposition", "")
    if disposition.lower().startswith("attachment"):
        meaning = "browsers save the page as a file: take Content-Disposition away"
        return ContentFault(Action.ROLL_BACK, f", {disposition}", meaning)
    return None


def _of_encoding(answer: requests.Response) -> ContentFault | None:
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    accepted = str(answer.request.headers.get("Accept-Encoding", "")).lower()
    words = [word.partition(";")[0].strip() for word in accepted.split(",")]
    if encoding in ("", "identity", *words) and not answer.content.startswith(_GZIP):
        return None
    return ContentFault(
        Action.ROLL_BACK,
        f", Content-Encoding {encoding or 'missing'}, and compressed after all",
        "browsers show characters without sense: compress once, in nginx or in the app, and only as"
        " the request's Accept-Encoding allows",
    )


def _of_text(answer: requests.Response) -> ContentFault | None:
    text = answer.text
    for pattern, action, meaning in _PAGES:
        if match := pattern.search(text):
            value = f", with {match[0].strip()!r}" if match[0].strip() else ", an empty page"
            return ContentFault(action, value, meaning)
    content_type = answer.headers.get("Content-Type", "").lower()
    if HTML.match(text) and not content_type.startswith(_HTML_TYPES):
        return ContentFault(
            Action.ROLL_BACK,
            f", HTML as {content_type or 'no type'}",
            "browsers save the page or show its source: correct Content-Type",
        )
    return None
