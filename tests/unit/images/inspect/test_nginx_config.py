"""How long nginx keeps connections, from its configuration."""

from __future__ import annotations

import pytest

from harness.images.inspect.nginx_config import fastcgi_read_s, keep_alive_s


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
