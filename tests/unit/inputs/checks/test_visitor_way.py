"""Listeners and rules that keep visitors from the app's pages, and harmless ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import visitor_way
from harness.inputs.production import Production
from tests.unit.inputs.files.test_listeners import HOST, forward, rule

PAGES = f"https://{HOST}/login"
TO_HTTPS = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
WWW = {"StatusCode": "HTTP_301", "Host": "www.#{host}"}


def redirect(**config: str) -> list[dict[str, Any]]:
    return [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}]


def fixed(status: int) -> list[dict[str, Any]]:
    return [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": str(status)}}]


def weighted(**weights: int) -> list[dict[str, Any]]:
    groups = [
        {"TargetGroupArn": forward(name.replace("_", "-"))[0]["TargetGroupArn"], "Weight": weight}
        for name, weight in weights.items()
    ]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def answers(
    number: int, actions: list[dict[str, Any]], *, path: str = "", host: str = "", **more: Any
) -> dict[str, Any]:
    return {**rule(number, "x", path=path, host=host), "Actions": actions, **more}


def texts(
    app: Production, *rules: dict[str, Any], default: list[dict[str, Any]] | None = None
) -> list[str]:
    """Return each problem: its key, message and hint."""
    https = {
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": default or forward("tickets-web"),
        "ListenerArn": rule(1, "x")["ListenerArn"],
    }
    http = {
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": redirect(**TO_HTTPS),
        "ListenerArn": "http",
    }
    balancer = {**app.load_balancer, "Listeners": [https, http], "Rules": [*rules]}
    changed = replace(app, load_balancer=balancer)
    return [
        f"{problem.key} {problem.message}; {problem.hint}"
        for problem in visitor_way.problems(changed)
    ]


FAULTS: tuple[tuple[str, list[dict[str, Any]], str], ...] = (
    (
        "a rule leads the public host elsewhere",
        [rule(1, "old", host=HOST)],
        f'Rules[0].Actions lead {PAGES} to "old", and ecs.target_group has "tickets-web": no'
        " visitor would reach the tasks; forward tickets.876events.example to tickets-web there,"
        " or take /login out of the rule's conditions, or name another page in app.pages.public",
    ),
    (
        "with a wildcard",
        [rule(1, "old", host="*.876EVENTS.example")],
        f'Rules[0].Actions lead {PAGES} to "old"',
    ),
    (
        "the first by priority decides",
        [rule(9, "tickets-web", host=HOST), rule(1, "old", host=HOST)],
        f'Rules[1].Actions lead {PAGES} to "old"',
    ),
    (
        "a maintenance page is left from the switch",
        [answers(1, fixed(503), path="/*")],
        f"Rules[0].Actions answer {PAGES} with a fixed 503: no visitor",
    ),
    (
        "a page is taken by a rule for others",
        [answers(5, fixed(404), path="/orders*")],
        f"Rules[0].Actions answer https://{HOST}/orders with a fixed 404",
    ),
    (
        "the probe is taken",
        [answers(5, fixed(403), path="/_*")],
        f"Rules[0].Actions answer https://{HOST}/_probe/v1/whoami with a fixed 403: no visitor"
        " would reach the tasks; forward tickets.876events.example to tickets-web there, or take"
        " /_probe/v1/whoami out of the rule's conditions, or have the probe below a path that is"
        " forwarded, by probe.path",
    ),
    (
        "the live group has no weight",
        [answers(1, weighted(tickets_web=0, old=100), path="/*")],
        f'Rules[0].Actions give "tickets-web" of ecs.target_group the weight 0 for {PAGES}',
    ),
    (
        "the only group has none",
        [answers(1, weighted(tickets_web=0), path="/*")],
        f'Rules[0].Actions give "tickets-web" of ecs.target_group the weight 0 for {PAGES}',
    ),
    (
        "https is redirected to https",
        [answers(1, redirect(**TO_HTTPS), path="/*")],
        f"Rules[0].Actions redirect {PAGES} in a circle",
    ),
    (
        "each redirect makes the path longer",
        [answers(1, redirect(Path="/shop/#{path}"), path="/*")],
        f"Rules[0].Actions redirect {PAGES} in a circle",
    ),
    (
        "a host leads to another",
        [answers(1, redirect(Host="www.#{host}"), host=HOST)],
        f"Rules[0].Actions redirect {PAGES} to www.{HOST}, and app.url has {HOST}",
    ),
    (
        "a redirect leads to a port without a listener",
        [answers(1, redirect(Port="8443"), path="/*")],
        f"Rules[0].Actions redirect {PAGES} to HTTPS on port 8443, where no listener is",
    ),
    (
        "https leads to http",
        [answers(1, redirect(Protocol="HTTP", Port="80"), path="/*")],
        'Rules[0].Actions[0].RedirectConfig.Protocol is "HTTP", and AWS takes no redirect from'
        ' HTTPS to HTTP; write "HTTPS", or leave it out',
    ),
    (
        "a rule of plain http leads to it on the port of https",
        [answers(1, redirect(Port="443"), host=HOST, ListenerArn="http")],
        f"Rules[0].Actions redirect http://{HOST}/login to http, and the listener on port 443",
    ),
    (
        "a rule of plain http loses the page",
        [answers(1, redirect(**TO_HTTPS, Path="/"), host=HOST, ListenerArn="http")],
        f"Rules[0].Actions redirect http://{HOST}/login?from=poster to https://{HOST}:443/",
    ),
)


@pytest.mark.parametrize(
    ("rules", "text"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_rule_that_keeps_visitors_out_is_named_once(
    app: Production, rules: list[dict[str, Any]], text: str
) -> None:
    (problem,) = texts(app, *rules)
    assert problem.startswith(text)


@pytest.mark.parametrize(
    ("rules", "default", "text"),
    [
        ([], forward("old"), f'lead {PAGES} to "old"'),
        ([rule(1, "api", path="/api/*")], forward("old"), f'lead {PAGES} to "old"'),
        (
            [rule(1, "tickets-web", host=f"www.{HOST}")],
            fixed(404),
            f"answer {PAGES} with a fixed 404",
        ),
        ([rule(1, "tickets-web", path="/login")], fixed(404), "answer https://tickets"),
    ],
)
def test_a_default_action_that_keeps_visitors_out_is_named(
    app: Production, rules: list[dict[str, Any]], default: list[dict[str, Any]], text: str
) -> None:
    (problem,) = texts(app, *rules, default=default)
    assert problem.startswith(f"Listeners[0].DefaultActions {text}")
    remedy = f"; add a rule that forwards {HOST} to tickets-web, or correct the conditions of yours"
    assert f"{remedy}, or name another page in app.pages.p" in problem


@pytest.mark.parametrize("host", ["www.876events.example", "#{host}"])
def test_a_default_redirect_to_another_host_is_named(app: Production, host: str) -> None:
    listeners = json.loads(json.dumps(app.load_balancer["Listeners"]))
    listeners[1]["DefaultActions"] = redirect(**TO_HTTPS, Host=host)
    changed = replace(app, load_balancer={**app.load_balancer, "Listeners": listeners})
    problems = [
        f"{problem.key} {problem.message}; {problem.hint}"
        for problem in visitor_way.problems(changed)
    ]
    assert problems == [
        f"Listeners[1].DefaultActions redirect http://{HOST}/login to {host}, and app.url has"
        f" {HOST}; leave RedirectConfig.Host out, or write #{{host}}"
    ] * (host != "#{host}")


@pytest.mark.parametrize(
    ("rules", "default"),
    [
        ([], forward("tickets-web")),
        ([rule(5, "tickets-web", host=HOST)], forward("old")),
        ([rule(1, "api", host=HOST, path="/api/*")], forward("tickets-web")),
        ([rule(1, "admin", host="admin.876events.example")], forward("tickets-web")),
        ([rule(1, "tickets-web", host=HOST), rule(9, "old", host=HOST)], forward("old")),
        ([rule(1, "tickets-web", path="/*")], forward("old")),
        ([answers(1, fixed(403), path="/wp-admin*")], forward("tickets-web")),
        ([answers(1, redirect(Host=HOST), host="876events.example")], forward("tickets-web")),
        ([answers(1, redirect(Path="/events/1"), path="/summer")], forward("tickets-web")),
        ([answers(1, weighted(tickets_web=100, old=0), path="/*")], fixed(404)),
        ([answers(1, weighted(tickets_web=90, old=10), path="/*")], fixed(404)),
        ([rule(1, "tickets-web", host=HOST)], redirect(Host=HOST)),
        ([answers(1, redirect(**TO_HTTPS), path="/*", ListenerArn="http")], forward("tickets-web")),
    ],
)
def test_rules_that_lead_to_the_app_are_none(
    app: Production, rules: list[dict[str, Any]], default: list[dict[str, Any]]
) -> None:
    assert texts(app, *rules, default=default) == []


def test_the_probe_of_an_app_below_a_path_is_asked_for_there(app: Production) -> None:
    assert app.config.probe is not None
    probe = app.config.probe.model_copy(update={"path": "/shop"})
    below = replace(app, config=replace(app.config, probe=probe))
    assert texts(below, answers(5, fixed(403), path="/_*")) == []
    (text,) = texts(below, answers(5, fixed(403), path="/shop/_*"))
    assert f"answer https://{HOST}/shop/_probe/v1/whoami with a fixed 403" in text


def test_a_rule_that_keeps_forms_out_is_named(app: Production) -> None:
    method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}
    listener_rule = rule(1, "tickets-web", host=HOST)
    listener_rule["Conditions"].append(method)
    (text,) = texts(app, listener_rule, default=fixed(404))
    assert text.startswith(f"Listeners[0].DefaultActions answer POST https://{HOST}/_probe")
    assert text.endswith(
        ": no form would reach the tasks, and GET does; add POST to the http-request-method of the"
        " rule that forwards /_probe/v1/whoami"
    )
    method["HttpRequestMethodConfig"]["Values"].append("POST")  # type: ignore[index]
    assert texts(app, listener_rule, default=fixed(404)) == []


def test_a_forward_to_no_target_group_is_named(app: Production) -> None:
    nowhere = [{"Type": "forward", "TargetGroupArn": "tickets-web"}]
    (text,) = texts(app, default=nowhere)
    assert text.startswith(
        'Listeners[0].DefaultActions forward to "tickets-web", which is no ARN of a target group'
    )
    groups = [{"TargetGroupArn": "arn:aws:x"}]
    shared = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    (text,) = texts(app, answers(1, shared, path="/a"))
    assert text.startswith('Rules[0].Actions forward to "arn:aws:x"')


def test_rules_of_listeners_that_are_not_known_are_not_judged(app: Production) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": fixed(404)}
    rules = [rule(1, "old", host=HOST), {**rule(1, "old", host=HOST), "ListenerArn": "another"}]
    balancer = {**app.load_balancer, "Listeners": [https], "Rules": rules}
    assert [*visitor_way.problems(replace(app, load_balancer=balancer))] == []
