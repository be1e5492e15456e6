"""The checks of the network, on an account with one fault."""

from __future__ import annotations

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, changed, result_of


def test_tasks_without_a_nat_gateway_may_have_endpoints(files: Production) -> None:
    answers = contracts.green(files)
    tables = changed(answers["ec2 DescribeRouteTables"], "RouteTables[1].Routes", [])
    names = ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "sqs", "email")
    endpoints = [{"ServiceName": f"com.amazonaws.us-east-1.{name}"} for name in names]
    answers["ec2 DescribeRouteTables"] = tables
    answers["ec2 DescribeVpcEndpoints"] = {"VpcEndpoints": endpoints}
    assert result_of(CHECKS["1.subnets"], files, answers).state == "green"
