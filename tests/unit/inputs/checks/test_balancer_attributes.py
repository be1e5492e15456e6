"""Attributes that ELB refuses, and their harmless neighbours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.inputs.checks import balancer_attributes
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import judge


def texts(app: Production) -> list[str]:
    return [
        f"{problem.key}: {problem.message}; {problem.hint}"
        for problem in balancer_attributes.attributes(app)
    ]


def with_attributes(app: Production, file: str, **values: str) -> Production:
    listed = [{"Key": key, "Value": value} for key, value in values.items()]
    if file == "load_balancer":
        return replace(app, load_balancer={**app.load_balancer, "Attributes": listed})
    return replace(app, target_group={**app.target_group, "Attributes": listed})


@pytest.mark.parametrize(
    ("file", "values", "text"),
    [
        (
            "target_group",
            {"deregistration_delay.timeout_seconds": "4000"},
            'Attributes[0]: deregistration_delay.timeout_seconds is "4000"; write "0" to "3600"',
        ),
        (
            "target_group",
            {"slow_start.duration_seconds": "10"},
            'Attributes[0]: slow_start.duration_seconds is "10"; write "0", or "30" to "900"',
        ),
        (
            "target_group",
            {
                "load_balancing.algorithm.type": "least_outstanding_requests",
                "slow_start.duration_seconds": "30",
            },
            "Attributes[1]: slow_start.duration_seconds is 30, and load_balancing.algorithm.type"
            ' least_outstanding_requests: ELB refuses the two together; write "0", or the'
            " algorithm round_robin",
        ),
        (
            "load_balancer",
            {"routing.http2.enabled": "yes"},
            'Attributes[0]: routing.http2.enabled is "yes"; write one of true, false',
        ),
        (
            "load_balancer",
            {"stickiness.enabled": "true"},
            "Attributes[0]: stickiness.enabled is an attribute of the target group's, and ELB"
            " refuses it here; move it to the target group's file",
        ),
        (
            "target_group",
            {"idle_timeout.timeout_seconds": "60"},
            "Attributes[0]: idle_timeout.timeout_seconds is an attribute of the load balancer's,"
            " and ELB refuses it here; move it to the load balancer's file",
        ),
        (
            "load_balancer",
            {"idle_timeout.seconds": "60"},
            "Attributes[0]: idle_timeout.seconds is no attribute that ELB has; did you mean"
            ' "idle_timeout.timeout_seconds"?',
        ),
        (
            "load_balancer",
            {"": "60"},
            'Attributes[0]: names no attribute; write {"Key": ..., "Value": ...}, or leave it out',
        ),
        (
            "load_balancer",
            {"idle_timeout.timeout_seconds": ""},
            'Attributes[0]: idle_timeout.timeout_seconds is ""; write "1" to "4000"',
        ),
    ],
)
def test_an_attribute_that_elb_refuses(
    app: Production, file: str, values: dict[str, str], text: str
) -> None:
    assert texts(with_attributes(app, file, **values)) == [text]


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("target_group", {"slow_start.duration_seconds": "30"}),
        (
            "target_group",
            {
                "slow_start.duration_seconds": "0",
                "load_balancing.algorithm.type": "weighted_random",
                "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
                "stickiness.app_cookie.cookie_name": "",
            },
        ),
        ("load_balancer", {"idle_timeout.timeout_seconds": "4000", "an.attribute.of.2027": "on"}),
        ("load_balancer", {"access_logs.s3.enabled": "false", "access_logs.s3.prefix": ""}),
        ("load_balancer", {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}),
    ],
)
def test_attributes_that_elb_takes(app: Production, file: str, values: dict[str, str]) -> None:
    assert texts(with_attributes(app, file, **values)) == []


def test_an_attribute_that_stands_there_twice(app: Production) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "60"}
    twice = replace(app, load_balancer={**app.load_balancer, "Attributes": [attribute, attribute]})
    assert texts(twice) == [
        "Attributes[1]: idle_timeout.timeout_seconds stands there twice; leave one of the two out"
    ]


def test_an_attribute_that_is_not_known_here_is_noted(app: Production) -> None:
    new = with_attributes(app, "load_balancer", **{"an.attribute.of.2027": "on"})
    assert list(balancer_attributes.unknown(new)) == [
        "ecs.load_balancer: the attribute an.attribute.of.2027 is not known here, and not judged"
    ]
    assert list(balancer_attributes.unknown(app)) == []


@pytest.mark.parametrize(
    ("name", "said"), [("AWSALBAPP", 'cookie_name is "AWSALBAPP"'), ("tickets_session", "")]
)
def test_the_cookie_of_stickiness(app: Production, name: str, said: str) -> None:
    added = {"Key": "stickiness.app_cookie.cookie_name", "Value": name}
    content = {**app.target_group, "Attributes": [*app.target_group["Attributes"], added]}
    judge(edits.messages(balancer_attributes.CHECKS, replace(app, target_group=content)), said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"enabled": "true", "type": "app_cookie"}, "and no stickiness.app_cookie.cookie_name"),
        ({"enabled": "true", "type": "app_cookie", "app_cookie.cookie_name": "tickets"}, ""),
        ({"enabled": "false", "type": "app_cookie"}, ""),
        ({"enabled": "true", "type": "lb_cookie"}, ""),
    ],
)
def test_stickiness_by_a_cookie_without_a_name(
    app: Production, values: dict[str, str], said: str
) -> None:
    listed = [{"Key": f"stickiness.{key}", "Value": value} for key, value in values.items()]
    content = {**app.target_group, "Attributes": listed}
    judge(edits.messages(balancer_attributes.CHECKS, replace(app, target_group=content)), said)


@pytest.mark.parametrize("kind", ["access", "connection"])
@pytest.mark.parametrize(
    ("enabled", "bucket", "is_refused"),
    [("true", "", True), ("true", "876events-logs", False), ("false", "", False)],
)
def test_logs_without_a_bucket(
    app: Production, kind: str, enabled: str, bucket: str, is_refused: bool
) -> None:
    values = {f"{kind}_logs.s3.enabled": enabled, f"{kind}_logs.s3.bucket": bucket}
    added = [{"Key": key, "Value": value} for key, value in values.items() if value]
    content = {**app.load_balancer, "Attributes": [*app.load_balancer["Attributes"], *added]}
    message = f"{kind}_logs.s3.bucket is missing" if is_refused else ""
    judge(edits.messages(balancer_attributes.CHECKS, replace(app, load_balancer=content)), message)
