"""HTTP sessions: production's names in every check, the socket to the published port."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.core.expectation import SettingCause
from harness.target.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

_AGENT = "cutover-harness"
TRACE_HEADER = "X-Cutover-Trace"
"""Its value comes back in the app's log lines, where the app has the probe."""
STATUS_CAUSES = {
    413: "a request is larger than the limits of nginx (client_max_body_size) or PHP"
    " (post_max_size, upload_max_filesize; also in a .user.ini of the web root) in the image",
    419: SettingCause(
        "SESSION_DRIVER",
        "a form was refused with 419: its session was not there when it came back, since the"
        " cookie was not returned or cannot be decrypted, or SESSION_DRIVER keeps it in one task",
    ),
}
"""The likely cause of an HTTP status."""
_LARGE_COOKIES = "Request Header Or Cookie Too Large"
"""Words of nginx's page for a request with headers larger than its buffers."""
NOT_FOUND = 404
_OF_NGINX = "<hr><center>nginx"
_OWN_PAGE = re.compile(r"<center><h1>\d{3}\b")
"""A page that nginx writes, or the load balancer without an action that says so."""
_NOBODYS = re.compile(r"target group (?P<group>[\w-]+): no service of this stack is behind it")
"""Words of the load balancer here, for a group that on AWS has somebody else's targets."""
_NEW_VISITORS = 6
"""More than most services have tasks, each of which may have a cache of its own."""
_FORM_COOKIE = "XSRF-TOKEN"
_PATIENCE_S = 30.0
SHARED_PAGES = (
    "a shared cache answers a visitor with another's page, with its session cookie and form token:"
    " nginx (fastcgi_cache or proxy_cache, with Set-Cookie among the headers that it ignores), a"
    " CDN, or a package of the app; keep pages with a session out of it"
)
GATEWAY_CAUSES = {
    502: "the task closed the connection: PHP-FPM or nginx stopped in it",
    503: "the load balancer has no target: no web task is registered",
    504: "the app takes longer than the edge waits",
}
"""The cause of a load balancer's own status, where nothing names the reason."""


def web(access: Access, *, trace: str = "") -> requests.Session:
    """Return a session to the public host, with a cookie jar of its own and no redirects hidden.

    Args:
        access: The target's addresses.
        trace: The scenario's trace, which its requests carry.
    """
    home = urlsplit(access.public_url).hostname or ""
    session = _session({"https": access.https, "http": access.http}, home=home)
    if access.ca_file:
        session.verify = access.ca_file
    if trace:
        session.headers[TRACE_HEADER] = trace
    return session


def shared_cookies(new_session: Callable[[], requests.Session], url: str) -> list[str]:
    """Return the names of session cookies and form tokens that several new visitors got alike.

    Laravel encrypts each with a new vector, so that two are never the same by chance.
    """
    cookies = [
        (name, value)
        for _ in range(_NEW_VISITORS)
        for name, value in new_session()
        .get(url, allow_redirects=False, timeout=_PATIENCE_S)
        .cookies.items()
        if value and (name == _FORM_COOKIE or name.lower().endswith("session"))
    ]
    return sorted({name for name, value in cookies if cookies.count((name, value)) > 1})


def outside(access: Access) -> requests.Session:
    """Return a session without cookies or credentials, as for a link to an object that was sent on.

    Locally the emulator's own name leads to the port that it publishes on this machine.
    """
    return _session({"http": access.emulator or access.store})


def is_load_balancers_own(answer: requests.Response) -> bool:
    """Whether the load balancer gave an answer itself: its own carry its name."""
    return answer.headers.get("Server", "").startswith("awselb/")


def is_of_app(answer: requests.Response) -> bool:
    """Whether an answer is the app's own page, and not one that nginx or the load balancer has."""
    return bool(answer.text) and not _OWN_PAGE.search(answer.text)


def rule_cause(answer: requests.Response) -> str:
    """Return the cause of an answer that a listener's rule gave; empty for any other answer."""
    if not is_load_balancers_own(answer):
        return ""
    path = urlsplit(str(answer.request.url)).path
    remedy = "correct Rules and DefaultActions in the file of ecs.load_balancer"
    if match := _NOBODYS.search(answer.text):
        return (
            f"a rule of the load balancer leads {path} to the target group {match['group']}, which"
            f" no service here is behind: {remedy}, or name its service in cutover.toml"
        )
    if answer.is_redirect:
        leads = f"redirects {path} to {answer.headers['Location']}"
    elif _OWN_PAGE.search(answer.text):
        return ""
    else:
        leads = f"answers {path} with a fixed {answer.status_code}"
    return f"a rule of the load balancer, or its default action, {leads}: {remedy}"


def status_cause(answer: requests.Response) -> str:
    """Return the likely cause of an answer's status; empty where it has none of its own."""
    if by_rule := rule_cause(answer):
        return by_rule
    if _LARGE_COOKIES in answer.text:
        return (
            "the app's cookies are larger than nginx takes (large_client_header_buffers, 8 KiB):"
            " what it keeps in a cookie belongs into the session, and the session not into cookies"
            " (SESSION_DRIVER)"
        )
    if answer.status_code == NOT_FOUND and _OF_NGINX in answer.text and _is_form(answer):
        return (
            "nginx puts a 404 page of its own in the place of the app's answer to a form: an"
            " error_page for the app's own errors (fastcgi_intercept_errors) leads to a file that"
            " is not there, or a location keeps the path from index.php"
        )
    return STATUS_CAUSES.get(answer.status_code, "")


def _is_form(answer: requests.Response) -> bool:
    return answer.request is not None and answer.request.method == "POST"


def isolated() -> requests.Session:
    """Return a session that takes no proxy, CA bundle or password from the environment."""
    import requests

    session = requests.Session()
    session.trust_env = False
    return session


def _session(published: dict[str, str], *, home: str = "") -> requests.Session:
    """Make a session that connects to these addresses, by scheme; an empty one changes nothing.

    With an address it is isolated: REQUESTS_CA_BUNDLE and the proxy variables would win otherwise.
    """
    from harness.target.clients.published_port import PublishedPort
    from harness.target.clients.stickiness import refuse_stickiness
    from harness.target.clients.visitor_session import VisitorSession

    session = VisitorSession(home=home)
    session.trust_env = not any(published.values())
    for scheme, address in published.items():
        if address:
            session.mount(f"{scheme}://", PublishedPort(address))
    session.headers["User-Agent"] = _AGENT
    refuse_stickiness(session)
    return session
