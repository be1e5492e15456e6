"""The database and its proxy, as RDS takes them, and the endpoint that tasks have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from harness.aws.aurora import READER, endpoint_elsewhere, kind_and_region
from harness.inputs.checks import connections
from harness.inputs.derivation import DATABASE_URLS
from harness.inputs.files import phase_files
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call
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
_DEFAULT_GROUP = "default."
_NAMED_BY: tuple[tuple[str, str, str], ...] = (
    ("DBClusterIdentifier", "CreateDBCluster", "cluster"),
    ("DBProxyName", "CreateDBProxy", "proxy"),
    ("DBClusterParameterGroupName", "CreateDBClusterParameterGroup", "parameter group"),
    ("DBSubnetGroupName", "CreateDBSubnetGroup", "subnet group"),
)
"""Field, the operation that makes the thing of that name, and a noun for it."""
_TARGETS = "DBClusterIdentifiers"
_PASSWORD = "MasterUserPassword"  # noqa: S105
_MANAGED = "ManageMasterUserPassword"
_MASTER = re.compile(r"[A-Za-z]\w{0,31}")
_RESERVED = ("rdsadmin", "rdsproxyadmin", "rdsrepladmin")
_COLONS = 6
"""In a secret's ARN."""
_LEAST_SUBNETS = 2
_PINNING_FILTER = "EXCLUDE_VARIABLE_SETS"
_RELEASE = re.compile(r"\d+\.\d+")
_OF_WRITER = ("DB_HOST", *DATABASE_URLS)
"""Variables with the endpoint that the app writes to."""


