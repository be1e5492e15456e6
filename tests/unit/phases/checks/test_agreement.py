"""The check of the files of [phases] against the others."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from harness.inputs.checks import trusted_proxies
from harness.inputs.production import Production
from harness.phases.checks import contradictions
from tests.unit.phases.examinations import CHECKS, changed, result_of

_SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:"


_SMALL_INSTANCE = {
    "DBInstanceIdentifier": "tickets-1",
    "Engine": "aurora-mysql",
    "DBInstanceClass": "db.t4g.medium",
}


@pytest.mark.parametrize(
    ("name", "path", "value", "actual"),
    [
        ("certificate", "RequestCertificate.DomainName", "other.example", "is for other.example"),
        ("database", "CreateDBCluster.DBClusterIdentifier", "other", "is other"),
        ("database", "CreateDBProxy.DBProxyName", "other", "is other"),
        ("registry", "CreateRepository.repositoryName", "other", "has other"),
        ("logs", "CreateLogGroup[0].logGroupName", "/ecs/other", "has no /ecs/tickets-web"),
        ("dns", "ChangeResourceRecordSets[1]", None, "has 1 changes"),
        (
            "dns",
            "ChangeResourceRecordSets[1].ChangeBatch.Changes[0].ResourceRecordSet.Name",
            "other.example.",
            "has other.example",
        ),
        ("scaling", "RegisterScalableTarget.ResourceId", "service/a/b", "is service/a/b"),
        ("database", "CreateDBCluster.Engine", "aurora-postgresql", "is aurora-postgresql"),
        (
            "database",
            "CreateDBProxy.Auth[0].IAMAuth",
            "REQUIRED",
            "has IAMAuth REQUIRED",
        ),
        ("database", "CreateDBCluster.DatabaseName", "shop", "is shop"),
        ("database", "CreateDBCluster.VpcSecurityGroupIds", ["sg-1"], "has sg-1"),
        ("database", "CreateDBProxy.VpcSecurityGroupIds", ["sg-1", "sg-2"], "has sg-1, sg-2"),
        (
            "database",
            "CreateDBProxy.Auth[0].SecretArn",
            f"{_SECRET}tickets/app-Kq7wT2",
            f"is {_SECRET}tickets/app-Kq7wT2, and secrets.tickets/app in cutover.toml has no"
            " username and no password",
        ),
        ("network", "AssociateRouteTable[3].SubnetId", "subnet-9", "associates no such subnet"),
        ("network", "CreateVpc.CidrBlock", "10.99.0.0/16", "has 10.99.0.0/16"),
        (
            "network",
            "CreateVpcEndpoint[7].ServiceName",
            "com.amazonaws.us-east-1.email-smtp",
            "has no endpoint for email",
        ),
        (
            "network",
            "CreateVpcEndpoint[6].PrivateDnsEnabled",
            False,
            "has no endpoint for sqs with PrivateDnsEnabled",
        ),
        (
            "network",
            "ModifyVpcAttribute.EnableDnsHostnames",
            {"Value": False},
            "makes a VPC without DNS host names, AWS's default",
        ),
        ("network", "CreateVpcEndpoint[6].SecurityGroupIds", ["sg-1"], "has sg-1"),
        ("database", "CreateDBInstance", [_SMALL_INSTANCE], "is db.t4g.medium"),
        (
            "network",
            "CreateVpcEndpoint[0].RouteTableIds",
            ["rtb-0a40c1e2f3b4a5301"],
            "has rtb-0a40c1e2f3b4a5301",
        ),
    ],
)
def test_files_of_the_move_that_name_another_thing_are_findings(
    name: str, path: str, value: Any, actual: str, files: Production
) -> None:
    document = files.documents[f"phases.{name}"]
    other = replace(document, data=changed(document.data, path, value))
    documents = {**files.documents, f"phases.{name}": other}
    (finding,) = result_of(
        CHECKS["0.files-agree"], replace(files, documents=documents), {}
    ).findings
    assert finding.actual == actual
    assert finding.thing.partition(":")[0] == f"app/aws/{name}.json"


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("database", "CreateDBProxy.Auth[0].SecretArn", f"{_SECRET}rds!cluster-1-Ab3dE5"),
        ("database", "CreateDBProxy.VpcSecurityGroupIds", []),
        ("network", "AssociateRouteTable[3]", None),
        ("network", "CreateVpcEndpoint[6].SecurityGroupIds", []),
        ("database", "CreateDBInstance[1].DBInstanceClass", "db.t4g.medium"),
        ("network", "CreateVpc", []),
    ],
)
def test_files_of_the_move_that_leave_something_open_agree(
    name: str, path: str, value: Any, files: Production
) -> None:
    document = files.documents[f"phases.{name}"]
    other = replace(document, data=changed(document.data, path, value))
    documents = {**files.documents, f"phases.{name}": other}
    result = result_of(CHECKS["0.files-agree"], replace(files, documents=documents), {})
    assert result.findings == ()


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("10.40.0.0/24", "red"),
        ("10.40.0.0/24,10.40.1.0/24", "green"),
        ("10.40.0.0/16", "green"),
        ("192.0.2.0/24", "green"),
    ],
)
def test_the_app_trusts_each_subnet_of_the_load_balancer(
    value: str, state: str, files: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = [IPv4Network(cidr) for cidr in value.split(",")]
    monkeypatch.setattr(trusted_proxies, "networks", lambda _: trusted)
    result = result_of(CHECKS["0.files-agree"], files, {})
    assert [finding.actual for finding in result.findings] == (
        [
            "has 10.40.0.0/24 in it, and no other: the app believes no X-Forwarded-Proto from the"
            " load balancer's other nodes"
        ]
        if state == "red"
        else []
    )


def test_the_certificate_has_each_host_of_the_listeners_rules(files: Production) -> None:
    balancer = deepcopy(files.documents["ecs.load_balancer"].data)
    values = balancer["Rules"][0]["Conditions"][0]["HostHeaderConfig"]["Values"]
    values += ["www.tickets.876events.example", "*.876events.example"]
    document = replace(files.documents["ecs.load_balancer"], data=balancer)
    documents = {**files.documents, "ecs.load_balancer": document}
    other = replace(files, documents=documents, load_balancer=balancer)
    (finding,) = result_of(CHECKS["0.files-agree"], other, {}).findings
    assert finding.expected == "a certificate for www.tickets.876events.example"

    certificate = {
        "RequestCertificate": [
            {"DomainName": "876events.example", "ValidationMethod": "DNS"},
            {
                "DomainName": "tickets.876events.example",
                "SubjectAlternativeNames": ["*.tickets.876events.example"],
            },
        ]
    }
    documents["phases.certificate"] = replace(
        files.documents["phases.certificate"], data=certificate
    )
    assert (
        result_of(CHECKS["0.files-agree"], replace(other, documents=documents), {}).findings == ()
    )


def test_without_files_of_the_move_nothing_can_disagree(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if not k.startswith("phases.")}
    result = result_of(CHECKS["0.files-agree"], replace(files, documents=documents), {})
    assert result.state == "not covered"


def test_a_file_with_the_vpc_alone_denies_no_way_out(files: Production) -> None:
    vpc = {"CreateVpc": {"CidrBlock": files.config.vpc_cidr}}
    network = replace(files.documents["phases.network"], data=vpc, origins={})
    alone = replace(files, documents={**files.documents, "phases.network": network})
    assert contradictions.find(alone) == []
