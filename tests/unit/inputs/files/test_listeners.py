"""Listeners with their rules, from the load balancer's file or assumed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.aws import listener_rules
from harness.inputs.checks import notes
from harness.inputs.files import listeners
from harness.inputs.production import Production

HOST = "tickets.876events.example"
HTTPS = "arn:aws:elasticloadbalancing:us-east-1:876000000876:listener/app/tickets/1/2"


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


def listeners_of(app: Production, **balancer: Any) -> list[tuple[int, list[int]]]:
    """Return the port of each listener, with the priorities of its rules."""
    changed = replace(app, load_balancer={"LoadBalancer": {"Name": "a"}, **balancer})
    all_listeners = listeners.of_production(changed)
    return [
        (listener.port, [rule["Priority"] for rule in listener.rules]) for listener in all_listeners
    ]


def test_without_listeners_the_usual_ones_are_assumed(app: Production) -> None:
    changed = replace(app, load_balancer={"LoadBalancer": {"Name": "a"}})
    https, http = listeners.of_production(changed)
    assert (https.protocol, https.port) == ("HTTPS", 443)
    assert https.create["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    (own,) = https.rules
    assert own["Conditions"][0]["HostHeaderConfig"] == {"Values": [HOST]}
    assert listener_rules.weights(own["Actions"][0]) == {"tickets-web": 1}
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
    assert listeners_of(app, Listeners=[https, http], Rules=rules) == [(443, []), (80, [])]
    assert listeners_of(app, Listeners=named[1:], Rules=rules[:1]) == [(80, [])]


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
    groups = listeners.target_groups(changed)
    assert [*groups] == ["tickets-web", "api", "blog"]
    assert (groups["api"], groups["blog"]["TargetType"]) == (api, "ip")


def test_the_app_gets_the_share_of_groups_that_nothing_is_behind(app: Production) -> None:
    groups = [
        {"TargetGroupArn": forward(name)[0]["TargetGroupArn"], "Weight": weight}
        for name, weight in (("tickets-web", 90), ("canary", 10), ("old", 0))
    ]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": [action]}
    balancer = {"LoadBalancer": {"Name": "a"}, "Listeners": [https]}
    changed = replace(app, load_balancer=balancer)
    (listener,) = listeners.of_production(changed)
    (listener_action,) = listener.actions
    assert listener_rules.weights(listener_action) == {"tickets-web": 90, "canary": 0, "old": 0}
    assert listeners.left_out(changed) == ["canary"]
    assert [*notes.of_listeners(changed)] == [
        "ecs.load_balancer: canary has a share of the visitors, and no service here is behind it:"
        " the others get all"
    ]


def test_a_request_is_led_to_the_groups_of_its_host() -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "ListenerArn": HTTPS}
    rules = [rule(1, "admin", host="admin.example"), rule(2, "web", host="www.example")]
    balancer = {"Listeners": [{**https, "DefaultActions": forward("rest")}], "Rules": rules}
    for host, group in (("www.example", "web"), ("admin.example", "admin"), ("b.example", "rest")):
        assert listeners.groups_of(balancer, listener_rules.Request(host)) == {group}
    assert listeners.groups_of({"Rules": rules}, listener_rules.Request("www.example")) == {"web"}
    assert listeners.groups_of({}, listener_rules.Request("www.example")) == set()


def test_hosts_of_rules_belong_to_the_groups_that_they_lead_to(app: Production) -> None:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": forward("tickets-web")}
    rules = [rule(1, "admin", host="admin.example"), rule(2, "admin", host="*.example")]
    balancer = {"LoadBalancer": {"Name": "a"}, "Listeners": [https], "Rules": rules}
    hosts = listeners.hosts_by_group(replace(app, load_balancer=balancer))
    assert hosts["admin"] == {"admin.example"}
