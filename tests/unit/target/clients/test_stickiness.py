"""No visitor of ours stays on the task that the load balancer's cookies name."""

from __future__ import annotations

import ssl
from email.message import Message
from typing import TYPE_CHECKING

import pytest
import requests

from harness.smoke.traffic import Traffic
from harness.smoke.visitor import Visitor
from harness.target.access import Access
from harness.target.clients import http

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://shop.example/"


class Response:
    """An answer as http.cookiejar reads one."""

    def __init__(self, *cookies: str) -> None:
        self._message = Message()
        for cookie in cookies:
            self._message["Set-Cookie"] = cookie

    def info(self) -> Message:
        return self._message


def make_web() -> requests.Session:
    return http.web(Access(public_url=URL))


def make_visitor() -> requests.Session:
    traffic = Traffic(max_requests=1, per_second=1.0)
    return Visitor(
        URL, traffic=traffic, agent="smoke", endpoints={}, tls=ssl.create_default_context()
    )


@pytest.mark.parametrize("make", [make_web, make_visitor])
def test_a_session_keeps_the_apps_cookies_alone(make: Callable[[], requests.Session]) -> None:
    session = make()
    answer = Response("AWSALB=a; Path=/", "AWSALBCORS=b; Path=/", "AWSALBTG=c", "shop_session=d")
    request = requests.cookies.MockRequest(requests.Request("GET", URL).prepare())
    session.cookies.extract_cookies(answer, request)  # type: ignore[arg-type]
    assert dict(session.cookies) == {"shop_session": "d"}
