"""Conditions and actions that ELB refuses, or that fit no request, and their neighbours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.document import read_json
from harness.inputs.files import load_balancer, rule_checks
from harness.inputs.problem import InputError

FILE = Path(__file__).resolve().parents[4] / "app" / "ecs" / "load-balancer.json"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/tickets-web/6d0ecf831eec9f"
FORWARD = {"Type": "forward", "TargetGroupArn": GROUP}
HOST = {"Field": "host-header", "Values": ["www.shop.example"]}


def path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def with_config(field: str, name: str, **config: Any) -> dict[str, Any]:
    return {"Field": field, name: config}


def of_conditions(*conditions: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in rule_checks.of_rule({"Conditions": [*conditions]}, key="R")]


def of_actions(*actions: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in rule_checks.of_rule({"Actions": [*actions]}, key="R")]


def groups(*weights: int) -> dict[str, Any]:
    tuples = [{"TargetGroupArn": GROUP, "Weight": weight} for weight in weights]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples}}


def redirect(**config: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([], "R.Conditions is empty: ELB takes no rule without a condition"),
        (
            [path("/a", "/b", "/c", "/d"), {**HOST, "Values": ["a.example", "b.example"]}],
            "R.Conditions have 6 values together, and ELB takes 5 in a rule",
        ),
        (
            [path("/a"), path("/b")],
            'R.Conditions[1].Field is "path-pattern", as that of another condition: ELB takes'
            " one of it in a rule",
        ),
        ([{"Values": ["/a"]}], "R.Conditions[0].Field is missing"),
        (
            [{"Field": "path", "Values": ["/a"]}],
            'R.Conditions[0].Field is "path", which ELB does not know',
        ),
        (
            [{**HOST, "PathPatternConfig": {"Values": ["/a"]}}],
            'R.Conditions[0].PathPatternConfig is set, and Field is "host-header": ELB refuses the'
            " two together",
        ),
        (
            [path()],
            "R.Conditions[0].PathPatternConfig.Values has no value, and ELB takes none that is"
            " empty",
        ),
        (
            [path("")],
            "R.Conditions[0].PathPatternConfig.Values[0] is empty, and ELB takes no such value",
        ),
        (
            [path("api/*")],
            'R.Conditions[0].PathPatternConfig.Values[0] is "api/*", which no path-pattern has',
        ),
        ([path("/" + "a" * 128)], "R.Conditions[0].PathPatternConfig.Values[0] has 129 characters"),
        (
            [{**HOST, "Values": ["https://www.shop.example"]}],
            'R.Conditions[0].Values[0] is "https://www.shop.example", which no host-header has',
        ),
        (
            [with_config("http-request-method", "HttpRequestMethodConfig", Values=["get"])],
            'R.Conditions[0].HttpRequestMethodConfig.Values[0] is "get", which no'
            " http-request-method has",
        ),
        (
            [with_config("source-ip", "SourceIpConfig", Values=["300.1.1.1/40"])],
            'R.Conditions[0].SourceIpConfig.Values[0] is "300.1.1.1/40", which is no CIDR',
        ),
        (
            [with_config("source-ip", "SourceIpConfig", Values=["10.0.0.1"])],
            'R.Conditions[0].SourceIpConfig.Values[0] is "10.0.0.1", which is no CIDR',
        ),
        (
            [with_config("http-header", "HttpHeaderConfig", Values=["x"])],
            "R.Conditions[0].HttpHeaderConfig.HttpHeaderName is missing",
        ),
        (
            [with_config("query-string", "QueryStringConfig", Values=[{"Key": "a"}])],
            "R.Conditions[0].QueryStringConfig.Values[0].Value is missing, and ELB takes no"
            " parameter without it",
        ),
        (
            [with_config("path-pattern", "PathPatternConfig", RegexValues=["(["])],
            'R.Conditions[0].PathPatternConfig.RegexValues[0] is "([", which the load balancer here'
            " cannot read: unterminated character set at position 1",
        ),
    ],
)
def test_a_condition_that_elb_refuses(conditions: list[dict[str, Any]], said: str) -> None:
    assert of_conditions(*conditions) == [said]


@pytest.mark.parametrize(
    "conditions",
    [
        [path("/a", "*.php", "/c", "?x"), HOST],
        [{"Field": "path-pattern", "Values": ["/a"]}],
        [{**HOST, "Values": ["*.shop.example", "*"]}],
        [
            with_config("http-header", "HttpHeaderConfig", HttpHeaderName="X-A", Values=["1"]),
            with_config("http-header", "HttpHeaderConfig", HttpHeaderName="X-B", Values=["1"]),
        ],
        [with_config("source-ip", "SourceIpConfig", Values=["10.0.0.0/8", "2001:db8::/32"])],
        [with_config("path-pattern", "PathPatternConfig", RegexValues=["^/api/[a-z]+$"])],
        [with_config("query-string", "QueryStringConfig", Values=[{"Value": "*"}])],
        [with_config("http-request-method", "HttpRequestMethodConfig", Values=["GET", "POST"])],
    ],
)
def test_conditions_that_elb_takes(conditions: list[dict[str, Any]]) -> None:
    assert of_conditions(*conditions) == []


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([], "R.Actions is empty: ELB takes no rule without an action"),
        (
            [FORWARD, FORWARD],
            "R.Actions have 2 actions that answer: ELB takes exactly one of forward, redirect,"
            " fixed-response",
        ),
        (
            [{"Type": "authenticate-oidc"}],
            "R.Actions have none that answers: ELB takes exactly one of forward, redirect,"
            " fixed-response",
        ),
        (
            [{**FORWARD, "Order": 1}, {"Type": "authenticate-oidc", "Order": 2}],
            "R.Actions go on after forward: ELB takes it as the last",
        ),
        ([{"Type": "forward"}], "R.Actions[0].TargetGroupArn is missing: nobody would answer"),
        (
            [groups(1, 1, 1, 1, 1, 1)],
            "R.Actions[0].ForwardConfig.TargetGroups are 6, and ELB takes 5 in an action",
        ),
        ([groups(1000)], "R.Actions[0].ForwardConfig.TargetGroups[0].Weight is 1000"),
        (
            [{**groups(1), "TargetGroupArn": f"{GROUP}0"}],
            "R.Actions[0].TargetGroupArn is set, and ForwardConfig names another: ELB refuses the"
            " two together",
        ),
        (
            [
                {
                    "Type": "forward",
                    "ForwardConfig": {
                        **groups(1)["ForwardConfig"],
                        "TargetGroupStickinessConfig": {"Enabled": True},
                    },
                }
            ],
            "R.Actions[0].ForwardConfig.TargetGroupStickinessConfig.DurationSeconds is missing, and"
            " groups are to be sticky",
        ),
        (
            [{"Type": "fixed-response"}],
            "R.Actions[0].FixedResponseConfig is missing, and ELB takes no fixed-response without"
            " it",
        ),
        (
            [{"Type": "fixed-response", "FixedResponseConfig": {"ContentType": "text/markdown"}}],
            'R.Actions[0].FixedResponseConfig.ContentType is "text/markdown", which ELB does not'
            " answer with",
        ),
        ([redirect(Port="99999")], 'R.Actions[0].RedirectConfig.Port is "99999"'),
        (
            [redirect(Path="new")],
            'R.Actions[0].RedirectConfig.Path is "new", and ELB takes an absolute path',
        ),
        (
            [redirect(Query="a=1")],
            "R.Actions[0].RedirectConfig changes neither protocol, host, port nor path: the"
            " redirect would lead to itself",
        ),
    ],
)
def test_an_action_that_elb_refuses(actions: list[dict[str, Any]], said: str) -> None:
    assert of_actions(*actions) == [said]


@pytest.mark.parametrize(
    "actions",
    [
        [{"Type": "authenticate-oidc", "Order": 1}, {**FORWARD, "Order": 2}],
        [{"Type": "authenticate-oidc"}, FORWARD],
        [{**FORWARD, **groups(1)}],
        [groups(0, 999)],
        [redirect(Port="#{port}", Protocol="HTTPS", Host="www.shop.example")],
        [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    ],
)
def test_actions_that_elb_takes(actions: list[dict[str, Any]]) -> None:
    assert of_actions(*actions) == []


def rejected(tmp_path: Path, **changes: Any) -> str:
    raw = {**json.loads(FILE.read_text()), **changes}
    changed = tmp_path / "load-balancer.json"
    changed.write_text(json.dumps(raw))
    with pytest.raises(InputError) as refused:
        load_balancer.load_balancer(read_json(changed))
    return str(refused.value)


def test_the_files_rules_and_listeners_are_judged(tmp_path: Path) -> None:
    raw = json.loads(FILE.read_text())
    rule, secure = raw["Rules"][0], raw["Listeners"][0]
    assert "Rules[0].Conditions is empty" in rejected(tmp_path, Rules=[{**rule, "Conditions": []}])
    bare = {**secure, "DefaultActions": [{"Type": "forward"}]}
    assert "DefaultActions[0].TargetGroupArn is missing" in rejected(tmp_path, Listeners=[bare])
    assert "Rules is null, and must be a list" in rejected(tmp_path, Rules=None)
    assert "Listeners is no list of objects" in rejected(tmp_path, Listeners=None)


def test_listeners_with_one_port_and_certificates_that_are_none(tmp_path: Path) -> None:
    secure = json.loads(FILE.read_text())["Listeners"][0]
    assert "Listeners[1].Port is 443, as that of another" in rejected(
        tmp_path, Listeners=[secure, secure]
    )
    (own,) = secure["Certificates"]
    two = {**secure, "Certificates": [own, own]}
    assert "Certificates has 2, and CreateListener takes one" in rejected(tmp_path, Listeners=[two])
    for arn in ("shop", "arn:aws:s3:::shop"):
        other = {**secure, "Certificates": [{"CertificateArn": arn}]}
        assert f'is "{arn}", which is no ARN of a certificate' in rejected(
            tmp_path, Listeners=[other]
        )


def rewrite(kind: str, config: str, *expressions: str) -> dict[str, Any]:
    return {
        "Type": kind,
        config: {
            "Rewrites": [{"Regex": expression, "Replace": "/$1"} for expression in expressions]
        },
    }


URL = ("url-rewrite", "UrlRewriteConfig")


@pytest.mark.parametrize(
    ("transforms", "found"),
    [
        (
            [rewrite(*URL, "^/a"), rewrite(*URL, "^/b")],
            'R.Transforms[1].Type is "url-rewrite", as that of another one',
        ),
        ([rewrite(*URL)], "R.Transforms[0] has 0 Rewrites in UrlRewriteConfig, and ELB takes one"),
        (
            [rewrite("host-header-rewrite", "UrlRewriteConfig", "a")],
            "R.Transforms[0] has 0 Rewrites in HostHeaderRewriteConfig",
        ),
        (
            [rewrite(*URL, "^/(?!api)")],
            "R.Transforms[0].UrlRewriteConfig.Rewrites[0].Regex has (?!, and ELB reads no",
        ),
        ([rewrite(*URL, "^/(")], "Rewrites[0].Regex is no regular expression: "),
    ],
)
def test_transforms_that_elb_refuses(transforms: list[dict[str, Any]], found: str) -> None:
    (problem,) = [str(o) for o in rule_checks.of_rule({"Transforms": transforms}, key="R")]
    assert found in problem


def test_a_transform_of_each_kind_is_fine() -> None:
    host = rewrite("host-header-rewrite", "HostHeaderRewriteConfig", "^(.+)$")
    transforms = [rewrite(*URL, r"^/api/(\d+)$"), host]
    assert [*rule_checks.of_rule({"Transforms": transforms}, key="R")] == []
