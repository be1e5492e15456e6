"""A Laravel app on two tasks behind a load balancer, with faults that a test turns on."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Headers, Request
from tests.unit.smoke.fake_probe import PREFIX, FakeProbe

COOKIE = "shop_session"
FLAGS = "; path=/; secure; httponly; samesite=lax"
CSS = "/build/assets/app-3f9a1c77.css"
PAGE_HEADERS: Headers = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin"),
    ("Server", "nginx"),
]
FRONT = f"""<html><head><title>Shop</title><link rel="stylesheet" href="{CSS}"></head><body>
<a href="https://{HOST}/login">Sign in</a></body></html>"""


@dataclass
class FakeApp:
    """The app; ``overrides`` answers in place of a path."""

    overrides: dict[str, Callable[[Request], Answer] | Answer] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    cookie_flags: str = FLAGS
    front: str = FRONT
    page_headers: Headers = field(default_factory=lambda: list(PAGE_HEADERS))
    checks_tokens: bool = True
    probe: FakeProbe | None = None

    def __call__(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        override = self.overrides.get(path)
        if override is not None:
            return override(request) if callable(override) else override
        pages = {"/": self.home, "/healthz": self.health, "/login": self.sign_in, CSS: self.asset}
        if self.probe is not None and path.startswith(PREFIX):
            return self.probe(request)
        return pages.get(path, self.missing)(request)

    def home(self, _request: Request) -> Answer:
        return 200, self.page_headers, self.front.encode()

    def health(self, _request: Request) -> Answer:
        return 200, [("Content-Type", "text/plain")], b"ok"

    def sign_in(self, request: Request) -> Answer:
        if request.method == "POST" and b"_token=" in request.body:
            return 422, PAGE_HEADERS, b'{"message":"The email field is required."}'
        if request.method == "POST" and self.checks_tokens:
            return 419, PAGE_HEADERS, b"Page Expired"
        if request.method == "POST":
            return 302, [("Location", "/login")], b""
        cookies = SimpleCookie(request.headers.get("Cookie", ""))
        known = cookies[COOKIE].value if COOKIE in cookies else ""
        session = known if known in self.sessions else secrets.token_hex(8)
        token = self.sessions.setdefault(session, secrets.token_hex(20))
        form = (
            f'<form method="POST" action="https://{HOST}/login">'
            f'<input type="hidden" name="_token" value="{token}"><input name="email">'
            '<input type="password" name="password"></form>'
        )
        cookie = ("Set-Cookie", f"{COOKIE}={session}{self.cookie_flags}")
        return 200, [*PAGE_HEADERS, cookie], form.encode()

    def asset(self, request: Request) -> Answer:
        headers = [("Content-Type", "text/css"), ("ETag", '"3f9a"')]
        if request.headers.get("If-None-Match") == '"3f9a"':
            return 304, headers, b""
        return 200, [*headers, ("Cache-Control", "public, max-age=31536000, immutable")], b"a{}"

    def missing(self, request: Request) -> Answer:
        if "json" in request.headers.get("Accept", ""):
            body = json.dumps({"message": "Not Found"}).encode()
            return 404, [("Content-Type", "application/json")], body
        return 404, PAGE_HEADERS, b"<html><title>Not Found</title></html>"


def redirect(location: str, *, status: int = 301) -> Answer:
    """Return a redirect."""
    return status, [("Location", location)], b""


def to_https(request: Request) -> Answer:
    """Answer on port 80 as the load balancer's rule does."""
    return redirect(f"https://{HOST}:443{request.path}")
