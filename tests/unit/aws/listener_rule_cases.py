"""Rules, requests, and the priority of the rule that decides: for Python and for JavaScript."""

from __future__ import annotations

from typing import Any

from harness.aws.listener_rules import Request

HOST = "shop.example"


def conditions(*given: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    configs = {
        "path-pattern": "PathPatternConfig",
        "host-header": "HostHeaderConfig",
        "http-header": "HttpHeaderConfig",
        "http-request-method": "HttpRequestMethodConfig",
        "query-string": "QueryStringConfig",
        "source-ip": "SourceIpConfig",
    }
    return [{"Field": name, configs[name]: config} for name, config in given]


def one(field: str, *values: Any, **more: Any) -> list[dict[str, Any]]:
    return conditions((field, {"Values": list(values), **more}))


def at(path: str, **more: Any) -> Request:
    return Request(**{"host": HOST, "path": path, **more})


API = one("path-pattern", "/api/*")
HEADER = one("http-header", "*Bot*", HttpHeaderName="User-Agent")
VERSION = one("query-string", {"Key": "version", "Value": "v?"}, {"Value": "*example*"})
STAR = one("query-string", {"Key": "q", "Value": r"\*"})
BOTH = [*API, *one("http-request-method", "POST")]

CASES: tuple[tuple[str, list[dict[str, Any]], Request, bool], ...] = (
    ("a wildcard takes any characters", API, at("/api/a/b"), True),
    ("and none", API, at("/api/"), True),
    ("a pattern is for the whole path", API, at("/v1/api/a"), False),
    ("a path without its slash is another", API, at("/api"), False),
    ("paths have cases", API, at("/API/a"), False),
    ("a path ends before the query", API, at("/", query="/api/a"), False),
    ("a question mark takes one", one("path-pattern", "/a?c"), at("/abc"), True),
    ("and no more", one("path-pattern", "/a?c"), at("/abbc"), False),
    ("a dot is a dot", one("path-pattern", "/*.php"), at("/xphp"), False),
    ("a dollar and a plus too", one("path-pattern", "/$+(~"), at("/$+(~"), True),
    ("one of the values is enough", one("path-pattern", "/a", "/b"), at("/b"), True),
    ("the old form of a path", [{"Field": "path-pattern", "Values": ["/a*"]}], at("/ab"), True),
    (
        "a regular expression of a path",
        conditions(("path-pattern", {"RegexValues": ["^/v[0-9]+/"]})),
        at("/v12/x"),
        True,
    ),
    ("hosts have no cases", one("host-header", "SHOP.example"), at("/"), True),
    ("a wildcard of a host", one("host-header", "*.example"), at("/"), True),
    ("another host", one("host-header", "www.shop.example"), at("/"), False),
    ("headers have no cases", HEADER, at("/", headers=(("user-agent", "googlebot/2"),)), True),
    (
        "each of a header counts",
        HEADER,
        at("/", headers=(("User-Agent", "a"), ("USER-AGENT", "bot"))),
        True,
    ),
    ("a header that is not there", HEADER, at("/", headers=(("Accept", "bot"),)), False),
    ("methods have cases", one("http-request-method", "post"), at("/", method="POST"), False),
    ("a method", one("http-request-method", "GET", "HEAD"), at("/", method="HEAD"), True),
    ("a key and its value", VERSION, at("/", query="a=1&VERSION=V2"), True),
    ("a key with another value", VERSION, at("/", query="version=v10"), False),
    ("a value of any key", VERSION, at("/", query="x=an-example-1"), True),
    ("no query", VERSION, at("/"), False),
    ("an escaped star", STAR, at("/", query="q=*"), True),
    ("is no wildcard", STAR, at("/", query="q=a"), False),
    ("all conditions hold", BOTH, at("/api/a", method="POST"), True),
    ("one does not", BOTH, at("/api/a"), False),
    (
        "a source",
        one("source-ip", "198.51.100.0/24", "203.0.113.7/32"),
        at("/", source_ip="203.0.113.7"),
        True,
    ),
    ("everywhere", one("source-ip", "0.0.0.0/0"), at("/"), True),
    ("another source", one("source-ip", "10.0.0.0/8"), at("/"), False),
    ("a source of IPv6", one("source-ip", "2001:db8::/32"), at("/"), False),
)

LOCATIONS: tuple[tuple[dict[str, str], Request, str], ...] = (
    (
        {"Protocol": "HTTPS", "Port": "443"},
        at("/a%20b/c", query="d=e&f=%2F"),
        "https://shop.example:443/a%20b/c?d=e&f=%2F",
    ),
    ({"Protocol": "HTTPS", "Port": "443"}, at("/"), "https://shop.example:443/"),
    (
        {"Host": "www.#{host}", "Path": "/new/#{path}", "Query": "#{query}&from=#{host}"},
        at("/a", query="b=c"),
        "http://www.shop.example:80/new/a?b=c&from=shop.example",
    ),
    ({"Path": "/", "Query": ""}, at("/a", query="b=c"), "http://shop.example:80/"),
    ({"Path": "/#{word}"}, at("/#{host}"), "http://shop.example:80/#{word}"),
)