def values(production: Production) -> Iterator[Problem]:
    """Values of the cluster and its proxy."""
    for call in phase_files.calls(production, "database"):
        for path, (least, most) in _RANGES.get(call.operation, {}).items():
            value = _value(call.input, path)
            if value is not None and not least <= value <= most:
                yield Problem(
                    f"{call.key}.{path}",
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
    for call in phase_files.calls(production, "database"):
        family = call.input.get("EngineFamily", _FAMILY)
        if family != _FAMILY:
            yield Problem(
                f"{call.key}.EngineFamily",
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
        call.input.get("DBClusterIdentifier")
        for call in calls
        if call.operation == "CreateDBCluster" and _SERVERLESS_SCALING not in call.input
    }
    for call in calls:
        is_serverless = call.input.get("DBInstanceClass") == _SERVERLESS
        if is_serverless and call.input.get("DBClusterIdentifier") in unscaled:
            yield Problem(
                f"{call.key}.DBInstanceClass",
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
        str(call.input["DBClusterParameterGroupName"]): str(call.input["DBParameterGroupFamily"])
        for call in calls
        if call.operation == "CreateDBClusterParameterGroup"
    }
    for call in calls:
        version = _RELEASE.match(str(call.input.get("EngineVersion", "")))
        group = str(call.input.get("DBClusterParameterGroupName", ""))
        default = group.removeprefix(_DEFAULT_GROUP) if group.startswith(_DEFAULT_GROUP) else ""
        family = families.get(group, default)
        if call.operation == "CreateDBCluster" and version and family:
            engine_family = f"{call.input['Engine']}{version[0]}"
            if family != engine_family:
                yield Problem(
                    f"{call.key}.DBClusterParameterGroupName"
                    if default
                    else "CreateDBClusterParameterGroup.DBParameterGroupFamily",
                    f'is "{group if default else family}", and the cluster of that group has the'
                    f" engine {call.input['Engine']} {call.input['EngineVersion']}: RDS refuses it",
                    f'write "{_DEFAULT_GROUP if default else ""}{engine_family}"',
                    file=production.files["phases.database"],
                )


def references(production: Production) -> Iterator[Problem]:
    """Operations of the file name the things that the file makes.

    A group that is there already is no problem, once all groups that the file makes are used; and
    what the AWS CLI prints may be a part of all that there is.
    """
    document = production.documents.get("phases.database")
    if document is None or document.origins:
        return
    calls = phase_files.calls(production, "database")
    for field, maker, noun in _NAMED_BY:
        names = {str(call.input.get(field)) for call in calls if call.operation == maker}
        mentions = [
            place for call in calls if call.operation != maker for place in _named(call, field)
        ]
        unused = names.difference(name for _, name in mentions)
        lacking = sorted(unused if field.endswith("GroupName") else names)
        for key, name in mentions:
            if name not in names and lacking and not name.startswith(_DEFAULT_GROUP):
                yield Problem(
                    key,
                    f'is "{name}", and the file makes the {noun} {", ".join(lacking)}',
                    f'write "{lacking[0]}"',
                    file=production.files["phases.database"],
                )


def _named(call: Call, field: str) -> Iterator[tuple[str, str]]:
    if field in call.input:
        yield f"{call.key}.{field}", str(call.input[field])
    elif field == "DBClusterIdentifier":
        for number, name in enumerate(call.input.get(_TARGETS) or ()):
            yield f"{call.key}.{_TARGETS}[{number}]", str(name)


def combinations(production: Production) -> Iterator[Problem]:
    """Values that RDS refuses together.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html and
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html
    """
    file = production.files.get("phases.database", "")
    calls = phase_files.calls(production, "database")
    engines = {
        call.input.get("DBClusterIdentifier"): call.input.get("Engine")
        for call in calls
        if call.operation == "CreateDBCluster"
    }
    for call in calls:
        if call.input.get(_MANAGED) and _PASSWORD in call.input:
            message = f"is set, and {_MANAGED} is true: RDS refuses the two together"
            hint = "leave it out: no password belongs in a file"
            yield Problem(f"{call.key}.{_PASSWORD}", message, hint, file=file)
        engine = engines.get(call.input.get("DBClusterIdentifier"))
        if call.operation == "CreateDBInstance" and engine and call.input.get("Engine") != engine:
            message = f'is "{call.input.get("Engine")}", and that of its cluster "{engine}"'
            yield Problem(
                f"{call.key}.Engine", f"{message}: RDS refuses it", f'write "{engine}"', file=file
            )
        pool = call.input.get("ConnectionPoolConfig") or {}
        filters = [str(name) for name in pool.get("SessionPinningFilters") or ()]
        if any(name != _PINNING_FILTER for name in filters):
            yield Problem(
                f"{call.key}.ConnectionPoolConfig.SessionPinningFilters",
                f"has {', '.join(filters)}, and RDS knows {_PINNING_FILTER} alone",
                f'write "{_PINNING_FILTER}", or leave it out',
                file=file,
            )
        idle, most = pool.get("MaxIdleConnectionsPercent"), pool.get("MaxConnectionsPercent")
        if idle is not None and (most is None or idle > most):
            yield Problem(
                f"{call.key}.ConnectionPoolConfig.MaxIdleConnectionsPercent",
                f"is {idle}, and MaxConnectionsPercent {most or 'is missing'}: RDS refuses it",
                "write it no higher than MaxConnectionsPercent, or leave it out",
                file=file,
            )


def accounts(production: Production) -> Iterator[Problem]:
    """The master's name is one that RDS gives, and the proxy's secret is a whole one.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html and
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html
    """
    for call in phase_files.calls(production, "database"):
        name = call.input.get("MasterUsername")
        if name is not None and (not _MASTER.fullmatch(str(name)) or name in _RESERVED):
            yield Problem(
                f"{call.key}.MasterUsername",
                f'is "{name}", which RDS refuses',
                "write letters and digits, a letter first, and no name of RDS's own",
                file=production.files["phases.database"],
            )
        for index, auth in enumerate(call.input.get("Auth") or ()):
            arn = str(auth.get("SecretArn", ""))
            if arn.count(":") > _COLONS:
                yield Problem(
                    f"{call.key}.Auth[{index}].SecretArn",
                    f'is "{arn}", with the parts that only a task definition\'s valueFrom has',
                    f"write {':'.join(arn.split(':')[: _COLONS + 1])}",
                    file=production.files["phases.database"],
                )


def places(production: Production) -> Iterator[Problem]:
    """A cluster and a proxy lie in two zones, and so in two subnets at least.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html and
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-network-prereqs.html
    """
    document = production.documents.get("phases.database")
    if document is None or document.origins:
        return  # what RDS has, it took
    for call in phase_files.calls(production, "database"):
        for field in ("SubnetIds", "VpcSubnetIds"):
            subnets = call.input.get(field)
            if subnets is not None and len(set(subnets)) < _LEAST_SUBNETS:
                yield Problem(
                    f"{call.key}.{field}",
                    "has one subnet, and RDS needs two, in two zones",
                    "name a subnet of another zone, too",
                    file=production.files["phases.database"],
                )


def ports(production: Production) -> Iterator[Problem]:
    """A cluster listens where its group admits the proxy, or the tasks."""
    vpc = IPv4Network(production.network.vpc_cidr)
    for call in phase_files.calls(production, "database"):
        port = call.input.get("Port", connections.MYSQL_PORT)
        if call.operation != "CreateDBCluster" or port == connections.MYSQL_PORT:
            continue
        for way in connections.needed(production):
            if production.network.database_group not in way.destination.ids:
                continue
            if not connections.admits(replace(way, port=port), vpc=vpc):
                yield Problem(
                    f"{call.key}.Port",
                    f"is {port}, and the database's group admits {way.source.name} on"
                    f" {connections.MYSQL_PORT} alone: the cluster would be out of reach",
                    f"leave it out, for port {connections.MYSQL_PORT}",
                    file=production.files["phases.database"],
                )


def reader_endpoints(production: Production) -> Iterator[Problem]:
    """No task has another endpoint: a rehearsal has the writer and its proxy, and takes writes.

    A writer in the place of a reader would hide that it refuses writes (error 1290):
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.Reader.html.
    """
    config, replaced = production.config.database, production.config.overlay.environment
    own = {"proxy": config.proxy_endpoint or "", "cluster": config.cluster_endpoint}
    for definition in production.definitions:
        for place, name, value in definition.variables:
            endpoint, writer = endpoint_elsewhere(value, **own)
            is_reader = bool(READER.search(endpoint))
            if name in replaced or not endpoint or (name in _OF_WRITER and not is_reader):
                continue  # a wrong name is seen in the rehearsal, as its task meets it
            noun = "the reader endpoint" if is_reader else "no endpoint of [database]"
            message, hint = "a rehearsal has the writer alone", ""
            if name == "DB_HOST":
                message = "Aurora refuses every write there"
                hint = f"write the cluster's endpoint, {writer}; where the app only reads by it,"
            to = (
                f': {name} = "{writer}"' if value == endpoint else f".{name}, with {writer} as host"
            )
            yield Problem(
                place,
                f'is "{endpoint}" ({name}), {noun}: {message}',
                f"{hint} set overlay.environment{to}".strip(),
                file=definition.source,
            )


def endpoints(production: Production) -> Iterator[Problem]:
    """Endpoints are of the kind that their keys say, and in the configuration's region.

    Here every name leads to the stand-in, and on AWS to what it says:
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.Cluster.html
    """
    config = production.config
    for key in ("cluster_endpoint", "proxy_endpoint"):
        host, resource = str(getattr(config.database, key) or ""), key.partition("_")[0]
        parts = kind_and_region(host)
        if parts is None:
            continue
        kind, region = parts
        message, hint = "", f"write the endpoint of the {resource} that `aws rds` prints"
        if kind != resource:
            message = f"an endpoint of a {kind} and of no {resource}"
        elif region not in (config.region, *config.foreign):
            message = f"in the region {region}, and aws.region is {config.region}"
        if message:
            yield Problem(f"database.{key}", f'is "{host}", {message}', hint, file=str(config.file))


CHECKS = (
    values,
    engine_families,
    serverless,
    parameter_groups,
    references,
    combinations,
    accounts,
    places,
    ports,
    reader_endpoints,
    endpoints,
)
