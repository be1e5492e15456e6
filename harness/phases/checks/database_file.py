"""The file of the database: a cluster and a proxy that RDS makes, and that belong together.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html,
API_CreateDBProxy.html and API_RegisterDBProxyTargets.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.phases.checks.difference import Difference, calls_of, inputs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.inputs.files.api_calls import Call
    from harness.phases.account import Account

_AURORA = "aurora-mysql"
_VERSION = re.compile(r"\d+\.\d+\.mysql_aurora\.\d+\.\d{2}\.\d+(?:\.\d+)?|\d+\.\d+(?:\.\d+)?")
"""https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html"""
_TOO_SMALL = re.compile(r"db\.(?:t\w+\.(?:nano|micro|small)|m\d\w*\..+)")
"""Classes of RDS that Aurora has not:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Types.html"""
_SECURE = "require_secure_transport"
_OFF = ("OFF", "0", "FALSE")
_MADE_AND_USED = {
    "CreateDBSubnetGroup": "DBSubnetGroupName",
    "CreateDBClusterParameterGroup": "DBClusterParameterGroupName",
}
"""Operation that makes a thing of the cluster -> the field that names it, there and here."""
_LEAST_SUBNETS = {"CreateDBSubnetGroup": "SubnetIds", "CreateDBProxy": "VpcSubnetIds"}


def differences(_account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Go through values that RDS refuses, and names that leave cluster and proxy apart."""
    for call in calls_of("CreateDBProxy", calls):
        if not call.given.get("RequireTLS"):
            yield Difference(f"{call.key}.RequireTLS", "true", "lets in what has no TLS")
    for call in (*calls_of("CreateDBInstance", calls), *calls_of("CreateDBCluster", calls)):
        if call.given.get("PubliclyAccessible"):
            expected = "false: the app alone reaches the database"
            yield Difference(f"{call.key}.PubliclyAccessible", expected, "makes it public")
    yield from _of_parameters(calls)
    yield from _of_names(calls)
    yield from _of_targets(calls)
    yield from _of_versions(calls)
    for operation, name in _LEAST_SUBNETS.items():
        for call in calls_of(operation, calls):
            subnets = {*(call.given.get(name) or ())}
            if len(subnets) == 1:
                expected = "two subnets at least, in two Availability Zones"
                yield Difference(f"{call.key}.{name}", expected, f"has {', '.join(subnets)} alone")


def _of_parameters(calls: list[Call]) -> Iterator[Difference]:
    for call in calls_of("ModifyDBClusterParameterGroup", calls):
        for index, one in enumerate(call.given.get("Parameters") or ()):
            value = str(one.get("ParameterValue", ""))
            if one.get("ParameterName") == _SECURE and value.upper() in _OFF:
                key = f"{call.key}.Parameters[{index}].ParameterValue"
                yield Difference(key, f"{_SECURE} ON", f"is {value}: it takes plain text")


def _of_names(calls: list[Call]) -> Iterator[Difference]:
    """The cluster uses each group that the file makes, and each instance is of the cluster."""
    clusters = inputs_of("CreateDBCluster", calls)
    users = [*clusters, *(one for one in inputs_of("CreateDBInstance", calls) if not clusters)]
    for operation, field in _MADE_AND_USED.items():
        used = _values(users, field)
        for call in calls_of(operation, calls) if users else ():
            if (name := str(call.given.get(field, ""))) not in used:
                expected = (
                    f"the group of the cluster, {', '.join(sorted(used)) or 'which names none'}"
                )
                yield Difference(f"{call.key}.{field}", expected, f"is {name}, which nothing uses")
    groups = _values(users, "DBClusterParameterGroupName")
    for call in calls_of("ModifyDBClusterParameterGroup", calls) if clusters else ():
        if (name := str(call.given.get("DBClusterParameterGroupName"))) not in groups:
            key = f"{call.key}.DBClusterParameterGroupName"
            named = ", ".join(sorted(groups)) or "which names none"
            yield Difference(key, f"the group of the cluster, {named}", f"is {name}")
    engines = {str(one["DBClusterIdentifier"]): str(one["Engine"]) for one in clusters}
    for call in calls_of("CreateDBInstance", calls):
        name = str(call.given.get("DBClusterIdentifier", ""))
        engine = str(call.given.get("Engine", ""))
        if name and clusters and name not in engines:
            key = f"{call.key}.DBClusterIdentifier"
            yield Difference(key, f"the cluster {', '.join(engines)}", f"is {name}")
        elif name in engines and engine != engines[name]:
            expected = f"{engines[name]}, the engine of its cluster"
            yield Difference(f"{call.key}.Engine", expected, f"is {engine}")


def _values(inputs: list[Mapping[str, Any]], field: str) -> set[str]:
    return {str(one[field]) for one in inputs if one.get(field)}


def _of_targets(calls: list[Call]) -> Iterator[Difference]:
    """The proxy of the file has the cluster of the file as its target."""
    proxies = _values(inputs_of("CreateDBProxy", calls), "DBProxyName")
    known = {
        "DBClusterIdentifiers": _values(inputs_of("CreateDBCluster", calls), "DBClusterIdentifier"),
        "DBInstanceIdentifiers": _values(
            inputs_of("CreateDBInstance", calls), "DBInstanceIdentifier"
        ),
    }
    for operation in ("RegisterDBProxyTargets", "ModifyDBProxyTargetGroup"):
        for call in calls_of(operation, calls):
            name = str(call.given.get("DBProxyName"))
            if proxies and name not in proxies:
                expected = f"the proxy {', '.join(sorted(proxies))}"
                yield Difference(f"{call.key}.DBProxyName", expected, f"is {name}")
            for field, made in known.items():
                others = [str(one) for one in call.given.get(field) or () if str(one) not in made]
                if made and others:
                    expected = f"{', '.join(sorted(made))}, which the file makes"
                    yield Difference(f"{call.key}.{field}", expected, f"has {', '.join(others)}")
    if proxies and any(known.values()) and not calls_of("RegisterDBProxyTargets", calls):
        expected = "RegisterDBProxyTargets with the cluster, without which the proxy has no target"
        yield Difference("CreateDBProxy", expected, "registers none")


def _of_versions(calls: list[Call]) -> Iterator[Difference]:
    for call in (*calls_of("CreateDBCluster", calls), *calls_of("CreateDBInstance", calls)):
        if call.given.get("Engine") != _AURORA:
            continue
        version = str(call.given.get("EngineVersion", ""))
        if version and not _VERSION.fullmatch(version):
            expected = "a version of Aurora MySQL as RDS writes it, 8.0.mysql_aurora.3.08.2"
            yield Difference(f"{call.key}.EngineVersion", expected, f"is {version}")
        size = str(call.given.get("DBInstanceClass", ""))
        if _TOO_SMALL.fullmatch(size):
            expected = "a class of Aurora MySQL, db.t4g.medium or db.r7g.large for instance"
            yield Difference(f"{call.key}.DBInstanceClass", expected, f"is {size}")
