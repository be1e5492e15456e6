"""The check of the files of [phases] for what AWS refuses or visitors suffer from."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases.examinations import CHECKS, changed, result_of

DNS = "ChangeResourceRecordSets[0].ChangeBatch.Changes[0]"


def findings_of(files: Production, name: str, data: Any) -> list[str]:
    other = replace(files.documents[f"phases.{name}"], data=data)
    documents = {**files.documents, f"phases.{name}": other}
    result = result_of(CHECKS["0.files-sound"], replace(files, documents=documents), {})
    return [finding.actual for finding in result.findings]


_RECORD = f"{DNS}.ResourceRecordSet"
_BACK = "ChangeResourceRecordSets[1].ChangeBatch.Changes[0].ResourceRecordSet"
_ELB = "tickets-1234567890.us-east-1.elb.amazonaws.com"
_PUBLIC, _PRIVATE = "rtb-0a40c1e2f3b4a5301", "rtb-0a40c1e2f3b4a5302"
_PUBLIC_SUBNET = "subnet-0a40c1e2f3b4a5001"
_METRIC = "PutScalingPolicy.TargetTrackingScalingPolicyConfiguration"


def _alias(zone: str, name: str) -> dict[str, Any]:
    return {
        "Name": "tickets.876events.example",
        "Type": "CNAME",
        "AliasTarget": {"HostedZoneId": zone, "DNSName": name, "EvaluateTargetHealth": False},
    }


@pytest.mark.parametrize(
    ("name", "path", "value", "actual"),
    [
        ("dns", f"{_RECORD}.TTL", 3600, "has 3600 s"),
        ("dns", f"{DNS}.Action", "DELETE", "has DELETE, and sets no record"),
        ("dns", f"{DNS}.Action", "CREATE", "has CREATE"),
        (
            "dns",
            f"{_RECORD}.ResourceRecords[0].Value",
            f"internal-{_ELB}",
            f"leads to internal-{_ELB}",
        ),
        (
            "dns",
            f"{_RECORD}.ResourceRecords[0].Value",
            _ELB.replace("tickets", "shop"),
            f"leads to {_ELB.replace('tickets', 'shop')}",
        ),
        ("dns", f"{_BACK}.ResourceRecords[0].Value", _ELB, "has those of the switch"),
        ("dns", "ChangeResourceRecordSets[1].HostedZoneId", "Z1", "leaves it as it is"),
        (
            "dns",
            _RECORD,
            _alias("Z0876EVENTS0EXAMPLE0", f"dualstack.{_ELB}."),
            "is Z0876EVENTS0EXAMPLE0, the zone of the record itself",
        ),
        ("dns", _RECORD, _alias("Z35SXDOTRQ7X7K", "d1.cloudfront.net"), "is Z35SXDOTRQ7X7K"),
        ("scaling", "RegisterScalableTarget.MinCapacity", 0, "has 0"),
        (
            "scaling",
            "PutScalingPolicy.ResourceId",
            "service/tickets/tickets-worker",
            "is service/tickets/tickets-worker",
        ),
        ("scaling", f"{_METRIC}.TargetValue", 0.6, "is 0.6"),
        ("database", "CreateDBInstance[0].PubliclyAccessible", True, "makes it public"),
        ("database", "CreateDBProxy.RequireTLS", False, "lets in what has no TLS"),
        ("database", "RegisterDBProxyTargets", None, "registers none"),
        ("database", "CreateDBInstance[1].DBInstanceClass", "db.t3.micro", "is db.t3.micro"),
        (
            "database",
            "CreateDBCluster.EngineVersion",
            "8.0.mysql_aurora.3.8.2",
            "is 8.0.mysql_aurora.3.8.2",
        ),
        ("database", "CreateDBCluster.EngineVersion", "8.0.35", "is 8.0.35"),
        (
            "database",
            "CreateDBCluster.DBSubnetGroupName",
            "default",
            "is tickets, which nothing uses",
        ),
        (
            "database",
            "ModifyDBClusterParameterGroup.Parameters[0].ParameterValue",
            "0",
            "is 0: it takes plain text",
        ),
        ("network", "CreateSubnet[3].CidrBlock", "10.41.16.0/20", "is 10.41.16.0/20"),
        (
            "network",
            "CreateSubnet[3].AvailabilityZone",
            "us-east-1a",
            "has 3 of 4 in us-east-1a",
        ),
        ("network", "AttachInternetGateway", None, "attaches it to no VPC"),
        (
            "network",
            "AssociateRouteTable[0].RouteTableId",
            _PRIVATE,
            "has none: no visitor reaches the load balancer there",
        ),
        (
            "network",
            "AssociateRouteTable[0]",
            None,
            "has none: no visitor reaches the load balancer there",
        ),
        (
            "network",
            "CreateVpcEndpoint[4].SecurityGroupIds",
            ["sg-0a40c1e2f3b4a5104"],
            "has sg-0a40c1e2f3b4a5104: tasks time out",
        ),
        (
            "network",
            "CreateVpcEndpoint[4].SecurityGroupIds",
            None,
            "has none, and takes the default group of the VPC: tasks time out",
        ),
    ],
)
def test_a_value_that_no_account_takes_is_a_finding(
    name: str, path: str, value: Any, actual: str, files: Production
) -> None:
    data = changed(files.documents[f"phases.{name}"].data, path, value)
    assert findings_of(files, name, data) == [actual]


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("dns", f"{_RECORD}.TTL", 300),
        ("dns", f"{_BACK}.TTL", 14400),
        ("dns", _RECORD, _alias("Z35SXDOTRQ7X7K", f"dualstack.{_ELB}.")),
        ("dns", _RECORD, _alias("Z2FDTNDATAQYW2", "d1.cloudfront.net")),
        ("dns", f"{_RECORD}.ResourceRecords[0].Value", "d1.cloudfront.net"),
        ("scaling", f"{_METRIC}.TargetValue", 70),
        ("database", "CreateDBCluster.EngineVersion", "8.0.mysql_aurora.3.10.0"),
        ("database", "CreateDBCluster.EngineVersion", "8.0"),
        ("database", "CreateDBInstance[1].DBInstanceClass", "db.t4g.medium"),
        ("database", "RegisterDBProxyTargets.DBProxyName", "tickets"),
        ("network", "CreateSubnet[3].CidrBlock", "10.40.240.0/20"),
        ("network", "CreateSubnet[3].AvailabilityZone", "us-east-1-bos-1a"),
        ("network", "CreateRoute", []),
        ("network", "CreateVpcEndpoint[4].SecurityGroupIds", ["sg-of-another-file"]),
        (
            "network",
            "CreateNatGateway",
            {"SubnetId": _PUBLIC_SUBNET, "AllocationId": "eipalloc-1"},
        ),
    ],
)
def test_another_value_that_works_is_no_finding(
    name: str, path: str, value: Any, files: Production
) -> None:
    data = changed(files.documents[f"phases.{name}"].data, path, value)
    assert findings_of(files, name, data) == []


def test_weighted_records_lead_back_by_their_weights(files: Production) -> None:
    data = deepcopy(files.documents["phases.dns"].data)
    (switch,), (back,) = (
        call["ChangeBatch"]["Changes"] for call in data["ChangeResourceRecordSets"]
    )
    values = [change["ResourceRecordSet"]["ResourceRecords"] for change in (switch, back)]

    def weighted(*weights: int) -> list[dict[str, Any]]:
        records = [
            {**switch["ResourceRecordSet"], "ResourceRecords": v, "SetIdentifier": n, "Weight": w}
            for v, n, w in zip(values, ("aws", "old"), weights, strict=False)
        ]
        return [{"Action": "UPSERT", "ResourceRecordSet": record} for record in records]

    first, second = (call["ChangeBatch"] for call in data["ChangeResourceRecordSets"])
    first["Changes"], second["Changes"] = weighted(100, 0), weighted(0, 100)
    assert findings_of(files, "dns", data) == []
    second["Changes"] = weighted(0)
    assert findings_of(files, "dns", data) == []
    second["Changes"] = weighted(100, 0)
    assert findings_of(files, "dns", data) == ["has those of the switch"] * 2


def test_a_subnet_of_another_file_is_not_judged(files: Production) -> None:
    balancer = {"LoadBalancer": {**files.load_balancer["LoadBalancer"], "Subnets": ["subnet-9"]}}
    other = replace(files, load_balancer={**files.load_balancer, **balancer})
    assert findings_of(other, "network", files.documents["phases.network"].data) == []


def test_a_nat_gateway_in_a_private_subnet_lets_nothing_out(files: Production) -> None:
    data = deepcopy(files.documents["phases.network"].data)
    subnet = "subnet-0a40c1e2f3b4a5011"
    data["CreateNatGateway"] = {"SubnetId": subnet, "AllocationId": "eipalloc-1"}
    expected = f"is {subnet}, which has none: the gateway lets nothing out"
    assert findings_of(files, "network", data) == [expected]


def test_each_subnet_of_the_tasks_has_a_route_to_a_nat_gateway(files: Production) -> None:
    data = deepcopy(files.documents["phases.network"].data)
    data["CreateVpcEndpoint"] = data["CreateVpcEndpoint"][:1]
    data["CreateNatGateway"] = {"SubnetId": _PUBLIC_SUBNET, "AllocationId": "eipalloc-1"}
    data["CreateRouteTable"].append({"VpcId": "vpc-0a40c1e2f3b4a5000"})
    data["AssociateRouteTable"][3]["RouteTableId"] = "rtb-3"
    route = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
    data["CreateRoute"] = [data["CreateRoute"], {"RouteTableId": _PRIVATE, **route}]
    expected = ["has none for subnet-0a40c1e2f3b4a5012: tasks there reach no ecr.api"]
    assert findings_of(files, "network", data) == expected
    data["CreateRoute"].append({"RouteTableId": "rtb-3", **route})
    assert findings_of(files, "network", data) == []


def test_subnets_of_one_zone_are_a_finding(files: Production) -> None:
    data = deepcopy(files.documents["phases.network"].data)
    for subnet in data["CreateSubnet"]:
        subnet["AvailabilityZone"] = "us-east-1a"
    assert findings_of(files, "network", data) == ["has 4 of 4 in us-east-1a"]


def records(host: str, *batches: list[tuple[str, str]]) -> Any:
    changes = [
        [
            {"Action": action, "ResourceRecordSet": {"Name": f"{host}.", "Type": record_type}}
            for action, record_type in batch
        ]
        for batch in batches
    ]
    return {
        "ChangeResourceRecordSets": [
            {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": batch}} for batch in changes
        ]
    }


@pytest.mark.parametrize(
    ("switch", "rollback", "actual"),
    [
        (
            [("UPSERT", "CNAME")],
            [("UPSERT", "A")],
            [
                "makes a CNAME record beside it",
                "makes a A record beside it",
                "leaves it as it is",
            ],
        ),
        (
            [("DELETE", "A"), ("CREATE", "CNAME")],
            [("DELETE", "CNAME"), ("CREATE", "A")],
            [],
        ),
        ([("UPSERT", "A"), ("CREATE", "AAAA")], [("UPSERT", "A"), ("DELETE", "AAAA")], []),
    ],
)
def test_changes_that_route_53_refuses_are_findings(
    switch: list[tuple[str, str]],
    rollback: list[tuple[str, str]],
    actual: list[str],
    files: Production,
) -> None:
    data = records(files.config.public_host, switch, rollback)
    assert findings_of(files, "dns", data) == actual


def test_without_files_of_the_move_nothing_is_judged(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if not k.startswith("phases.")}
    result = result_of(CHECKS["0.files-sound"], replace(files, documents=documents), {})
    assert result.state == "not covered"
