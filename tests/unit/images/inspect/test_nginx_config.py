"""How long nginx keeps connections, from its configuration."""

from __future__ import annotations

import pytest

from harness.images.inspect.nginx_config import (
    body_limit,
    fastcgi_read_s,
    keep_alive_s,
    limits_by_peer,
    logs,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("http { server { listen 80; } }", 75.0),
        ("http { keepalive_timeout 65; }", 65.0),
        ("http { keepalive_timeout 75s 60s; }", 75.0),
        ("http { keepalive_timeout 1m30s; }", 90.0),
        ("http { keepalive_timeout '500ms'; }", 0.5),
        ("http { # keepalive_timeout 5;\n keepalive_timeout 61s; }", 61.0),
        ("http { keepalive_timeout 75; server { keepalive_timeout 5; } }", 5.0),
        ("http { upstream php { server x; keepalive_timeout 5; } keepalive_timeout 75; }", 75.0),
        ("http { log_format a '{;}' \"#\"; keepalive_timeout 70; }", 70.0),
        ("http { keepalive_timeout 0; }", None),
        ("http { keepalive_timeout 0; server { keepalive_timeout 70; } }", 70.0),
    ],
)
def test_the_shortest_time_out_of_idle_connections(text: str, seconds: float | None) -> None:
    assert keep_alive_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("http { server { location / { fastcgi_pass php; } } }", 60),
        ("http { server { location / { fastcgi_pass php; fastcgi_read_timeout 2m; } } }", 120),
        ("http { server { location / { fastcgi_pass php; } fastcgi_read_timeout 90s; } }", 90),
        (
            "http { fastcgi_read_timeout 10; server { location / { fastcgi_pass php;"
            " fastcgi_read_timeout 125s; } location /api { proxy_pass x; } } }",
            125,
        ),
        # A file that http includes.
        ("server { location / { fastcgi_pass php; } } http { fastcgi_read_timeout 30s; }", 30),
        ("http { server { location / { proxy_pass http://octane; } } }", None),
    ],
)
def test_the_time_that_nginx_waits_for_php_is_inherited(text: str, seconds: float | None) -> None:
    assert fastcgi_read_s(text) == seconds


ZONE = "limit_req_zone $binary_remote_addr zone=visitors:10m rate=10r/s;"
BY_VISITOR = "limit_req_zone $visitor zone=visitors:10m rate=10r/s;"


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        (f"http {{ {ZONE} server {{ limit_req zone=visitors burst=20 nodelay; }} }}", ["visitors"]),
        (
            "limit_conn_zone $remote_addr zone=a:1m; server { location / { limit_conn a 5; } }",
            ["a"],
        ),
        (f"http {{ {ZONE} }}", []),
        (f"{BY_VISITOR} limit_req zone=visitors;", []),
        (f"real_ip_header X-Forwarded-For; {ZONE} limit_req zone=visitors;", []),
        ("limit_req_zone $http_x_forwarded_for$remote_addr zone=a:1m; limit_req zone=a;", []),
    ],
)
def test_limits_that_count_the_load_balancer_are_found(text: str, zones: list[str]) -> None:
    assert limits_by_peer(text) == zones


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("error_log stderr error; http { server { listen 80; } }", []),
        ("error_log /dev/stderr; http { error_log syslog:server=unix:/dev/log; }", []),
        (
            "error_log /var/log/nginx/error.log warn; http { server { error_log logs/a.log; } }",
            [("error_log", "/var/log/nginx/error.log"), ("error_log", "logs/a.log")],
        ),
        ("# error_log /var/log/nginx/error.log;", []),
        ("access_log off; access_log /dev/stdout json if=$loggable;", []),
        ("access_log /tmp/a.log main;", [("access_log", "/tmp/a.log")]),
    ],
)
def test_files_of_logs_are_told_from_the_output(text: str, files: list[tuple[str, str]]) -> None:
    assert logs(text) == files


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("http { server { location / { fastcgi_pass f; } } }", 1024 * 1024),
        ("http { client_max_body_size 16M; server { location / { fastcgi_pass f; } } }", 16 << 20),
        (
            "http { client_max_body_size 1m; server { location /a { client_max_body_size 8m;"
            " fastcgi_pass f; } location / { fastcgi_pass f; } } }",
            8 << 20,
        ),
        ("http { client_max_body_size 0; server { location / { fastcgi_pass f; } } }", None),
        ("http { client_max_body_size 500k; server { location / { proxy_pass http://f; } } }", 0),
    ],
)
def test_the_largest_request_that_reaches_php(text: str, limit: int | None) -> None:
    assert body_limit(text) == limit
