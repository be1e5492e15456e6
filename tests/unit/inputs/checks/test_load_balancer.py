"""Settings of the load balancer and its target group that ELB refuses, and their neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import load_balancer
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import judge, with_balancer, with_group


def keys(app: Production) -> list[str]:
    return edits.keys(load_balancer.CHECKS, app)


def texts(app: Production) -> list[str]:
    return edits.texts(load_balancer.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


@pytest.mark.parametrize(
    "subnets",
    [
        {"Subnets": ["subnet-1"]},
        {"Subnets": ["subnet-1", "subnet-1"]},
        {"Subnets": [], "SubnetMappings": [{"SubnetId": "subnet-1"}]},
    ],
)
def test_a_load_balancer_in_one_subnet(app: Production, subnets: dict[str, Any]) -> None:
    assert keys(with_balancer(app, **subnets)) == ["LoadBalancer.Subnets"]


def test_subnet_mappings_count_as_subnets(app: Production) -> None:
    mapped = [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}]
    assert keys(with_balancer(app, Subnets=[], SubnetMappings=mapped)) == []


@pytest.mark.parametrize("name", ["-web", "web-", "internal-web", "web_1", "w" * 33, "a.b"])
def test_names_of_the_load_balancer(app: Production, name: str) -> None:
    assert keys(with_balancer(app, Name=name)) == ["LoadBalancer.Name"]
    assert keys(with_group(app, Name=name)) == ["TargetGroup.Name"]


@pytest.mark.parametrize("name", ["w", "web-1", "internals", "W" * 32])
def test_names_that_the_load_balancer_takes(app: Production, name: str) -> None:
    assert keys(with_balancer(app, Name=name)) == []


@pytest.mark.parametrize(("interval", "timeout"), [(5, 5), (5, None), (10, 30)])
def test_a_check_that_outlasts_its_interval(
    app: Production, interval: int, timeout: int | None
) -> None:
    content = {**app.target_group["TargetGroup"], "HealthCheckIntervalSeconds": interval}
    content.pop("HealthCheckTimeoutSeconds")
    if timeout is not None:
        content["HealthCheckTimeoutSeconds"] = timeout
    broken = replace(app, target_group={**app.target_group, "TargetGroup": content})
    assert keys(broken) == ["TargetGroup.HealthCheckTimeoutSeconds"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"HealthCheckPath": "healthz"}, "TargetGroup.HealthCheckPath"),
        ({"Matcher": {"HttpCode": "200-599"}}, "TargetGroup.Matcher.HttpCode"),
        ({"Matcher": {"HttpCode": "100"}}, "TargetGroup.Matcher.HttpCode"),
        ({"Matcher": {"HttpCode": "2xx"}}, "TargetGroup.Matcher.HttpCode"),
        ({"Matcher": {"GrpcCode": "0"}}, "TargetGroup.Matcher.GrpcCode"),
        ({"HealthCheckPort": "http"}, "TargetGroup.HealthCheckPort"),
        ({"HealthCheckEnabled": False}, "TargetGroup.HealthCheckEnabled"),
    ],
)
def test_a_check_that_no_load_balancer_takes(
    app: Production, changes: dict[str, Any], key: str
) -> None:
    assert keys(with_group(app, **changes)) == [key]


@pytest.mark.parametrize("port", ["traffic-port", "8081"])
def test_ports_that_a_check_has(app: Production, port: str) -> None:
    assert keys(with_group(app, HealthCheckPort=port)) == []


@pytest.mark.parametrize("codes", ["200", "200,204", "200-399", "200-299,404"])
def test_statuses_that_a_load_balancer_takes(app: Production, codes: str) -> None:
    assert keys(with_group(app, Matcher={"HttpCode": codes})) == []


def test_awss_own_check_defaults_are_fine(app: Production) -> None:
    content = {
        key: value
        for key, value in app.target_group["TargetGroup"].items()
        if key not in ("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds")
    }
    defaults = replace(app, target_group={**app.target_group, "TargetGroup": content})
    assert keys(defaults) == []


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", False),
        ("ELBSecurityPolicy-2016-08", False),
        ("ELBSecurityPolicy-TLS13-1-2-New-2031-02", False),
        ("ELBSecurityPolicy-TLS13-1-2-2021-07", True),
        ("TLSv1.2_2021", True),
    ],
)
def test_a_security_policy_that_elb_does_not_have(
    app: Production, policy: str, refused: bool
) -> None:
    listeners = [{"Protocol": "HTTP"}, {"Protocol": "HTTPS", "SslPolicy": policy}]
    changed = replace(app, load_balancer={**app.load_balancer, "Listeners": listeners})

    problems = texts(changed)

    start = f'Listeners[1].SslPolicy: is "{policy}", which ELB does not have'
    assert [text.startswith(start) for text in problems] == ([True] if refused else [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Rules[1].Priority is 10, as that of another rule"),
        ({"Priority": 11}, ""),
    ],
)
def test_the_priorities_of_rules(app: Production, change: dict[str, Any], said: str) -> None:
    (rule,) = app.load_balancer["Rules"]
    content = {**app.load_balancer, "Rules": [rule, {**rule, **change}]}
    judge(edits.messages(load_balancer.CHECKS, replace(app, load_balancer=content)), said)
