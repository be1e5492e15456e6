"""Values of a task definition, however they are written."""

from __future__ import annotations

import pytest

from scenarios.test_definitions import (
    formatter_cause,
    takes_any_status,
    without_port,
    without_quotes,
)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://shop.example", "https://shop.example"),
    ],
)
def test_the_port_that_https_has_anyway_makes_no_difference(url: str, same: str) -> None:
    assert without_port(url) == same


def test_quotes_of_a_dotenv_file_are_no_part_of_a_value() -> None:
    assert without_quotes('"production"') == without_quotes("'production'") == "production"
    assert without_quotes("\"production'") == "\"production'"


@pytest.mark.parametrize(
    ("command", "blind"),
    [
        ("curl -f http://localhost/up || exit 1", False),
        ("curl -sSf http://localhost/up", False),
        ("curl --silent --fail http://localhost/up", False),
        ("curl --fail-with-body http://localhost/up", False),
        ("curl -s -o /dev/null -w '%{http_code}' http://localhost/up | grep 200", False),
        ("curl -s http://localhost/up | grep -q ok", False),
        ("wget -q -O- http://localhost/up", False),
        ("php artisan about", False),
        ("curl -s http://localhost/up || exit 1", True),
        ("curl http://localhost/fpm-file", True),
        ("test -e /tmp/a && curl --silent http://localhost/up", True),
    ],
)
def test_a_curl_that_judges_no_status_is_known(command: str, blind: bool) -> None:
    assert takes_any_status(["CMD-SHELL", command]) is blind


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (r"Monolog\Formatter\JsonFormatter", ""),
        (r"\Monolog\Formatter\LogstashFormatter", ""),
        (r"App\Logging\OneLine", ""),
        (r"Monolog\Formatter\LineFormatter", "is LineFormatter, which spreads a stack trace"),
        (r"Monolog\Formatter\JsonFormater", "which Monolog does not have"),
        (r"Monolog\\Formatter\\JsonFormatter", "which Monolog does not have"),
    ],
)
def test_a_log_formatter_that_cloudwatch_logs_can_use(name: str, words: str) -> None:
    cause = formatter_cause("worker", name)
    assert words in cause
    assert bool(cause) == bool(words)
