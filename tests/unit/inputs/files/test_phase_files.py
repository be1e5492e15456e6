"""The files of [phases], in their two forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import operation_shapes
from harness.inputs.document import read_json
from harness.inputs.files import phase_files
from harness.inputs.files.phase_files import PHASE_FILES
from harness.inputs.problem import InputError


def test_the_note_names_the_command_that_printed_the_file(tmp_path: Path) -> None:
    path = tmp_path / "database.json"
    path.write_text(json.dumps({"DBInstances": [{"DBInstanceIdentifier": "shop"}]}))
    file = phase_files.PHASE_FILES["database"]
    note = phase_files.form(read_json(path), file=file).note
    assert "taken as `aws rds describe-db-instances` prints it" in note


def file_of(tmp_path: Path, *objects: Any) -> Path:
    path = tmp_path / "file.json"
    path.write_text("\n".join(json.dumps(document) for document in objects))
    return path


def taken(name: str, path: Path) -> dict[str, Any]:
    file = PHASE_FILES[name]
    document = phase_files.form(read_json(path), file=file)
    phase_files.check(document, file=file)
    return document.data


@pytest.mark.parametrize("name", PHASE_FILES)
def test_each_operation_and_what_prints_it_are_botocores(name: str) -> None:
    file = PHASE_FILES[name]
    for operation in file.operations:
        assert operation_shapes.input_shape(file.api, operation)
    for field, (describe, *operations) in file.printed.items():
        assert field in operation_shapes.output_shape(file.api, describe).members
        assert {*operations} <= {*file.operations}


def test_log_groups_as_the_cli_prints_them_are_two_operations(tmp_path: Path) -> None:
    group = {"logGroupName": "/ecs/shop", "retentionInDays": 30, "storedBytes": 1, "arn": "x"}
    endless = {"logGroupName": "/ecs/other", "storedBytes": 1}
    assert taken("logs", file_of(tmp_path, {"logGroups": [group, endless], "nextToken": "a"})) == {
        "CreateLogGroup": [{"logGroupName": "/ecs/shop"}, {"logGroupName": "/ecs/other"}],
        "PutRetentionPolicy": [{"logGroupName": "/ecs/shop", "retentionInDays": 30}],
    }


def test_several_outputs_and_operations_stand_in_one_file(tmp_path: Path) -> None:
    proxy = {
        "DBProxyName": "shop",
        "Status": "available",
        "EngineFamily": "MYSQL",
        "Auth": [{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:eu:1:secret:a"}],
        "RoleArn": "arn:aws:iam::123456789012:role/shop-proxy",
        "VpcSubnetIds": ["subnet-1"],
        "RequireTLS": True,
        "Endpoint": "shop.proxy-x",
    }
    targets = {"DBProxyName": "shop", "DBClusterIdentifiers": ["shop"]}
    path = file_of(tmp_path, {"DBProxies": [proxy]}, {"RegisterDBProxyTargets": targets})
    operations = taken("database", path)
    assert operations["RegisterDBProxyTargets"] == [targets]
    (created,) = operations["CreateDBProxy"]
    assert created.keys() == proxy.keys() - {"Status", "Endpoint"}


def test_a_certificate_as_the_cli_prints_it(tmp_path: Path) -> None:
    printed = {
        "Certificate": {
            "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
            "DomainName": "www.shop.example",
            "SubjectAlternativeNames": ["www.shop.example"],
            "Status": "ISSUED",
            "KeyAlgorithm": "RSA_2048",
        }
    }
    assert taken("certificate", file_of(tmp_path, printed)) == {
        "RequestCertificate": [
            {
                "DomainName": "www.shop.example",
                "SubjectAlternativeNames": ["www.shop.example"],
                "KeyAlgorithm": "RSA_2048",
                "ValidationMethod": "DNS",
            }
        ]
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("registry", {"CreateRepository": {"repositoryName": "Shop"}}, "has characters, or a form"),
        ("logs", {"CreateLogGroup": {}}, "CreateLogGroup.logGroupName is missing"),
        (
            "dns",
            {"CreateLogGroup": {"logGroupName": "a"}},
            "CreateLogGroup is no operation for this file",
        ),
        (
            "certificate",
            {"services": []},
            "is what `aws ecs describe-services` prints, and a certificate is expected",
        ),
        ("scaling", {"ScalableTargets": [{"ResourceId": "service/a/b"}]}, "ServiceNamespace"),
    ],
)
def test_a_file_that_aws_would_not_take_is_rejected(
    name: str, content: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        taken(name, file_of(tmp_path, content))
    assert message in str(caught.value)


def test_a_certificates_algorithm_is_spelled_as_acm_takes_it(tmp_path: Path) -> None:
    printed = {"DomainName": "shop.example", "KeyAlgorithm": "RSA-2048", "Status": "ISSUED"}
    (request,) = taken("certificate", file_of(tmp_path, {"Certificate": printed}))[
        "RequestCertificate"
    ]
    assert request["KeyAlgorithm"] == "RSA_2048"


def test_changes_of_dns_may_stand_without_their_operation(tmp_path: Path) -> None:
    record: dict[str, Any] = {"Name": "shop.example", "Type": "CNAME", "TTL": 60}
    record["ResourceRecords"] = [{"Value": "old.example"}]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    changes = [{"HostedZoneId": "Z1", "ChangeBatch": batch}] * 2
    path = file_of(tmp_path, *changes)
    assert taken("dns", path) == {"ChangeResourceRecordSets": changes}
    record["TTL"] = "60"
    with pytest.raises(InputError) as caught:
        taken("dns", file_of(tmp_path, changes[0]))
    (problem,) = caught.value.problems
    assert problem.key == "ChangeBatch.Changes[0].ResourceRecordSet.TTL"


def test_the_records_of_a_zone_are_no_change_of_them(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"ResourceRecordSets": []})
    with pytest.raises(InputError) as caught:
        taken("dns", path)
    assert str(caught.value) == (
        f"{path}: ResourceRecordSets is what `aws route53 list-resource-record-sets` prints, and a"
        " change of DNS records is expected\n"
        f"  where: {path}:1: ResourceRecordSets\n"
        "  what to do: put there the input of ChangeResourceRecordSets, or correct the path"
    )
