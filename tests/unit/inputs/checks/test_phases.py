"""Values of the files of [phases] that AWS refuses, and their harmless neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.inputs.checks import phases
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import with_call, with_phase


def keys(app: Production) -> list[str]:
    return edits.keys(phases.CHECKS, app)


def texts(app: Production) -> list[str]:
    return edits.texts(phases.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("${CIDR}", 'CreateSubnet[0].CidrBlock: is "${CIDR}", which is no block of addresses'),
        ("10.40.0.5/24", 'CreateSubnet[0].CidrBlock: is "10.40.0.5/24", which is no block'),
    ],
)
def test_a_subnet_is_a_block_of_addresses(app: Production, block: str, said: str) -> None:
    content = app.documents["phases.network"].data
    first, *others = content["CreateSubnet"]
    broken = {**content, "CreateSubnet": [{**first, "CidrBlock": block}, *others]}
    assert said in "".join(texts(with_phase(app, "network", broken)))


def test_subnets_have_addresses_of_their_own(app: Production) -> None:
    content = app.documents["phases.network"].data
    first, second, *others = content["CreateSubnet"]
    same = {**second, "CidrBlock": first["CidrBlock"]}
    broken = with_phase(app, "network", {**content, "CreateSubnet": [first, same, *others]})
    assert "of another subnet overlaps it" in "".join(texts(broken))
    elsewhere = {**same, "VpcId": "vpc-0c"}
    other_vpc = {**content, "CreateSubnet": [first, elsewhere, *others]}
    assert keys(with_phase(app, "network", other_vpc)) == []
    second_block = {**content, "CreateSubnet": [{**first, "CidrBlock": "100.64.0.0/24"}]}
    assert keys(with_phase(app, "network", second_block)) == []


@pytest.mark.parametrize(
    ("operation", "changes", "text"),
    [
        (
            "RegisterScalableTarget",
            {"MinCapacity": 10},
            "RegisterScalableTarget[0].MinCapacity: is 10, and MaxCapacity 6: AWS refuses the two"
            " together; write MaxCapacity as high as MinCapacity, or higher",
        ),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 1},
            "RegisterScalableTarget[0].MaxCapacity: is 1, and the service's desiredCount 2:"
            " Application Auto Scaling stops tasks until 1 run; write 2 or more, or a lower"
            " desiredCount",
        ),
    ],
)
def test_a_capacity_that_aws_refuses(
    app: Production, operation: str, changes: dict[str, Any], text: str
) -> None:
    assert texts(with_call(app, "scaling", operation, **changes)) == [text]


@pytest.mark.parametrize("name", ["MinCapacity", "MaxCapacity"])
def test_a_scalable_target_needs_its_two_capacities(app: Production, name: str) -> None:
    document = app.documents["phases.scaling"]
    calls = document.data["RegisterScalableTarget"]
    calls = calls if isinstance(calls, list) else [calls]
    lacking = [{key: value for key, value in call.items() if key != name} for call in calls]
    data = {**document.data, "RegisterScalableTarget": lacking}
    problems = texts(with_phase(app, "scaling", data))
    assert problems[0] == (
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
    record_set = {"Name": "shop.example", "Type": "A", **record}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    problems = texts(with_call(app, "dns", "ChangeResourceRecordSets", ChangeBatch=batch))
    key = f"ChangeBatch.Changes[0].ResourceRecordSet.{field}: {said}"
    assert bool(problems) == bool(field)
    assert all(key in problem for problem in problems)


def test_a_retention_that_cloudwatch_logs_does_not_offer(app: Production) -> None:
    broken = texts(with_call(app, "logs", "PutRetentionPolicy", retentionInDays=100))
    assert broken[0].startswith(
        "PutRetentionPolicy[0].retentionInDays: is 100, which CloudWatch Logs does not offer;"
        " write one of 1, 3, 5, 7, 14, 30, 60, 90, 120,"
    )
    assert len(broken) == len(app.documents["phases.logs"].data["PutRetentionPolicy"])
    assert texts(with_call(app, "logs", "PutRetentionPolicy", retentionInDays=3653)) == []


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

    problems = texts(with_call(app, "scaling", "PutScalingPolicy", **changes))

    assert len(problems) == bool(text)
    assert text in "".join(problems)


def with_switch(app: Production, record: dict[str, Any]) -> Production:
    document = app.documents["phases.dns"]
    first, *rest = document.data["ChangeResourceRecordSets"]
    own = {"Name": "tickets.876events.example.", "Type": "A", **record}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": own}]}
    changes = [{**first, "ChangeBatch": batch}, *rest]
    return with_phase(app, "dns", {**document.data, "ChangeResourceRecordSets": changes})


def alias(name: str) -> dict[str, Any]:
    target = {"HostedZoneId": "Z1", "DNSName": name, "EvaluateTargetHealth": False}
    return {"AliasTarget": target}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (alias("dualstack.tickets-12.us-east-1.elb.amazonaws.com."), ""),
        (alias("d111111abcdef8.cloudfront.net"), ""),
        (alias("tickets-12.us-east-2.elb.amazonaws.com"), "a load balancer of us-east-2"),
        (alias("shop-12.us-east-1.elb.amazonaws.com"), ""),
        (alias("https://shop.example"), "an alias has a host name alone"),
        (
            {
                "Type": "CNAME",
                "TTL": 60,
                "ResourceRecords": [{"Value": "tickets-12.eu-west-1.elb.amazonaws.com"}],
            },
            "a load balancer of eu-west-1",
        ),
    ],
)
def test_the_switch_leads_to_the_load_balancer(
    app: Production, record: dict[str, Any], said: str
) -> None:
    edits.judge(edits.messages(phases.CHECKS, with_switch(app, record)), said)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (["10.40.0.0/24", "10.40.1.0/24"], ""),
        (["10.40.0.0/20", "10.40.1.0/24"], "is 10.40.1.0/24, and 10.40.0.0/20 of another subnet"),
        (["10.40.0.0/24", "100.64.0.0/24"], ""),
        (["10.40.0.0/24", "no range"], 'is "no range", which is no block of addresses'),
    ],
)
def test_subnets_lie_beside_each_other(app: Production, ranges: list[str], said: str) -> None:
    document = app.documents["phases.network"]
    subnets = [{"VpcId": "vpc-1", "CidrBlock": cidr} for cidr in ranges]
    changed = with_phase(app, "network", {**document.data, "CreateSubnet": subnets})
    edits.judge(edits.messages(phases.CHECKS, changed), said)


@pytest.mark.parametrize(("zone", "said"), [("us-east-2a", "us-east-2a"), ("us-east-1f", "")])
def test_subnets_are_in_the_regions_zones(app: Production, zone: str, said: str) -> None:
    document = app.documents["phases.network"]
    subnets = [{"VpcId": "vpc-1", "CidrBlock": "10.40.0.0/24", "AvailabilityZone": zone}]
    changed = with_phase(app, "network", {**document.data, "CreateSubnet": subnets})
    edits.judge(edits.messages(phases.CHECKS, changed), said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("com.amazonaws.us-east-2.sqs", "of another region than aws.region, us-east-1"),
        ("cn.com.amazonaws.cn-north-1.sqs", "of another region than aws.region, us-east-1"),
        ("com.amazonaws.us-east-1.sqs", ""),
        ("com.amazonaws.vpce.us-east-2.vpce-svc-1", ""),
        ("com.amazonaws.s3-global.accesspoint", ""),
    ],
)
def test_endpoints_are_of_the_region(app: Production, name: str, said: str) -> None:
    document = app.documents["phases.network"]
    endpoint = {"VpcId": "vpc-1", "ServiceName": name, "VpcEndpointType": "Interface"}
    changed = with_phase(app, "network", {**document.data, "CreateVpcEndpoint": [endpoint]})
    edits.judge(edits.messages((phases.endpoints,), changed), said)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("A", "shop.example", "a record of the type A has an IPv4 address"),
        ("A", "203.0.113.7", ""),
        ("AAAA", "2001:db8::7", ""),
        ("AAAA", "203.0.113.7", "has an IPv6 address"),
        ("CNAME", "https://shop.example", "has a host name alone"),
        ("CNAME", "203.0.113.7", "has a host name alone"),
        ("A", "999.0.113.7", "a record of the type A has an IPv4 address"),
        ("CNAME", "d1_x.shop-7.example.", ""),
        ("TXT", '"anything at all"', ""),
    ],
)
def test_values_of_records_are_of_their_type(
    app: Production, kind: str, value: str, said: str
) -> None:
    record = {"Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    edits.judge(edits.messages(phases.CHECKS, with_switch(app, record)), said)


@pytest.mark.parametrize(("target", "said"), [(600.0, "is 600.0"), (60.0, ""), (100, "")])
def test_a_target_in_percent(app: Production, target: float, said: str) -> None:
    document = app.documents["phases.scaling"]
    policy = document.data["PutScalingPolicy"]
    config = {**policy["TargetTrackingScalingPolicyConfiguration"], "TargetValue": target}
    changed = {**policy, "TargetTrackingScalingPolicyConfiguration": config}
    data = {**document.data, "PutScalingPolicy": changed}
    edits.judge(edits.messages(phases.CHECKS, with_phase(app, "scaling", data)), said)


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"tagStatus": "any", "countNumber": 1}, "selection.countNumber is 1: ECR removes"),
        ({"tagStatus": "tagged", "tagPatternList": ["*"], "countNumber": 1}, "is 1: ECR removes"),
        ({"tagStatus": "any", "countNumber": 10}, ""),
        ({"tagStatus": "untagged", "countNumber": 1}, ""),
        ({"tagStatus": "tagged", "tagPrefixList": ["cache"], "countNumber": 1}, ""),
        (
            {"tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 14},
            "removes the image that the tasks run 14 days after its push",
        ),
        ({"tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 365}, ""),
        ({"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": 1}, ""),
    ],
)
def test_a_repository_keeps_the_image_of_the_way_back(
    app: Production, selection: dict[str, Any], said: str
) -> None:
    rule = {"rulePriority": 1, "selection": {"countType": "imageCountMoreThan", **selection}}
    policy = json.dumps({"rules": [{**rule, "action": {"type": "expire"}}]})
    call = {"repositoryName": "tickets", "lifecyclePolicyText": policy}
    document = app.documents["phases.registry"]
    changed = with_phase(app, "registry", {**document.data, "PutLifecyclePolicy": call})
    edits.judge(edits.messages((phases.kept_images,), changed), said)
