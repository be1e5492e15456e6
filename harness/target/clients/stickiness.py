"""Visitors that no load balancer keeps on one task.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
"""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.request import Request

if TYPE_CHECKING:
    import requests

_PREFIX = "AWSALB"
"""Of each cookie with which an ALB keeps a visitor on a target, or on a target group."""


class _Policy(DefaultCookiePolicy):
    """Keep the app's cookies, and none of the load balancer's."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        return not cookie.name.startswith(_PREFIX) and super().set_ok(cookie, request)


def refuse_stickiness(session: requests.Session) -> None:
    """Let the load balancer choose a task for each request of a session, as for a new visitor."""
    session.cookies.set_policy(_Policy())
