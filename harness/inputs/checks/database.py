"""The database and its proxy, as RDS takes them, and the endpoint that tasks have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.inputs.derivation import READER
from harness.inputs.files import phase_files
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_RANGES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "CreateDBCluster": {"BackupRetentionPeriod": (1, 35)},
    "CreateDBProxy": {"IdleClientTimeout": (1, 28800)},
    "ModifyDBProxyTargetGroup": {
        "ConnectionPoolConfig.ConnectionBorrowTimeout": (0, 300),
        "ConnectionPoolConfig.MaxConnectionsPercent": (1, 100),
    },
}
"""Operation -> field -> least and most:
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html and
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-creating.html"""
_SERVERLESS, _SERVERLESS_SCALING = "db.serverless", "ServerlessV2ScalingConfiguration"
_FAMILY = "MYSQL"
_RELEASE = re.compile(r"\d+\.\d+")


def values(production: Production) -> Iterator[Problem]:
    """Values of the cluster and its proxy."""
    for one in phase_files.calls(production, "database"):
        for path, (least, most) in _RANGES.get(one.operation, {}).items():
            value = _value(one.given, path)
            if value is not None and not least <= value <= most:
                yield Problem(
                    f"{one.key}.{path}",
                    f"is {value}, and RDS takes {least} to {most}",
                    f"write {least} to {most}",
                    file=production.files["phases.database"],
                )


def _value(content: Mapping[str, Any], path: str) -> int | None:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) else None


def engine_families(production: Production) -> Iterator[Problem]:
    """A proxy speaks the protocol of Aurora MySQL."""
    for one in phase_files.calls(production, "database"):
        family = one.given.get("EngineFamily", _FAMILY)
        if family != _FAMILY:
            yield Problem(
                f"{one.key}.EngineFamily",
                f'is "{family}", and the cluster is Aurora MySQL: RDS refuses it as a target',
                f'write "{_FAMILY}"',
                file=production.files["phases.database"],
            )


def serverless(production: Production) -> Iterator[Problem]:
    """A cluster with serverless instances has their scaling.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.create.html
    """
    calls = phase_files.calls(production, "database")
    unscaled = {
        one.given.get("DBClusterIdentifier")
        for one in calls
        if one.operation == "CreateDBCluster" and _SERVERLESS_SCALING not in one.given
    }
    for one in calls:
        is_serverless = one.given.get("DBInstanceClass") == _SERVERLESS
        if is_serverless and one.given.get("DBClusterIdentifier") in unscaled:
            yield Problem(
                f"{one.key}.DBInstanceClass",
                f"is {_SERVERLESS}, and the cluster has no {_SERVERLESS_SCALING}: RDS refuses the"
                " instance",
                f'add to CreateDBCluster: "{_SERVERLESS_SCALING}": {{"MinCapacity": ...,'
                ' "MaxCapacity": ...}',
                file=production.files["phases.database"],
            )


def parameter_groups(production: Production) -> Iterator[Problem]:
    """A cluster's parameter group is of the family of its engine's version.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithParamGroups.html
    """
    calls = phase_files.calls(production, "database")
    families = {
        str(one.given["DBClusterParameterGroupName"]): str(one.given["DBParameterGroupFamily"])
        for one in calls
        if one.operation == "CreateDBClusterParameterGroup"
    }
    for one in calls:
        version = _RELEASE.match(str(one.given.get("EngineVersion", "")))
        family = families.get(str(one.given.get("DBClusterParameterGroupName", "")), "")
        if one.operation == "CreateDBCluster" and version and family:
            wanted = f"{one.given['Engine']}{version[0]}"
            if family != wanted:
                yield Problem(
                    "CreateDBClusterParameterGroup.DBParameterGroupFamily",
                    f'is "{family}", and the cluster of that group has the engine'
                    f" {one.given['Engine']} {one.given['EngineVersion']}: RDS refuses it",
                    f'write "{wanted}"',
                    file=production.files["phases.database"],
                )


def reader_endpoints(production: Production) -> Iterator[Problem]:
    """No task has Aurora's reader endpoint: a rehearsal has the writer alone, and takes writes.

    A writer in its place would hide that Aurora refuses writes there (error 1290):
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.Reader.html.
    """
    replaced = production.config.overlay.environment
    for definition in production.definitions:
        for place, name, value in definition.variables:
            if name in replaced or not READER.search(value):
                continue
            writer = READER.sub(".cluster-", value)
            message, hint = "a rehearsal has the writer alone", ""
            if name == "DB_HOST":
                message = "Aurora refuses every write there"
                hint = f"write the cluster's endpoint, {writer}; where the app only reads by it,"
            yield Problem(
                place,
                f'is "{value}" ({name}), the reader endpoint: {message}',
                f'{hint} set overlay.environment: {name} = "{writer}"'.strip(),
                file=definition.source,
            )


CHECKS = (
    values,
    engine_families,
    serverless,
    parameter_groups,
    reader_endpoints,
)
