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


@pytest.mark.parametrize(
    ("name", "path", "value", "actual"),
    [
        ("dns", f"{DNS}.ResourceRecordSet.TTL", 86400, "has 86400 s"),
        ("dns", f"{DNS}.Action", "CREATE", "has CREATE"),
        ("scaling", "RegisterScalableTarget.MinCapacity", 0, "has 0"),
        ("database", "CreateDBInstance[0].PubliclyAccessible", True, "makes it public"),
    ],
)
def test_a_value_that_no_account_takes_is_a_finding(
    name: str, path: str, value: Any, actual: str, files: Production
) -> None:
    data = changed(files.documents[f"phases.{name}"].data, path, value)
    assert findings_of(files, name, data) == [actual]


def test_subnets_of_one_zone_are_a_finding(files: Production) -> None:
    data = deepcopy(files.documents["phases.network"].data)
    for one in data["CreateSubnet"]:
        one["AvailabilityZone"] = "us-east-1a"
    assert findings_of(files, "network", data) == ["has one"]


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
            ["makes a CNAME record beside it", "makes a A record beside it"],
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
