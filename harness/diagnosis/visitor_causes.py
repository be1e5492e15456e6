"""Causes that follow from facts about a visitor's session and request, as the app takes them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from harness.core.expectation import SettingCause
from harness.diagnosis.facts import (
    IN_COOKIES,
    SHARED_DRIVERS,
    VisitorRequest,
    VisitorSession,
)
from harness.diagnosis.patterns.php import OTHER_KEY

_LOCAL_LINK = re.compile(r"https?://(?:[\w-]+|[\d.]+|\[[\da-f:]+\])(?:[:/]\S*)?")
_VITE = re.compile(r":5173\b|/@vite/")
"""In an address of Vite's development server, by its usual port or its own script."""


def session_cookie(session: VisitorSession) -> str:
    """Return the setting that hides the session from browsers or tasks."""
    if session.domain:
        return SettingCause(
            "SESSION_DOMAIN",
            f"SESSION_DOMAIN is {session.domain}, so that browsers do not send the cookie to the"
            " public host",
        )
    if session.path != "/":
        return SettingCause(
            "SESSION_PATH",
            f"SESSION_PATH is {session.path}, so that browsers do not send the cookie with other"
            " pages; where the app is below it, name its pages in app.pages, and set probe.path",
        )
    if session.max_age is not None:
        return SettingCause(
            "SESSION_LIFETIME",
            "SESSION_LIFETIME lets the session cookie end at once (Max-Age="
            f"{session.max_age}): browsers drop it",
        )
    if session.driver not in (*SHARED_DRIVERS, IN_COOKIES):
        return SettingCause(
            "SESSION_DRIVER",
            f'SESSION_DRIVER is "{session.driver}", and must be {" or ".join(SHARED_DRIVERS)}: what'
            " one task stores there is not where every task reads",
        )
    return ""


def session_key(session: VisitorSession) -> str:
    """Return why tasks do not know each other's sessions, though their cookies come back."""
    if session.expected_cookie and session.cookie != session.expected_cookie:
        return SettingCause(
            "SESSION_COOKIE",
            f"the session cookie has another name than {session.expected_cookie}: SESSION_COOKIE is"
            " not set in the task, so that the app's name decides",
        )
    if re.search(r"[. \[]", session.cookie):
        return SettingCause(
            "SESSION_COOKIE",
            f"the session cookie is called {session.cookie}, and PHP turns its dots and spaces into"
            " underscores when it reads it, so that no session comes back: SESSION_COOKIE, or the"
            " app's name from which config/session.php makes it",
        )
    if not session.shared:
        return OTHER_KEY
    return ""


def local_link(link: str) -> str:
    """Return that a link of the app leads to the developer's machine; empty if it does not."""
    if not _LOCAL_LINK.fullmatch(link):
        return ""
    if _VITE.search(link):
        return (
            f"pages load {link}: public/hot of Vite's development server is in the image:"
            " .dockerignore must leave it out"
        )
    return SettingCause(
        "APP_URL",
        f"the app's links go to {link}: ASSET_URL or APP_URL of the web task is the one of local"
        " development",
    )


def seen_link(link: str) -> str:
    """Return why a link of the app is wrong, as far as it tells by itself; empty if it does not."""
    if not link.startswith("http://"):
        return local_link(link)
    return local_link(link) or (
        "the app takes its visitor's https for http: it does not trust the load balancer"
        " (trustProxies in bootstrap/app.php, TRUSTED_PROXIES), or the web server in the task"
        " hides X-Forwarded-Proto from it"
    )


def forwarded_request(request: VisitorRequest) -> str:
    """Return why the app does not see the visitor's request as it was made."""
    if hidden := hidden_host(request):
        return hidden
    if not request.secure and request.sender_is_public:
        return SettingCause(
            "TRUSTED_PROXIES",
            "nginx's real_ip_header or a fastcgi_param hides the load balancer from the app, which"
            " trusts none of its X-Forwarded headers then: leave the client's address to"
            " TRUSTED_PROXIES",
        )
    if local := local_link(request.link):
        return local
    if not request.secure and request.trusted_proxy:
        return _hidden_proto(request)
    if not request.secure:
        return SettingCause(
            "TRUSTED_PROXIES",
            "the app does not trust the load balancer: TRUSTED_PROXIES does not hold its subnets,"
            " so that X-Forwarded-* is ignored",
        )
    return _other_link(request)


def _other_link(request: VisitorRequest) -> str:
    """Return why a link has another scheme or host than the request, as the app sees it."""
    if request.link.startswith("http://"):
        return SettingCause(
            "APP_URL",
            f"the app sees that the visitor uses https, and links to {request.link}: the link is"
            " written out, or made from APP_URL, ASSET_URL or a forced scheme",
        )
    linked = urlsplit(request.link).netloc
    if linked and request.host and linked != request.host:
        return SettingCause(
            "APP_URL",
            f"the app sees that the request is for {request.host}, and links to {linked}: the link"
            " is written out, or made by URL::forceRootUrl() or from another APP_URL",
        )
    return ""


def _hidden_proto(request: VisitorRequest) -> str:
    """Return why the app does not see the scheme that a load balancer which it trusts has sent."""
    if request.forwarded_proto == "https":
        return (
            "the app trusts the load balancer, and not its X-Forwarded-Proto:"
            " trustProxies(headers: ...) leaves it out: trust HEADER_X_FORWARDED_AWS_ELB"
        )
    scheme = f'"{request.forwarded_proto}"' if request.forwarded_proto else "nothing"
    return (
        f"PHP has {scheme} for X-Forwarded-Proto, and the load balancer sends https: the web server"
        " in the task overwrites it (fastcgi_param HTTP_X_FORWARDED_PROTO, proxy_set_header):"
        " leave that out"
    )


def hidden_scheme(request: VisitorRequest) -> str:
    """Return why the app does not see that its visitor uses https, and loses forms on the way."""
    return "" if request.secure else forwarded_request(request)


def hidden_host(request: VisitorRequest) -> str:
    """Return that PHP has another host than the request was for; empty where it has none else."""
    host = request.host.partition(":")[0].lower()
    visitor_host = request.asked_host.partition(":")[0].lower()
    if not host or not visitor_host or host == visitor_host:
        return ""
    return (
        f'PHP has the host "{host}", and the request was for {visitor_host}: the web server in the'
        " task overwrites it (fastcgi_param HTTP_HOST, proxy_set_header Host), or a"
        " host-header-rewrite of the load balancer's rule: leave that out"
    )
