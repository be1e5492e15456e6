"""Conditions, priorities, weights and redirects of listeners; the edge's JavaScript agrees."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness.aws import listener_rules as rules
from harness.aws.listener_rules import Request
from harness.standins.control.agent import edge_rules
from harness.standins.control.state.model import Listener
from tests.unit.aws.listener_rule_cases import CASES, LOCATIONS, at, one

RULES_JS = Path(__file__).resolve().parents[3] / "compose/edge/etc/nginx/njs/rules.js"
NODE = shutil.which("node")
ARN = "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/{}/6d0ecf831eec9f09"


def forward(*names: str, weight: int | None = None) -> dict[str, Any]:
    if len(names) == 1 and weight is None:
        return {"Type": "forward", "TargetGroupArn": ARN.format(names[0])}
    groups = [{"TargetGroupArn": ARN.format(name), "Weight": weight or 0} for name in names]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def listener(*given: dict[str, Any], **raw: Any) -> Listener:
    https = {"Port": 443, "Protocol": "HTTPS", "DefaultActions": [forward("web")], **raw}
    return Listener(arn="l", load_balancer_arn="b", raw=https, rules=list(given))


def node(script: str, given: Any, tmp_path: Path) -> Any:
    """Run a script that has the edge's module as ``rules`` and a value as ``given``."""
    if NODE is None:
        pytest.skip("not covered: there is no Node")
    module = tmp_path / "rules.mjs"
    module.write_text(RULES_JS.read_text())
    text = f'import rules from "{module}";\nconst given = {json.dumps(given)};\n{script}'
    done = subprocess.run(
        [NODE, "--input-type=module", "-"], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("given", "request_", "holds"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_rule_takes_requests_by_its_conditions(
    given: list[dict[str, Any]], request_: Request, *, holds: bool
) -> None:
    rule = rules.rule({"Priority": 1, "Conditions": given})
    assert rule.takes(request_) is holds


def test_the_edge_takes_the_same_requests(tmp_path: Path) -> None:
    written = [
        {
            "rules": json.loads(
                edge_rules.render([listener({"Priority": "1", "Conditions": conditions})])
            )["443"]["rules"],
            "request": asdict(request),
        }
        for _, conditions, request, _ in CASES
    ]
    decide = "(one) => rules.decide(one.rules, one.request).priority"
    script = f"console.log(JSON.stringify(given.map({decide})))"
    decisions = node(script, written, tmp_path)
    priorities = {name: "1" if holds else "default" for name, _, _, holds in CASES}
    assert dict(zip(priorities, decisions, strict=True)) == priorities


@pytest.mark.parametrize(("config", "request_", "wanted"), LOCATIONS)
def test_a_redirect_keeps_all_that_it_does_not_name(
    config: dict[str, str], request_: Request, wanted: str, tmp_path: Path
) -> None:
    assert str(rules.location(config, request_, protocol="HTTP", port=80)) == wanted
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}
    written = json.loads(edge_rules.render([listener(DefaultActions=[action])]))
    action = written["443"]["rules"][0]["action"]
    assert (action["type"], action["status"]) == ("redirect", 301)
    script = 'console.log(JSON.stringify(rules.location(given[0], given[1], "HTTP", 80)))'
    assert node(script, [action, asdict(request_)], tmp_path) == wanted


@pytest.mark.parametrize(
    ("kind", "expression", "replacement", "request_", "wanted"),
    [
        (
            "host-header-rewrite",
            "^shop-(.+).com$",
            "$1.internal",
            at("/", host="shop-a.com"),
            "a.internal",
        ),
        ("host-header-rewrite", "^other$", "x", at("/"), ""),
        ("url-rewrite", "^/api/(.*)", "/$1", at("/api/v1", query="a=1"), "/v1?a=1"),
        ("url-rewrite", "id=(\\d+)$", "n=$1", at("/x", query="id=7"), "/x?n=7"),
        ("url-rewrite", "^/y", "/z", at("/x"), ""),
    ],
)
def test_a_transform_rewrites_host_or_url(
    kind: str, expression: str, replacement: str, request_: Request, wanted: str, tmp_path: Path
) -> None:
    config = {"Rewrites": [{"Regex": expression, "Replace": replacement}]}
    transform = {"Type": kind, rules.TRANSFORM_CONFIGS[kind]: config}
    rule = {
        "Priority": "1",
        "Conditions": one("path-pattern", "/*"),
        "Actions": [forward("web")],
        "Transforms": [transform],
    }
    written = json.loads(edge_rules.render([listener(rule)]))["443"]["rules"]
    script = "console.log(JSON.stringify(rules.rewritten(given[0][0].transforms, given[1])))"
    rewrite = node(script, [written, asdict(request_)], tmp_path)
    assert rewrite == {"host": "", "uri": ""} | {
        "host" if kind == rules.HOST_REWRITE else "uri": wanted
    }
    assert written[1]["transforms"] == []


def test_the_lowest_priority_decides_and_the_default_is_last() -> None:
    path_rules = [
        rules.rule({"Priority": number, "Conditions": one("path-pattern", path)})
        for number, path in ((20, "/*"), ("3", "/a*"), (10, "/ab"))
    ]
    last = rules.default([forward("web")])
    for path, priority in (("/ab", "3"), ("/b", "20")):
        rule = rules.decide([last, *path_rules], at(path))
        assert rule is not None
        assert rule.priority == priority
    rule = rules.decide([last, path_rules[2]], at("/"))
    assert rule == last
    assert rules.decide(path_rules[2:], at("/")) is None


def test_weights_are_those_of_the_groups() -> None:
    assert rules.weights(forward("web")) == {"web": 1}
    assert rules.weights(forward("blue", "green", weight=5)) == {"blue": 5, "green": 5}
    assert rules.weights({"Type": "forward", "TargetGroupArn": "a"}) == {}
    single = {
        "Type": "forward",
        "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": ARN.format("web")}]},
    }
    assert rules.weights(single) == {"web": 1}


