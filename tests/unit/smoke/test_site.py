"""Options as the operator writes them."""

from __future__ import annotations

import re

import pytest

from harness.core.errors import ConfigError
from harness.smoke import site
from harness.smoke.site import Endpoint, NameServer, Route, Site


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://www.shop.example", "https://www.shop.example"),
        ("https://www.shop.example/", "https://www.shop.example"),
        ("www.shop.example", "https://www.shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://Shop.Example.", "https://shop.example"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("https://shop.example/de/", "https://shop.example"),
        ("https://[2001:db8::7]:8443", "https://[2001:db8::7]:8443"),
    ],
)
def test_a_url_is_a_site(text: str, url: str) -> None:
    assert site.parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://shop.example",
        "https://shop.example/?a=b",
        "https://",
        "https://shop.example:99999",
        "https://[::1",
    ],
)
def test_a_url_that_is_no_site_is_rejected(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site.parse_url(text)
    assert str(caught.value) == (
        f'the URL "{text}" is not the https address of a site\n'
        "  what to do: write it as https://www.shop.example, or with the path of the front page"
    )


def test_a_password_in_the_url_is_not_printed() -> None:
    with pytest.raises(ConfigError, match=r'the URL "https://\.\.\.@shop\.example" is not'):
        site.parse_url("https://user:secret@shop.example")


def test_the_path_of_the_url_is_the_front_page() -> None:
    assert site.parse_front_path("shop.example/de/") == "/de"
    assert site.parse_front_path("https://shop.example/") == ""


@pytest.mark.parametrize("name", ["shop example", "a..example", "http://x", "", "a" * 70])
def test_a_name_that_no_host_has_is_rejected(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        site.parse_host(name, option="--expect")
    assert str(caught.value) == (
        f'--expect has "{name}", which is no host name\n  what to do: write it as www.shop.example'
    )


def test_a_path_begins_with_a_slash() -> None:
    assert site.parse_path("/up", option="--health") == "/up"
    with pytest.raises(ConfigError, match='--health "up" is no path of the site'):
        site.parse_path("up", option="--health")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("203.0.113.7", Endpoint("203.0.113.7", 443)),
        ("203.0.113.7:8443", Endpoint("203.0.113.7", 8443)),
        ("old.shop.example", Endpoint("old.shop.example", 443)),
        ("2001:db8::7", Endpoint("2001:db8::7", 443)),
        ("[2001:db8::7]:8443", Endpoint("2001:db8::7", 8443)),
    ],
)
def test_an_address_may_have_a_port(text: str, endpoint: Endpoint) -> None:
    assert site.parse_endpoint(text, option="--old", port=443) == endpoint


@pytest.mark.parametrize("text", ["203.0.113.7:x", "203.0.113.7:x:1", ":443"])
def test_what_is_no_address_is_rejected(text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f'--old "{text}" is no address')):
        site.parse_endpoint(text, option="--old", port=443)


@pytest.mark.parametrize(
    ("text", "route", "dialled"),
    [
        (
            "shop.example:443:198.51.100.7:8443",
            Route("shop.example", 443, "198.51.100.7", 8443),
            Endpoint("198.51.100.7", 8443),
        ),
        ("::198.51.100.7:", Route("", None, "198.51.100.7", None), Endpoint("198.51.100.7", 443)),
        ("::[2001:db8::7]:", Route("", None, "2001:db8::7", None), Endpoint("2001:db8::7", 443)),
        (
            "other.example:443:198.51.100.7:",
            Route("other.example", 443, "198.51.100.7", None),
            None,
        ),
    ],
)
def test_connect_to_is_curls(text: str, route: Route, dialled: Endpoint | None) -> None:
    assert site.parse_connect_to(text) == route
    shop = Site("https://shop.example", routes=(route,))
    assert shop.route(Endpoint("shop.example", 443)) == dialled


def test_resolve_is_curls() -> None:
    route = site.parse_resolve("shop.example:443:198.51.100.7")
    shop = Site("https://shop.example", routes=(route,))
    assert shop.route(Endpoint("shop.example", 443)) == Endpoint("198.51.100.7", 443)
    assert shop.route(Endpoint("shop.example", 80)) is None


@pytest.mark.parametrize(
    ("text", "dialled"),
    [
        ("198.51.100.7", Endpoint("198.51.100.7", 443)),
        ("ALB.example:8443", Endpoint("alb.example", 8443)),
        ("[2001:db8::7]:8443", Endpoint("2001:db8::7", 8443)),
    ],
)
def test_a_host_alone_gets_every_connection(text: str, dialled: Endpoint) -> None:
    shop = Site("https://shop.example", routes=(site.parse_connect_to(text),))
    assert shop.route(Endpoint("shop.example", 443)) == dialled


@pytest.mark.parametrize("text", ["", "a:b", "a:b:c:d", "shop.example:443:198.51.100.7"])
def test_another_form_of_connect_to_is_rejected(text: str) -> None:
    with pytest.raises(ConfigError, match="nor HOST1:PORT1:HOST2:PORT2") as caught:
        site.parse_connect_to(text)
    assert "www.shop.example:443:198.51.100.7:443" in str(caught.value)


@pytest.mark.parametrize("text", ["shop.example:198.51.100.7", "shop.example:443:alb.example"])
def test_another_form_of_resolve_is_rejected(text: str) -> None:
    with pytest.raises(ConfigError, match="is not HOST:PORT:ADDRESS"):
        site.parse_resolve(text)


def test_a_name_server_has_an_address() -> None:
    (server,) = site.parse_name_servers(["127.0.0.1:5353"], option="--resolver")
    assert server == NameServer("127.0.0.1:5353", Endpoint("127.0.0.1", 5353))
    with pytest.raises(ConfigError, match=r'--authority "ns1\.example" is a name'):
        site.parse_name_servers(["ns1.example"], option="--authority")
