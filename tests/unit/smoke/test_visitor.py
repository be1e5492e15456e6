"""Limits of a visitor: redirects, sizes and times."""

from __future__ import annotations

import pytest
import requests

from harness.smoke import visitor
from harness.smoke.visitor import RedirectRejected
from tests.unit.smoke.conftest import World
from tests.unit.smoke.fake_app import redirect
from tests.unit.smoke.fake_dns import HOST


def test_a_redirect_on_the_host_is_followed(world: World) -> None:
    world.app.overrides["/"] = redirect("/login")
    assert world.examination().front_page.url == f"https://{HOST}/login"


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("https://elsewhere.example/", "to https://elsewhere.example/ leaves the host"),
        ("/", f"to https://{HOST}/ goes in a circle"),
    ],
)
def test_other_redirects_are_not_followed(world: World, location: str, text: str) -> None:
    world.app.overrides["/"] = redirect(location)
    with pytest.raises(RedirectRejected, match=text):
        _ = world.examination().front_page
    assert [request.path for request in world.web.requests] == ["/"]


def test_a_large_body_is_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "MAX_BODY", 100_000)
    world.app.overrides["/"] = (200, [], b"x" * 1_000_000)
    assert 100_000 <= len(world.examination().front_page.content) < 300_000


def test_a_slow_body_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "TOTAL_S", 0.0)
    world.app.overrides["/"] = (200, [], b"x" * 100)
    with pytest.raises(requests.ReadTimeout, match="the answer takes longer than 0 s"):
        _ = world.examination().front_page


def test_a_body_that_breaks_off_is_named(world: World) -> None:
    world.app.overrides["/"] = (200, [("Content-Length", "500"), ("Connection", "close")], b"x")
    with pytest.raises(requests.ConnectionError, match="the body breaks off"):
        _ = world.examination().front_page


def test_proxies_of_the_environment_do_not_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert world.examination().front_page.status_code == 200
