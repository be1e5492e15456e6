"""The likely cause of an answer's status."""

from __future__ import annotations

import pytest
import requests

from harness.target.clients.http import status_cause

OF_NGINX = "<html><body><center><h1>400 Bad Request</h1></center>{}</body></html>"


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
    found = status_cause(answer)
    assert found.startswith(cause)
    assert bool(found) is bool(cause)
