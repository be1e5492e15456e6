"""Listeners and rules that lead visitors to other target groups, and harmless ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import listeners, production
from harness.inputs.production import Production

ROOT = Path(__file__).resolve().parents[3]
HOST = "tickets.876events.example"
HTTPS = "arn:aws:elasticloadbalancing:us-east-1:876000000876:listener/app/tickets/1/2"


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)


def forward(group: str, **more: Any) -> list[dict[str, Any]]:
    arn = f"arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/{group}/6d0e"
    return [{"Type": "forward", "TargetGroupArn": arn, **more}]


def rule(priority: int, group: str, *, host: str = "", path: str = "") -> dict[str, Any]:
    conditions: list[dict[str, Any]] = []
    if host:
        conditions.append({"Field": "host-header", "HostHeaderConfig": {"Values": [host]}})
    if path:
        conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}})
    return {
        "ListenerArn": HTTPS,
        "Priority": priority,
        "Conditions": conditions,
        "Actions": forward(group),
    }


def texts(app: Production, *, rules: list[dict[str, Any]], default: str) -> list[str]:
    listener = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": forward(default)}
    balancer = {**app.load_balancer, "Listeners": [listener], "Rules": rules}
    changed = replace(app, load_balancer=balancer)
    return [f"{one.key} {one.message}; {one.hint}" for one in listeners.problems(changed)]


@pytest.mark.parametrize(
    "rules",
    [
        [rule(1, "old", host=HOST)],
        [rule(1, "old", host="*.876events.example")],
        [rule(9, "tickets-web", host=HOST), rule(1, "old", host=HOST)],
    ],
)
def test_a_rule_that_leads_the_public_host_elsewhere_is_named(
    app: Production, rules: list[dict[str, Any]]
) -> None:
    (text,) = texts(app, rules=rules, default="tickets-web")
    assert text == (
        f'Rules[{len(rules) - 1}].Actions lead {HOST} to "old", and ecs.target_group has'
        ' "tickets-web": no visitor would reach the tasks; forward to tickets-web in this rule, or'
        " name its target group in ecs.target_group"
    )


def test_a_listener_that_leads_elsewhere_by_default_and_by_its_rules_is_named(
    app: Production,
) -> None:
    assert texts(app, rules=[rule(1, "api", path="/api/*")], default="old") == [
        'Listeners[0].DefaultActions lead to "old", and neither they nor a rule to "tickets-web" of'
        " ecs.target_group: no visitor would reach the tasks; forward to tickets-web, or name the"
        " listener's target group in ecs.target_group"
    ]


@pytest.mark.parametrize(
    ("rules", "default"),
    [
        ([], "old"),
        ([], "tickets-web"),
        ([rule(5, "tickets-web", host=HOST)], "old"),
        ([rule(1, "api", host=HOST, path="/api/*")], "tickets-web"),
        ([rule(1, "api", path="/api/*")], "tickets-web"),
        ([rule(1, "admin", host="admin.876events.example")], "tickets-web"),
        ([rule(1, "tickets-web", host=HOST), rule(9, "old", host=HOST)], "old"),
        ([rule(1, "tickets-web", path="/*")], "old"),
        ([rule(1, "a", host=HOST), {**rule(1, "b"), "ListenerArn": "another"}], "tickets-web"),
    ],
)
def test_rules_and_defaults_that_may_lead_to_the_app_are_none(
    app: Production, rules: list[dict[str, Any]], default: str
) -> None:
    assert texts(app, rules=rules, default=default) == []


def test_a_target_group_of_weight_zero_has_no_visitors(app: Production) -> None:
    arns = [forward(name)[0]["TargetGroupArn"] for name in ("tickets-web", "old")]
    groups = [
        {"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(arns, (0, 1), strict=True)
    ]
    weighted = {**rule(1, "x", host=HOST)}
    weighted["Actions"] = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    (text,) = texts(app, rules=[weighted], default="tickets-web")
    assert f'lead {HOST} to "old"' in text


def listeners_of(app: Production, **balancer: Any) -> list[tuple[int, list[int]]]:
    """Return the port of each listener, with the priorities of its rules."""
    changed = replace(app, load_balancer={"LoadBalancer": {"Name": "a"}, **balancer})
    found = listeners.of_production(changed)
    return [(one.port, [rule["Priority"] for rule in one.rules]) for one in found]


def test_without_listeners_the_usual_ones_are_assumed(app: Production) -> None:
    changed = replace(app, load_balancer={"LoadBalancer": {"Name": "a"}})
    https, http = listeners.of_production(changed)
    assert (https.protocol, https.port) == ("HTTPS", 443)
    assert https.create["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    (own,) = https.rules
    assert own["Conditions"][0]["HostHeaderConfig"] == {"Values": [HOST]}
    assert listeners.forwarded(own["Actions"]) == ["tickets-web"]
    assert (http.protocol, http.port) == ("HTTP", 80)
    assert http.create["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert listeners_of(app, Rules=[rule(3, "api", path="/api/*")]) == [
        (443, [3, 50_000]),
        (80, []),
    ]


def test_rules_belong_to_the_listener_that_they_name(app: Production) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": forward("tickets-web")}
    http = {"Protocol": "HTTP", "Port": 80, "DefaultActions": forward("tickets-web")}
    named = [{**https, "ListenerArn": HTTPS}, {**http, "ListenerArn": "http"}]
    rules = [rule(1, "api", path="/a"), {**rule(2, "api", path="/a"), "ListenerArn": "http"}]
    assert listeners_of(app, Listeners=named, Rules=rules) == [(443, [1]), (80, [2])]
    assert listeners_of(app, Listeners=[https, http], Rules=rules[:1]) == [(443, [1]), (80, [])]


def test_a_file_without_rules_may_lack_the_one_that_leads_to_the_app(app: Production) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": forward("old")}
    assert listeners_of(app, Listeners=[https]) == [(443, [50_000])]
    assert listeners_of(app, Listeners=[https], Rules=[]) == [(443, [])]
    own = {**https, "DefaultActions": forward("tickets-web")}
    assert listeners_of(app, Listeners=[own]) == [(443, [])]


def test_groups_of_no_file_have_no_more_than_their_names(app: Production) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": forward("tickets-web")}
    others = {
        "Listeners": [https],
        "Rules": [rule(1, "api", path="/a"), rule(2, "blog", path="/b")],
    }
    api = {"Name": "api", "Port": 9000, "Protocol": "HTTP", "TargetType": "ip"}
    changed = replace(
        app,
        load_balancer={"LoadBalancer": {"Name": "a"}, **others},
        target_group={**app.target_group, "TargetGroups": [api]},
    )
    found = listeners.target_groups(changed)
    assert [*found] == ["tickets-web", "api", "blog"]
    assert (found["api"], found["blog"]["TargetType"]) == (api, "ip")
