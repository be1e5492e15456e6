"""The checks of the network, on an account with one fault."""

from __future__ import annotations

from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, changed, result_of

GROUP = "sg-0a40c1e2f3b4a5105"


def endpoints() -> dict[str, Any]:
    """Return the endpoints of a VPC without a NAT gateway, as EC2 describes them."""
    interfaces = [
        {
            "ServiceName": f"com.amazonaws.us-east-1.{name}",
            "VpcEndpointType": "Interface",
            "State": "available",
            "PrivateDnsEnabled": True,
            "Groups": [{"GroupId": GROUP, "GroupName": "tickets-endpoints"}],
        }
        for name in ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs", "email")
    ]
    gateway = {
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "VpcEndpointType": "Gateway",
        "State": "available",
        "RouteTableIds": ["rtb-2"],
    }
    return {"VpcEndpoints": [gateway, *interfaces]}


@pytest.mark.parametrize(
    ("path", "value", "actual"),
    [
        ("[0].State", "available", ""),
        ("[1].State", "pending", "its state is pending"),
        ("[1].PrivateDnsEnabled", False, "it has no private DNS"),
        ("[2].Groups", [{"GroupId": "sg-1"}], "its security groups are sg-1"),
        ("[0].RouteTableIds", ["rtb-1"], "the route table of subnet-0a40c1e2f3b4a5011, subnet-"),
        ("[3].ServiceName", "com.amazonaws.us-east-1.monitoring", "no endpoint for logs"),
    ],
)
def test_tasks_without_a_nat_gateway_need_endpoints(
    path: str, value: Any, actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    tables = changed(answers["ec2 DescribeRouteTables"], "RouteTables[1].Routes", [])
    answers["ec2 DescribeRouteTables"] = changed(tables, "RouteTables[1].RouteTableId", "rtb-2")
    answers["ec2 DescribeVpcEndpoints"] = changed(endpoints(), f"VpcEndpoints{path}", value)
    texts = [finding.actual for finding in result_of(CHECKS["1.subnets"], files, answers).findings]
    assert len(texts) == bool(actual)
    assert all(actual in text for text in texts)
