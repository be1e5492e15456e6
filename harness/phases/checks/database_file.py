"""The file of the database: a private cluster that has its groups, and a proxy that has it.

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
_VERSION = re.compile(r"\d+\.\d+\.mysql_aurora\.\d+\.\d{2}\.\d+(?:\.\d+)?|\d+\.\d+")
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


def differences(_account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Go through values that RDS refuses or that open the database, and groups without effect."""
    for call in calls_of("CreateDBProxy", calls):
        if not call.input.get("RequireTLS"):
            yield Difference(f"{call.key}.RequireTLS", "true", "lets in what has no TLS")
    for call in (*calls_of("CreateDBInstance", calls), *calls_of("CreateDBCluster", calls)):
        if call.input.get("PubliclyAccessible"):
            expected = "false: the app alone reaches the database"
            yield Difference(f"{call.key}.PubliclyAccessible", expected, "makes it public")
    yield from _of_parameters(calls)
    yield from _of_groups(calls)
    yield from _of_targets(calls)
    yield from _of_versions(calls)


def _of_parameters(calls: list[Call]) -> Iterator[Difference]:
    for call in calls_of("ModifyDBClusterParameterGroup", calls):
        for index, parameter in enumerate(call.input.get("Parameters") or ()):
            value = str(parameter.get("ParameterValue", ""))
            if parameter.get("ParameterName") == _SECURE and value.upper() in _OFF:
                key = f"{call.key}.Parameters[{index}].ParameterValue"
                yield Difference(key, f"{_SECURE} ON", f"is {value}: it takes plain text")


def _of_groups(calls: list[Call]) -> Iterator[Difference]:
    """The cluster uses each group that the file makes: parameters of another change nothing."""
    clusters = inputs_of("CreateDBCluster", calls)
    users = [
        *clusters,
        *(instance for instance in inputs_of("CreateDBInstance", calls) if not clusters),
    ]
    for operation, field in _MADE_AND_USED.items():
        used = _values(users, field)
        for call in calls_of(operation, calls) if users else ():
            if (name := str(call.input.get(field, ""))) not in used:
                names = ", ".join(sorted(used)) or "which names none"
                expected = f"the group of the cluster, {names}"
                yield Difference(f"{call.key}.{field}", expected, f"is {name}, which nothing uses")


def _values(inputs: list[Mapping[str, Any]], field: str) -> set[str]:
    return {str(request[field]) for request in inputs if request.get(field)}


def _of_targets(calls: list[Call]) -> Iterator[Difference]:
    databases = [*calls_of("CreateDBCluster", calls), *calls_of("CreateDBInstance", calls)]
    proxies = calls_of("CreateDBProxy", calls)
    if proxies and databases and not calls_of("RegisterDBProxyTargets", calls):
        expected = "RegisterDBProxyTargets with the cluster, without which the proxy has no target"
        yield Difference(proxies[0].key, expected, "registers none")


def _of_versions(calls: list[Call]) -> Iterator[Difference]:
    for call in (*calls_of("CreateDBCluster", calls), *calls_of("CreateDBInstance", calls)):
        if call.input.get("Engine") != _AURORA:
            continue
        version = str(call.input.get("EngineVersion", ""))
        if version and not _VERSION.fullmatch(version):
            expected = "a version of Aurora MySQL as RDS writes it, 8.0.mysql_aurora.3.08.2"
            yield Difference(f"{call.key}.EngineVersion", expected, f"is {version}")
        size = str(call.input.get("DBInstanceClass", ""))
        if _TOO_SMALL.fullmatch(size):
            expected = "a class of Aurora MySQL, db.t4g.medium or db.r7g.large for instance"
            yield Difference(f"{call.key}.DBInstanceClass", expected, f"is {size}")
