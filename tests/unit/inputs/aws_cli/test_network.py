"""A VPC and a database as the AWS CLI prints them, as the inputs that make the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.inputs.document import Document, read_json
from harness.inputs.files import phase_files
from harness.inputs.files.phase_files import PHASE_FILES
from tests.unit.inputs import cli_outputs

VPC = "vpc-0a40c1e2f3b4a5000"


def document(tmp_path: Path, name: str, *outputs: Any) -> Document:
    path = tmp_path / "file.json"
    path.write_text(cli_outputs.text(*outputs))
    file = PHASE_FILES[name]
    phase = phase_files.form(read_json(path), file=file)
    phase_files.check(phase, file=file)
    return phase


def taken(tmp_path: Path, name: str, *outputs: Any) -> Any:
    return document(tmp_path, name, *outputs).data


@pytest.fixture
def network(tmp_path: Path) -> Any:
    return taken(tmp_path, "network", *cli_outputs.network())


def test_the_parts_come_in_the_order_in_which_ec2_takes_them(network: Any) -> None:
    assert [*network] == [
        *("CreateVpc", "CreateSubnet", "ModifySubnetAttribute", "CreateInternetGateway"),
        *("AttachInternetGateway", "AllocateAddress", "CreateNatGateway", "CreateRouteTable"),
        *("CreateRoute", "AssociateRouteTable", "CreateVpcEndpoint"),
    ]


def test_a_vpc_keeps_its_tags_but_for_those_of_aws(network: Any) -> None:
    (vpc,) = network["CreateVpc"]
    tags = [{"Key": "Name", "Value": "tickets"}]
    assert vpc["TagSpecifications"] == [{"ResourceType": "vpc", "Tags": tags}]


def test_a_subnet_has_one_name_of_its_zone_and_may_give_addresses(network: Any) -> None:
    assert network["CreateSubnet"][0] == {
        "VpcId": VPC,
        "CidrBlock": "10.40.1.0/24",
        "AvailabilityZone": "us-east-1a",
    }
    public = {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": True}}
    assert network["ModifySubnetAttribute"] == [public]


def test_gateways_are_attached_and_have_addresses(network: Any) -> None:
    assert network["AttachInternetGateway"] == [{"InternetGatewayId": "igw-1", "VpcId": VPC}]
    assert network["AllocateAddress"] == [{"Domain": "vpc"}]
    assert network["CreateNatGateway"] == [
        {"SubnetId": "subnet-1", "ConnectivityType": "public", "AllocationId": "eipalloc-1"}
    ]


def test_routes_are_made_but_for_those_that_ec2_makes(network: Any) -> None:
    assert network["CreateRouteTable"] == [{"VpcId": VPC}], "the main table comes with the VPC"
    everywhere = {"DestinationCidrBlock": "0.0.0.0/0"}
    assert network["CreateRoute"] == [
        {"RouteTableId": "rtb-0", **everywhere, "NatGatewayId": "nat-1"},
        {"RouteTableId": "rtb-1", **everywhere, "GatewayId": "igw-1"},
    ]
    assert network["AssociateRouteTable"] == [{"RouteTableId": "rtb-1", "SubnetId": "subnet-1"}]


def test_endpoints_have_their_groups_and_one_for_routes_no_dns(network: Any) -> None:
    gateway, interface = network["CreateVpcEndpoint"]
    assert gateway.keys() == {
        *("VpcId", "ServiceName", "VpcEndpointType", "PolicyDocument", "RouteTableIds")
    }
    assert interface["SecurityGroupIds"] == ["sg-0a40c1e2f3b4a5105"]


def test_a_printed_part_keeps_its_line(tmp_path: Path) -> None:
    phase = document(tmp_path, "network", *cli_outputs.network())
    _, line = phase.place("CreateRoute[1].GatewayId")
    text = (tmp_path / "file.json").read_text().splitlines()
    assert '"RouteTableId": "rtb-1"' in "\n".join(text[line - 1 : line + 1])


def test_an_operation_beside_printed_parts_keeps_its_line(tmp_path: Path) -> None:
    targets = {"RegisterDBProxyTargets": {"DBProxyName": "tickets", "DBInstanceIdentifiers": ["a"]}}
    phase = document(tmp_path, "database", *cli_outputs.database(), targets)
    assert phase.data["RegisterDBProxyTargets"] == [targets["RegisterDBProxyTargets"]]
    _, line = phase.place("RegisterDBProxyTargets[0].DBProxyName")
    assert "tickets" in (tmp_path / "file.json").read_text().splitlines()[line - 1]


def test_a_cluster_has_its_network_parameters_and_password(tmp_path: Path) -> None:
    calls = taken(tmp_path, "database", *cli_outputs.database())
    assert [*calls] == [
        *("CreateDBSubnetGroup", "CreateDBCluster", "CreateDBInstance", "CreateDBProxy"),
        "RegisterDBProxyTargets",
    ]
    (cluster,) = calls["CreateDBCluster"]
    settings = {
        "VpcSecurityGroupIds": ["sg-0a40c1e2f3b4a5104"],
        "DBSubnetGroupName": "tickets",
        "DBClusterParameterGroupName": "tickets",
        "ManageMasterUserPassword": True,
        "MasterUserSecretKmsKeyId": "alias/aws/secretsmanager",
        "EnableCloudwatchLogsExports": ["error"],
        "EnableIAMDatabaseAuthentication": False,
        "Tags": [{"Key": "app", "Value": "tickets"}],
    }
    assert {name: cluster.get(name) for name in settings} == settings
    assert "AllocatedStorage" not in cluster
    targets = {"DBProxyName": "tickets", "DBClusterIdentifiers": ["tickets"]}
    assert calls["RegisterDBProxyTargets"] == [targets]


def test_an_instance_of_a_cluster_has_no_fields_of_the_cluster(tmp_path: Path) -> None:
    (instance,) = taken(tmp_path, "database", *cli_outputs.database())["CreateDBInstance"]
    assert instance == {
        "DBInstanceIdentifier": "tickets-1",
        "DBInstanceClass": "db.r7g.large",
        "Engine": "aurora-mysql",
        "DBClusterIdentifier": "tickets",
        "PubliclyAccessible": False,
        "DBParameterGroupName": "default.aurora-mysql8.0",
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "Tags": [{"Key": "app", "Value": "tickets"}],
    }


def test_an_instance_without_a_cluster_has_everything_itself(tmp_path: Path) -> None:
    printed = {
        "DBInstanceIdentifier": "shop",
        "DBInstanceClass": "db.t4g.small",
        "Engine": "mysql",
        "MasterUsername": "admin",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "Iops": 3000,
        "StorageThroughput": 125,
        "MultiAZ": True,
        "AvailabilityZone": "eu-west-1a",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
        "DBSubnetGroup": {"DBSubnetGroupName": "default"},
        "OptionGroupMemberships": [{"OptionGroupName": "default:mysql-8-4"}],
        "Endpoint": {"Address": "shop.x.rds.amazonaws.com", "Port": 3307},
        "PerformanceInsightsEnabled": False,
    }
    (instance,) = taken(tmp_path, "database", {"DBInstances": [printed]})["CreateDBInstance"]
    settings = {
        "MasterUserPassword": "<master password>",
        "VpcSecurityGroupIds": ["sg-1"],
        "DBSubnetGroupName": "default",
        "OptionGroupName": "default:mysql-8-4",
        "Port": 3307,
        "MultiAZ": True,
    }
    assert {name: instance.get(name) for name in settings} == settings
    refused = {"AvailabilityZone", "Iops", "StorageThroughput", "EnablePerformanceInsights"}
    assert not refused & instance.keys()
    large = {**printed, "AllocatedStorage": 500, "MultiAZ": False}
    (instance,) = taken(tmp_path, "database", {"DBInstances": [large]})["CreateDBInstance"]
    assert (instance["Iops"], instance["AvailabilityZone"]) == (3000, "eu-west-1a")


@pytest.mark.parametrize(("method", "has_domains"), [("DNS", False), ("EMAIL", True)])
def test_a_certificate_is_validated_as_the_printed_one(
    method: str, has_domains: bool, tmp_path: Path
) -> None:
    domain = {"DomainName": "shop.example", "ValidationDomain": "shop.example"}
    options = [{**domain, "ValidationMethod": method, "ValidationStatus": "SUCCESS"}]
    printed = {"DomainName": "shop.example", "DomainValidationOptions": options}
    (certificate,) = taken(tmp_path, "certificate", {"Certificate": printed})["RequestCertificate"]
    assert certificate["ValidationMethod"] == method
    assert certificate.get("DomainValidationOptions") == ([domain] if has_domains else None)


def test_an_imported_certificate_is_imported_again(tmp_path: Path) -> None:
    printed = {"DomainName": "shop.example", "Type": "IMPORTED", "KeyAlgorithm": "RSA_2048"}
    calls = taken(tmp_path, "certificate", {"Certificate": printed})
    assert calls == {"ImportCertificate": [{"Certificate": "<base64>", "PrivateKey": "<base64>"}]}
