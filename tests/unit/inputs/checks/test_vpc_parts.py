"""Ingress rules with a part of the VPC: for the peers that need them, or for nobody here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.problem import InputError
from harness.inputs.production import Production
from tests.mistakes.edits import edit_security_group

TASKS, PROXY = "sg-0a40c1e2f3b4a5102", "sg-0a40c1e2f3b4a5103"
SUBNETS = [{"CidrIp": "10.40.16.0/20"}, {"CidrIp": "10.40.32.0/20"}]


def load(project: Path, group: str, change: Callable[[list[dict[str, Any]]], object]) -> Production:
    edit_security_group(group, change).apply(project)
    return production.load({}, cwd=project)


def test_the_only_rule_that_admits_a_peer_is_taken_for_its_group(project: Path) -> None:
    def admit_subnets(rules: list[dict[str, Any]]) -> None:
        rules[0].update(UserIdGroupPairs=[], IpRanges=SUBNETS)

    app = load(project, "tickets-database", admit_subnets)
    (rule,) = app.network.groups[app.network.database_group].ingress
    assert (rule.groups, rule.cidrs) == ((PROXY,), ())
    assert app.notes == (
        "security-groups.json: tickets-database admits 10.40.16.0/20, 10.40.32.0/20: taken for"
        " tickets-proxy, since the stack has other subnets",
    )


def test_a_rule_that_no_connection_needs_admits_nobody(project: Path) -> None:
    app = load(
        project,
        "tickets-proxy",
        lambda rules: rules[0].update(IpRanges=[{"CidrIp": "10.40.9.0/24"}]),
    )
    (rule,) = app.network.groups[app.network.proxy_group].ingress
    assert (rule.groups, rule.cidrs) == ((TASKS,), ())
    assert app.notes == (
        "security-groups.json: tickets-proxy admits 10.40.9.0/24: left out, since no connection"
        " that the app needs depends on it",
    )


def test_a_part_on_another_port_admits_no_peer(project: Path) -> None:
    def admit_ssh(rules: list[dict[str, Any]]) -> None:
        rules[0].update(UserIdGroupPairs=[], IpRanges=SUBNETS, FromPort=22, ToPort=22)

    with pytest.raises(InputError, match="admits nobody of RDS Proxy, tickets-proxy"):
        load(project, "tickets-database", admit_ssh)


def test_the_whole_vpc_and_addresses_outside_stay_as_they_are(project: Path) -> None:
    ranges = [{"CidrIp": "10.40.0.0/16"}, {"CidrIp": "192.0.2.0/24"}]
    app = load(project, "tickets-endpoints", lambda rules: rules[0].update(IpRanges=ranges))
    (rule,) = app.network.groups[app.network.endpoints_group].ingress
    assert rule.cidrs == ("10.40.0.0/16", "192.0.2.0/24")
    assert app.notes == ()