def test_the_edge_chooses_by_weight(tmp_path: Path) -> None:
    draws = [
        [{"a": 1, "b": 3}, 0.0],
        [{"a": 1, "b": 3}, 0.24],
        [{"a": 1, "b": 3}, 0.25],
        [{"a": 0, "b": 1}, 0.0],
        [{"a": 1, "b": 0}, 0.999],
        [{"a": 0, "b": 0}, 0.5],
        [{}, 0.5],
    ]
    script = "console.log(JSON.stringify(given.map((one) => rules.choose(one[0], one[1]))))"
    assert node(script, draws, tmp_path) == ["a", "a", "b", "b", "a", "", ""]


def test_an_action_that_signs_in_users_comes_before_the_one_that_answers() -> None:
    signs_in = {"Type": "authenticate-oidc", "Order": 1}
    rule = rules.default([signs_in, {**forward("web"), "Order": 2}])
    assert rule.action["Type"] == "forward"


def test_the_edge_gets_fixed_answers_and_stickiness_as_data() -> None:
    body = '"; } return 200; # </script>'
    fixed = {
        "Type": "fixed-response",
        "FixedResponseConfig": {
            "StatusCode": "503",
            "MessageBody": body,
            "ContentType": "text/html",
        },
    }
    sticky = forward("blue", "green", weight=1)
    sticky["ForwardConfig"]["TargetGroupStickinessConfig"] = {
        "Enabled": True,
        "DurationSeconds": 60,
    }
    rule = {"Priority": "2", "Conditions": one("path-pattern", "/*"), "Actions": [sticky]}
    config = json.loads(edge_rules.render([listener(rule, DefaultActions=[fixed])]))["443"]
    assert [entry["action"] for entry in config["rules"]] == [
        {"type": "forward", "groups": {"blue": 1, "green": 1}, "sticky_s": 60},
        {"type": "fixed-response", "status": 503, "content_type": "text/html", "body": body},
    ]
