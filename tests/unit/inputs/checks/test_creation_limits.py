"""Values that AWS refuses when it creates a resource, and their harmless neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.checks import creation_limits
from harness.inputs.files.ecs_services import Service
from harness.inputs.problem import Problem
from harness.inputs.production import Production

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)


def texts(app: Production) -> list[str]:
    return [
        f"{problem.key}: {problem.message}; {problem.hint}"
        for rule in creation_limits.RULES
        for problem in rule(app)
    ]


def with_attributes(app: Production, file: str, **values: str) -> Production:
    listed = [{"Key": key, "Value": value} for key, value in values.items()]
    if file == "load_balancer":
        return replace(app, load_balancer={**app.load_balancer, "Attributes": listed})
    return replace(app, target_group={**app.target_group, "Attributes": listed})


def with_call(app: Production, file: str, operation: str, **changes: Any) -> Production:
    document = app.documents[f"phases.{file}"]
    given = document.data[operation]
    many = [{**one, **changes} for one in (given if isinstance(given, list) else [given])]
    data = {**document.data, operation: many}
    documents = {**app.documents, f"phases.{file}": replace(document, data=data)}
    return replace(app, documents=documents)


def test_the_reference_app_keeps_every_limit(app: Production) -> None:
    assert texts(app) == []


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
    ],
)
def test_attributes_that_elb_takes(app: Production, file: str, values: dict[str, str]) -> None:
    assert texts(with_attributes(app, file, **values)) == []


def service(app: Production, **changes: Any) -> Production:
    web = app.services["web"]
    changed = Service(web.definition, {**web.create, **changes})
    return replace(app, services={**app.services, "web": changed})


def test_services_that_fargate_and_ecs_refuse(app: Production) -> None:
    assert texts(service(app, schedulingStrategy="DAEMON")) == [
        'schedulingStrategy: is "DAEMON": a daemon runs on each instance of a cluster, and Fargate'
        ' has none; write "REPLICA", or leave it out, and set desiredCount'
    ]
    assert texts(service(app, deploymentController={"type": "CODE_DEPLOY"})) == [
        'deploymentController.type: is "CODE_DEPLOY", and deploymentCircuitBreaker is enabled: ECS'
        ' refuses the two together; write "ECS", or leave it out: ECS deploys, and rolls back'
    ]
    fine = service(app, schedulingStrategy="REPLICA", deploymentController={"type": "ECS"})
    assert texts(fine) == []


@pytest.mark.parametrize(
    ("file", "operation", "changes", "text"),
    [
        (
            "database",
            "CreateDBProxy",
            {"IdleClientTimeout": 90000},
            "CreateDBProxy[0].IdleClientTimeout: is 90000, and RDS takes 1 to 28800; write 1 to"
            " 28800",
        ),
        (
            "database",
            "ModifyDBProxyTargetGroup",
            {"ConnectionPoolConfig": {"MaxConnectionsPercent": 0}},
            "ModifyDBProxyTargetGroup[0].ConnectionPoolConfig.MaxConnectionsPercent: is 0, and RDS"
            " takes 1 to 100; write 1 to 100",
        ),
        (
            "scaling",
            "RegisterScalableTarget",
            {"MinCapacity": 10},
            "RegisterScalableTarget[0].MinCapacity: is 10, and MaxCapacity 6: AWS refuses the two"
            " together; write MaxCapacity as high as MinCapacity, or higher",
        ),
        (
            "scaling",
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 1},
            "RegisterScalableTarget[0].MaxCapacity: is 1, and the service's desiredCount 2:"
            " Application Auto Scaling stops tasks until 1 run; write 2 or more, or a lower"
            " desiredCount",
        ),
    ],
)
def test_a_value_that_aws_refuses(
    app: Production, file: str, operation: str, changes: dict[str, Any], text: str
) -> None:
    assert texts(with_call(app, file, operation, **changes)) == [text]


@pytest.mark.parametrize("name", ["MinCapacity", "MaxCapacity"])
def test_a_scalable_target_needs_its_two_capacities(app: Production, name: str) -> None:
    document = app.documents["phases.scaling"]
    given = document.data["RegisterScalableTarget"]
    given = given if isinstance(given, list) else [given]
    lacking = [{key: value for key, value in one.items() if key != name} for one in given]
    data = {**document.data, "RegisterScalableTarget": lacking}
    documents = {**app.documents, "phases.scaling": replace(document, data=data)}
    found = texts(replace(app, documents=documents))
    assert found[0] == (
        f"RegisterScalableTarget[0].{name}: is missing, and AWS registers no new scalable target"
        f" without it; add {name}, a number of tasks"
    )


ALIAS = {"HostedZoneId": "Z1", "DNSName": "lb.example", "EvaluateTargetHealth": False}


@pytest.mark.parametrize(
    ("record", "field", "said"),
    [
        ({"ResourceRecords": [{"Value": "192.0.2.1"}]}, "TTL", "is missing, and Route 53 takes no"),
        ({"TTL": 60}, "ResourceRecords", "is missing, and Route 53 takes no"),
        ({"AliasTarget": ALIAS, "TTL": 60}, "TTL", "is set, and Route 53 takes none beside"),
        ({"AliasTarget": ALIAS}, "", ""),
        ({"TTL": 0, "ResourceRecords": [{"Value": "192.0.2.1"}]}, "", ""),
    ],
)
def test_a_record_set_has_a_ttl_or_is_an_alias(
    app: Production, record: dict[str, Any], field: str, said: str
) -> None:
    given = {"Name": "shop.example", "Type": "A", **record}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": given}]}
    found = texts(with_call(app, "dns", "ChangeResourceRecordSets", ChangeBatch=batch))
    key = f"ChangeBatch.Changes[0].ResourceRecordSet.{field}: {said}"
    assert bool(found) == bool(field)
    assert all(key in one for one in found)


def test_a_retention_that_cloudwatch_logs_does_not_offer(app: Production) -> None:
    broken = texts(with_call(app, "logs", "PutRetentionPolicy", retentionInDays=100))
    assert broken[0].startswith(
        "PutRetentionPolicy[0].retentionInDays: is 100, which CloudWatch Logs does not offer;"
        " write one of 1, 3, 5, 7, 14, 30, 60, 90, 120,"
    )
    assert len(broken) == len(app.documents["phases.logs"].data["PutRetentionPolicy"])
    assert texts(with_call(app, "logs", "PutRetentionPolicy", retentionInDays=3653)) == []


def test_serverless_instances_need_the_clusters_scaling(app: Production) -> None:
    serverless = with_call(app, "database", "CreateDBInstance", DBInstanceClass="db.serverless")
    assert texts(serverless)[0] == (
        "CreateDBInstance[0].DBInstanceClass: is db.serverless, and the cluster has no"
        " ServerlessV2ScalingConfiguration: RDS refuses the instance; add to CreateDBCluster:"
        ' "ServerlessV2ScalingConfiguration": {"MinCapacity": ..., "MaxCapacity": ...}'
    )
    limits = {"MinCapacity": 0.5, "MaxCapacity": 8}
    scaled = with_call(
        serverless, "database", "CreateDBCluster", ServerlessV2ScalingConfiguration=limits
    )
    assert texts(scaled) == []


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

    found = texts(changed)

    start = f'Listeners[1].SslPolicy: is "{policy}", which ELB does not have'
    assert [text.startswith(start) for text in found] == ([True] if refused else [])


REQUESTS = "ALBRequestCountPerTarget"
LABEL = "app/tickets/50dc6c495c0c9188/targetgroup/tickets-web/6d0ecf831eec9f09"


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        ({"PredefinedMetricType": REQUESTS, "ResourceLabel": LABEL}, ""),
        ({"PredefinedMetricType": REQUESTS}, "has the metric ALBRequestCountPerTarget and no"),
        (
            {"PredefinedMetricType": REQUESTS, "ResourceLabel": LABEL.replace("-web", "-blue")},
            'and the ResourceLabel "app/tickets/50dc6c495c0c9188/targetgroup/tickets-blue/',
        ),
        (
            {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization",
                "ResourceLabel": LABEL,
            },
            "leave ResourceLabel out: only ALBRequestCountPerTarget has one",
        ),
    ],
)
def test_the_resource_label_of_a_scaling_policy(
    app: Production, metric: dict[str, str], text: str
) -> None:
    tracking = {"TargetValue": 60.0, "PredefinedMetricSpecification": metric}
    changes = {"TargetTrackingScalingPolicyConfiguration": tracking}

    found = texts(with_call(app, "scaling", "PutScalingPolicy", **changes))

    assert len(found) == bool(text)
    assert text in "".join(found)


def test_every_rule_is_applied_to_every_configuration() -> None:
    rules: tuple[Callable[[Production], Iterator[Problem]], ...] = creation_limits.RULES
    from harness.inputs.checks import creation_rules

    assert set(rules) <= set(creation_rules.RULES)
