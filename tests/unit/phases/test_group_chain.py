"""The chain of security groups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.inputs.files.security_groups import parse_group
from harness.inputs.production import Production
from harness.phases import group_chain
from tests.project import ROOT


def groups() -> list[dict[str, Any]]:
    text = (ROOT / "app/network/security-groups.json").read_text()
    return list(json.loads(text)["SecurityGroups"])


def breaks_of(raw: list[dict[str, Any]], files: Production) -> list[str]:
    owned = group_chain.owners(files)
    return [finding.actual for finding in group_chain.breaks(map(parse_group, raw), owned)]


def test_the_reference_apps_chain_holds(files: Production) -> None:
    assert breaks_of(groups(), files) == []


@pytest.mark.parametrize(
    ("group", "rule", "actual"),
    [
        (0, {"FromPort": 22, "ToPort": 22}, "admits 10.0.0.0/8 on tcp 22"),
        (1, {"FromPort": 8080, "ToPort": 8080}, "admits 10.0.0.0/8 on tcp 8080"),
        (2, {"FromPort": 3306, "ToPort": 3306}, "admits 10.0.0.0/8 on tcp 3306"),
        (3, {"FromPort": 0, "ToPort": 65535}, "admits 10.0.0.0/8 on tcp 0 to 65535"),
    ],
)
def test_an_address_in_the_chain_is_a_finding(
    files: Production, group: int, rule: dict[str, Any], actual: str
) -> None:
    raw = groups()
    permission = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}], **rule}
    raw[group]["IpPermissions"].append(permission)
    assert breaks_of(raw, files) == [actual]


def test_addresses_of_the_vpc_may_reach_the_endpoints(files: Production) -> None:
    raw = groups()
    ranges = [{"CidrIp": "10.40.0.0/16"}]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges}
    raw[4]["IpPermissions"].append(rule)
    assert breaks_of(raw, files) == []


def test_a_group_that_differs_from_the_file_is_a_finding() -> None:
    file_groups = [parse_group(group) for group in groups()]
    raw = groups()
    raw[3]["IpPermissions"][0]["FromPort"] = 3307
    raw[3]["IpPermissions"][0]["ToPort"] = 3307
    del raw[4]
    texts = [
        f"{finding.thing}: {finding.expected} / {finding.actual}"
        for finding in group_chain.differences(file_groups, map(parse_group, raw))
    ]
    assert texts == [
        "tickets-database: admits sg-0a40c1e2f3b4a5103 on tcp 3306 / no such ingress rule",
        "tickets-database: as in the file / admits sg-0a40c1e2f3b4a5103 on tcp 3307",
        "tickets-endpoints: a security group sg-0a40c1e2f3b4a5105 / there is none",
    ]


def test_a_protocol_without_ports_has_none() -> None:
    assert group_chain.Link("10.0.0.0/8", "sg-1", "icmp", 0, 65535).ports == "icmp"
