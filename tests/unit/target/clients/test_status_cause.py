"""The likely cause of an answer's status."""

from __future__ import annotations

import pytest
import requests

from harness.target.clients.http import rule_cause, status_cause

OF_NGINX = "<html><body><center><h1>400 Bad Request</h1></center>{}</body></html>"
PAGE = "<html><center><h1>{}</h1></center></html>"
NOBODYS = "<center>target group blog: no service of this stack is behind it</center>"


@pytest.mark.parametrize(
    ("status", "text", "server", "cause"),
    [
        (404, "Not found", "awselb/2.0", "answers /build/a.css with a fixed 404"),
        (503, "<h1>We are moving</h1>", "awselb/2.0", "answers /build/a.css with a fixed 503"),
        (302, PAGE.format("302 Found"), "awselb/2.0", "redirects /build/a.css to /elsewhere"),
        (
            503,
            PAGE.format("503 Service") + NOBODYS,
            "awselb/2.0",
            "leads /build/a.css to the target group blog",
        ),
        (503, PAGE.format("503 Service Temporarily Unavailable"), "awselb/2.0", ""),
        (504, PAGE.format("504 Gateway Time-out"), "awselb/2.0", ""),
        (404, "Not found", "nginx", ""),
    ],
)
def test_an_answer_of_a_rule_is_told_from_the_load_balancers_errors(
    status: int, text: str, server: str, cause: str
) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = status, text.encode()
    answer.headers["Server"] = server
    if status == 302:
        answer.headers["Location"] = "/elsewhere"
    answer.request = requests.Request("GET", "https://shop.example/build/a.css?v=1").prepare()
    reason = rule_cause(answer)
    assert cause in reason
    assert bool(reason) is bool(cause)
    assert not cause or status_cause(answer) == reason


@pytest.mark.parametrize(("method", "is_known"), [("POST", True), ("GET", False)])
def test_nginx_has_no_page_of_its_own_for_a_form(method: str, is_known: bool) -> None:
    answer = requests.Response()
    answer.status_code = 404
    answer._content = (PAGE.format("404 Not Found") + "<hr><center>nginx</center>").encode()
    answer.request = requests.Request(method, "https://shop.example/orders").prepare()
    assert ("fastcgi_intercept_errors" in status_cause(answer)) is is_known


@pytest.mark.parametrize(
    ("status", "text", "cause"),
    [
        (
            400,
            OF_NGINX.format("Request Header Or Cookie Too Large"),
            "the app's cookies are larger",
        ),
        (400, OF_NGINX.format(""), ""),
        (419, "", "a form was refused with 419"),
        (200, "", ""),
    ],
)
def test_an_answer_has_the_cause_of_its_page_or_status(status: int, text: str, cause: str) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = status, text.encode()
    reason = status_cause(answer)
    assert reason.startswith(cause)
    assert bool(reason) is bool(cause)
