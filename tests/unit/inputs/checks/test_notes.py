"""Notes on parts of production that are not rehearsed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.checks import notes
from harness.inputs.files.schedule import LARAVELS
from harness.inputs.production import Production
from tests.unit.inputs.checks.edits import with_definition, with_service

FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def forward(name: str) -> dict[str, Any]:
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{name}/6d0ecf831eec9f09"
    return {"Type": "forward", "TargetGroupArn": arn}


def noted(app: Production, action: dict[str, Any], **more: Any) -> list[str]:
    https = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": [action]}
    balancer = {"LoadBalancer": {"Name": "a"}, "Listeners": [https], **more}
    return [*notes.of_listeners(replace(app, load_balancer=balancer))]


def test_a_rule_that_is_assumed_is_noted(app: Production) -> None:
    assert noted(app, FIXED) == [
        "ecs.load_balancer: the default action of the listener on port 443 is fixed-response, and"
        " the file has no Rules: one that leads tickets.876events.example to tickets-web is"
        " assumed; put there what `aws elbv2 describe-rules` prints"
    ]
    leads, foreign = noted(app, forward("old"))
    assert "the listener on port 443 leads to old, and the file has no Rules" in leads
    assert foreign == (
        "ecs.load_balancer: it forwards to old, which no file here describes: the load balancer"
        " answers 503 for it"
    )
    assert noted(app, forward("tickets-web")) == []
    assert noted(app, FIXED, Rules=[]) == []
    without = replace(app, load_balancer={"LoadBalancer": {"Name": "a"}})
    assert [*notes.of_listeners(without)] == []


def test_a_rule_that_runs_nothing_yet_is_noted(app: Production) -> None:
    assert [*notes.of_schedule(app)] == []
    assert app.schedule is not None
    calls = [replace(call, input={**call.input}) for call in app.schedule.rule.calls]
    calls[0] = replace(calls[0], input={**calls[0].input, "State": "DISABLED"})
    rule = replace(app.schedule.rule, calls=tuple(calls))
    (note,) = notes.of_schedule(
        replace(app, schedules={LARAVELS: replace(app.schedule, rule=rule)})
    )
    assert "tickets-schedule is DISABLED" in note


def test_what_rules_have_and_a_rehearsal_lacks_is_noted(app: Production) -> None:
    rule = {
        "Priority": 3,
        "Conditions": [{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}],
        "Actions": [{"Type": "authenticate-oidc"}, forward("tickets-web")],
    }
    place = "ecs.load_balancer: the rule of priority 3 on port 443"
    assert noted(app, forward("tickets-web"), Rules=[rule]) == [
        f"{place} has authenticate-oidc, which is not rehearsed: each visitor passes",
        f"{place} asks for source addresses: visitors have 192.0.2.1 here",
    ]


def test_a_listener_that_no_group_admits_is_noted(project: Path) -> None:
    file = project / "app" / "network" / "security-groups.json"
    groups = json.loads(file.read_text())
    (group,) = [
        entry for entry in groups["SecurityGroups"] if "load-balancer" in entry["GroupName"]
    ]
    group["IpPermissions"] = [
        permission for permission in group["IpPermissions"] if permission["FromPort"] != 80
    ]
    file.write_text(json.dumps(groups))
    (note,) = production.load({}, cwd=project).notes
    assert "it has a listener on port 80, and its security groups admit nobody there" in note


def test_denials_by_address_are_not_judged_where_nothing_tells_it(project: Path) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    file = project / "app" / "aws" / "bucket.json"
    content = json.loads(file.read_text())
    name = content["CreateBucket"]["Bucket"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    content["PutBucketPolicy"] = {"Bucket": name, "Policy": policy}
    file.write_text(json.dumps(content))
    config = project / "cutover.toml"
    config.write_text(config.read_text().replace('network = "app/aws/network.json"\n', ""))
    assert production.load({}, cwd=project).notes == (
        "resources.bucket: Statement[0] of its policy denies by aws:sourceip, and the tasks'"
        " addresses on AWS are not known here: it is not judged",
    )


def test_a_service_behind_two_target_groups_is_noted(app: Production) -> None:
    web = app.services["web"]
    (own,) = web.create["loadBalancers"]
    admin = {**own, "targetGroupArn": forward("admin")["TargetGroupArn"], "containerPort": 8081}
    services = {"web": replace(web, create={**web.create, "loadBalancers": [own, admin]})}
    texts = notes.of_services(services, behind=app.services, target_groups=["tickets-web", "admin"])
    assert [*texts] == [
        "services.web: it is behind tickets-web, admin, and is rehearsed behind tickets-web alone:"
        " here the load balancer answers 503 for the others"
    ]


def test_service_connect_is_noted(app: Production) -> None:
    web = app.services["web"]
    connected = {**web.create, "serviceConnectConfiguration": {"enabled": True}}
    services = {"web": replace(web, create=connected)}
    assert [*notes.of_services(services, behind=services, target_groups=["tickets-web"])] == [
        "services.web: Service Connect is not rehearsed: no task has the names of the namespace"
    ]


def test_a_further_bucket_is_noted(app: Production) -> None:
    container = app.services["worker"].definition.raw["containerDefinitions"][0]
    entry = {"name": "AWS_PUBLIC_BUCKET", "value": "tickets-public"}
    changed = {**container, "environment": [*container["environment"], entry]}
    texts = [
        *notes.of_further_buckets(with_definition(app, "worker", containerDefinitions=[changed]))
    ]
    assert len(texts) == 1
    assert texts[0].startswith("resources.bucket: AWS_PUBLIC_BUCKET names tickets-public, which is")
    assert [*notes.of_further_buckets(app)] == []


def test_another_deployment_controller_is_noted(app: Production) -> None:
    changed = with_service(app, "web", deploymentController={"type": "CODE_DEPLOY"})
    services = {"web": changed.services["web"]}
    (note,) = notes.of_services(services, behind=services, target_groups=["tickets-web"])
    assert note.startswith("services.web: CODE_DEPLOY makes its releases, and a rehearsal")


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (
            "BLUE_GREEN",
            ["services.web: its strategy is BLUE_GREEN, and a rehearsal replaces tasks by ROLLING"],
        ),
        ("ROLLING", []),
    ],
)
def test_a_strategy_of_deployments_is_noted(
    app: Production, strategy: str, said: list[str]
) -> None:
    services = {
        "web": with_service(app, "web", deploymentConfiguration={"strategy": strategy}).services[
            "web"
        ]
    }
    texts = notes.of_services(services, behind=services, target_groups=["tickets-web"])
    assert [*texts] == said


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 0),
        ({"HTTPS_PROXY": "http://me:pass@proxy.hosting.example:3128"}, 1),
        ({"https_proxy": "http://proxy:3128", "NO_PROXY": "169.254.170.2,.amazonaws.com"}, 0),
    ],
)
def test_a_proxy_for_aws_apis_is_noted(
    app: Production, variables: dict[str, str], count: int
) -> None:
    containers = json.loads(json.dumps(app.services["web"].definition.raw["containerDefinitions"]))
    containers[0]["environment"] += [{"name": k, "value": v} for k, v in variables.items()]
    changed = with_definition(app, "web", containerDefinitions=containers)
    texts = [*notes.of_outbound_proxies(changed)]
    assert len(texts) == count
    assert not any("pass@" in text for text in texts), "a note has no password"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ([], "drains for 300 s (deregistration_delay.timeout_seconds, ELB's default), as on AWS"),
        ([{"Key": "deregistration_delay.timeout_seconds", "Value": "120"}], "drains for 120 s ("),
        ([{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}], ""),
    ],
)
def test_a_long_drain_is_noted(app: Production, attributes: list[Any], said: str) -> None:
    group = {**app.target_group, "Attributes": attributes}
    texts = [*notes.of_slow_drains(replace(app, target_group=group))]
    assert len(texts) == bool(said)
    assert said in "".join(texts)
