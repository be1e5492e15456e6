"""Names of the app's domain that ASSET_URL leads visitors to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import between_files, public_names
from harness.inputs.production import Production


def texts(
    app: Production,
    url: str,
    *,
    foreign: tuple[str, ...] = (),
    name: str = "ASSET_URL",
    **others: str,
) -> list[str]:
    web = app.services["web"]
    raw: dict[str, Any] = {**web.definition.raw}
    (container,) = raw["containerDefinitions"]
    variables = {name: url, **others}
    rest = [entry for entry in container["environment"] if entry["name"] not in variables]
    environment = [*rest, *({"name": key, "value": value} for key, value in variables.items())]
    raw["containerDefinitions"] = [{**container, "environment": environment}]
    service = replace(web, definition=replace(web.definition, raw=raw))
    config = replace(app.config, foreign=foreign)
    changed = replace(app, services={**app.services, "web": service}, config=config)
    return [
        f"{problem.key} {problem.message}"
        for rule in public_names.CHECKS
        for problem in rule(changed)
    ]


@pytest.mark.parametrize(
    ("path", "is_writable"),
    [
        ("/srv/app/compiled", False),
        ("/srv/app/storage/views", True),
        ("/tmp/views", True),
        ("compiled", True),
    ],
)
def test_laravel_writes_where_it_may(app: Production, path: str, *, is_writable: bool) -> None:
    problems = texts(app, path, name="VIEW_COMPILED_PATH")
    assert bool(problems) != is_writable
    assert (
        "where the app may not write: app.writable has /srv/app/" in "".join(problems)
        or not problems
    )
    anywhere = replace(app, config=replace(app.config, declares_writable=False))
    assert texts(anywhere, path, name="VIEW_COMPILED_PATH") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://tickets.876events.example",
        "https://d111111abcdef8.cloudfront.net",
        "/static",
        "https://other.example",
        "",
    ],
)
def test_hosts_that_the_files_have_or_that_are_of_others(app: Production, url: str) -> None:
    assert texts(app, url) == []


def test_a_name_of_the_apps_domain_that_no_file_has(app: Production) -> None:
    (problem,) = texts(app, "https://static.876events.example/v2")
    assert "leads visitors to static.876events.example for styles, scripts and images" in problem
    assert texts(app, "https://static.876events.example", foreign=("static.876events.*",)) == []


@pytest.mark.parametrize(
    ("sender", "is_address"),
    [
        ("tickets@shop.example", True),
        ("tickets+web@shop.example", True),
        ("The Shop <tickets@shop.example>", False),
        ("tickets", False),
        ("a@shop.example, b@shop.example", False),
    ],
)
def test_the_sender_is_an_address_alone(app: Production, sender: str, is_address: bool) -> None:
    problems = texts(app, sender, name="MAIL_FROM_ADDRESS")
    assert [f'is "{sender}" (MAIL_FROM_ADDRESS)' in problem for problem in problems] == [True] * (
        not is_address
    )


@pytest.mark.parametrize(
    ("mailer", "port", "is_open"),
    [("smtp", "587", True), ("smtp", "2465", True), ("smtp", "25", False), ("ses", "25", True)],
)
def test_the_port_of_smtp_is_open_to_tasks(
    app: Production, mailer: str, port: str, is_open: bool
) -> None:
    host = "email-smtp.us-east-1.amazonaws.com"
    problems = texts(app, port, name="MAIL_PORT", MAIL_HOST=host, MAIL_MAILER=mailer)
    assert ["AWS closes port 25" in problem for problem in problems] == [True] * (not is_open)


def test_the_rules_are_applied_to_every_configuration() -> None:
    assert set(public_names.CHECKS) <= set(between_files.CHECKS)
