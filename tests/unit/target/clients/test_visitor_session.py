"""A redirect to another host is told from an error of the host that was asked."""

from __future__ import annotations

import pytest
import requests
from requests.adapters import BaseAdapter

from harness.target.access import Access
from harness.target.clients import http

URL = "https://shop.example/"


class Answers(BaseAdapter):
    """Redirect from the shop to a place, and refuse every other connection."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:  # type: ignore[override]  # requests' own take settings by name, which are of no matter here
        if request.url != URL:
            text = f"HTTPSConnectionPool(host='x', port=443): no listener for {request.url}"
            raise requests.exceptions.SSLError(text, request=request)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 302, request, URL
        answer.headers["Location"] = self._place
        return answer

    def close(self) -> None:
        """Nothing is open."""


def error_of(place: str) -> str:
    session = http.web(Access(public_url=URL))
    session.mount("https://", Answers(place))
    with pytest.raises(requests.ConnectionError) as caught:
        session.get(URL)
    return str(caught.value)


def test_a_redirect_to_another_host_is_named() -> None:
    assert error_of("https://localhost/login") == (
        "shop.example leads its visitors to another host, at which nothing answers:"
        " https://localhost/login"
    )


def test_an_error_of_the_host_itself_is_left() -> None:
    assert "no listener for https://shop.example/login" in error_of("https://shop.example/login")


def test_a_link_to_another_host_is_named() -> None:
    session = http.web(Access(public_url=URL))
    session.mount("https://", Answers(""))
    with pytest.raises(requests.ConnectionError, match="leads its visitors to another host"):
        session.get("https://app/register")
