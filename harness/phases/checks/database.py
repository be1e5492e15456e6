"""Phase 2: RDS Proxy, its targets, the cluster behind it, and TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.inputs.checks import cluster_parameters
from harness.inputs.files import phase_files
from harness.phases.account import Account
from harness.phases.checks.difference import inputs_of
from harness.phases.phase import Finding, NotCovered, absent, check

_NO_RDS = "MySQL Router and MySQL stand in, without an rds API; scenarios of the database prove TLS"
_BACKUP_DAYS = 7
_PERCENT = 100
_QUERY = "InitQuery"


def proxy_name(account: Account) -> str:
    """Return the name of RDS Proxy.

    Raises:
        NotCovered: Production has none, or its endpoint does not name it.
    """
    access = account.access
    if not access.proxy_endpoint:
        raise NotCovered("no RDS Proxy is configured", key="set database.proxy_endpoint")
    if not access.proxy_name:
        reason = f"{access.proxy_endpoint} is no default endpoint, which has the proxy's name"
        raise NotCovered(reason, key="set phases.database, which 2.database-as-file compares")
    return access.proxy_name


def cluster_name(account: Account) -> str:
    """Return the name of the Aurora cluster.

    Raises:
        NotCovered: The database is another one.
    """
    name = account.access.cluster_name
    if not name:
        reason = f"{account.access.cluster_endpoint} is no endpoint of an Aurora cluster"
        raise NotCovered(reason, key="database.cluster_endpoint")
    return name


def _proxy(account: Account) -> dict[str, Any] | None:
    answer = account.read("rds", "DescribeDBProxies", DBProxyName=proxy_name(account))
    return next(iter(answer["DBProxies"]), None) if answer else None


@check("2.proxy", reads=("rds:DescribeDBProxies",), not_local=_NO_RDS, readiness=True)
def proxy(account: Account) -> Iterator[Finding]:
    """RDS Proxy is available, requires TLS, and signs in with the app's secret in its group."""
    name = proxy_name(account)
    db_proxy = _proxy(account)
    if db_proxy is None:
        yield absent(f"RDS Proxy {name}", remedy="create it, or correct database.proxy_endpoint")
        return
    thing, group = f"RDS Proxy {name}", account.production.network.proxy_group
    if db_proxy["Status"] != "available":
        remedy = "wait; with insufficient-resource-limits or incompatible-network recreate it"
        yield Finding(thing, "status available", f"status {db_proxy['Status']}", remedy)
    if not db_proxy.get("RequireTLS"):
        remedy = f"aws rds modify-db-proxy --db-proxy-name {name} --require-tls"
        yield Finding(thing, "TLS required", "connections without TLS are taken", remedy)
    secret = account.access.secrets.get("db", "")
    arns = [auth.get("SecretArn", "") for auth in db_proxy.get("Auth", ())]
    pattern = re.compile(rf":secret:{re.escape(secret)}(-[A-Za-z0-9]{{6}})?$")
    if secret and not any(map(pattern.search, arns)):
        actual = f"signs in with {', '.join(filter(None, arns)) or 'no secret'}"
        yield Finding(thing, f"the secret {secret}", actual, "add the secret to its authentication")
    if group and db_proxy.get("VpcSecurityGroupIds") != [group]:
        actual = f"has {', '.join(db_proxy.get('VpcSecurityGroupIds', ())) or 'none'}"
        yield Finding(thing, f"the security group {group} alone", actual, "change its groups")
    if db_proxy.get("Endpoint") not in (None, account.access.proxy_endpoint):
        remedy = "correct database.proxy_endpoint, and DB_HOST of the task definitions"
        yield Finding(thing, account.access.proxy_endpoint, str(db_proxy["Endpoint"]), remedy)


@check("2.proxy-targets", reads=("rds:DescribeDBProxyTargets",), not_local=_NO_RDS)
def proxy_targets(account: Account) -> Iterator[Finding]:
    """RDS Proxy reaches the database with the app's account."""
    name = proxy_name(account)
    answer = account.read("rds", "DescribeDBProxyTargets", DBProxyName=name)
    targets = (
        [entry for entry in answer["Targets"] if entry.get("Type") != "TRACKED_CLUSTER"]
        if answer
        else []
    )
    if not targets:
        remedy = f"aws rds register-db-proxy-targets --db-proxy-name {name}"
        yield absent(f"target of RDS Proxy {name}", remedy=remedy)
    for target in targets:
        health = target.get("TargetHealth", {})
        if health.get("State") != "AVAILABLE":
            reason = health.get("Reason", "no reason")
            yield Finding(
                f"target {target.get('RdsResourceId')} of RDS Proxy {name}",
                "AVAILABLE",
                f"{health.get('State')}, {reason}: {health.get('Description', '')}",
                _TARGET_REMEDIES.get(reason, "wait, then read the proxy's log"),
            )


_TARGET_REMEDIES = {
    "AUTH_FAILURE": "make the secret and the database's account agree",
    "CONNECTION_FAILED": "let the database's group admit the proxy's on its port",
    "UNREACHABLE": "let the database's group admit the proxy's on its port",
    "INVALID_REPLICATION_STATE": "restore replication of the reader",
    "PENDING_PROXY_CAPACITY": "wait: the proxy is still scaled",
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html"""


@check("2.proxy-pool", reads=("rds:DescribeDBProxyTargetGroups",), not_local=_NO_RDS)
def proxy_pool(account: Account) -> Iterator[Finding]:
    """RDS Proxy opens as many connections as cutover.toml counts with, and as its file has them."""
    name, key = proxy_name(account), "phases.database"
    answer = account.read("rds", "DescribeDBProxyTargetGroups", DBProxyName=name)
    limit = account.production.config.database.max_connections_percent
    changes = inputs_of(
        "ModifyDBProxyTargetGroup", phase_files.calls(account.production, "database")
    )
    for group in answer["TargetGroups"] if answer else ():
        thing = f"target group {group['TargetGroupName']} of RDS Proxy {name}"
        pool = group.get("ConnectionPoolConfig", {})
        percent = pool.get("MaxConnectionsPercent", _PERCENT)
        if percent != limit:
            expected = f"MaxConnectionsPercent {limit}"
            remedy = "change it, or database.max_connections_percent"
            yield Finding(thing, expected, str(percent), remedy)
        for config in (change.get("ConnectionPoolConfig") or {} for change in changes):
            yield from account.differences(thing, config, pool, key=key)
            if pool.get(_QUERY) and not config.get(_QUERY):
                yield account.addition(f"{_QUERY} of {thing}", key=key)


def _cluster(account: Account) -> Mapping[str, Any] | None:
    name = cluster_name(account)
    answer = account.read("rds", "DescribeDBClusters", DBClusterIdentifier=name)
    return next(iter(answer["DBClusters"]), None) if answer else None


@check(
    "2.aurora",
    reads=("rds:DescribeDBClusters", "rds:DescribeDBInstances"),
    not_local=_NO_RDS,
    readiness=True,
)
def aurora(account: Account) -> Iterator[Finding]:
    """The cluster is encrypted, private, backed up for a week, and protected from deletion."""
    name = cluster_name(account)
    cluster, group = _cluster(account), account.production.network.database_group
    if cluster is None:
        yield absent(f"cluster {name}", remedy="create it, or correct database.cluster_endpoint")
        return
    groups = [
        membership["VpcSecurityGroupId"] for membership in cluster.get("VpcSecurityGroups", ())
    ]
    modify = f"aws rds modify-db-cluster --db-cluster-identifier {name}"
    days = cluster.get("BackupRetentionPeriod", 0)
    for is_right, expected, actual, remedy in (
        (cluster["Status"] == "available", "available", cluster["Status"], "wait for it"),
        (
            cluster.get("StorageEncrypted"),
            "encrypted storage",
            "it is not encrypted",
            "restore a snapshot of it into an encrypted cluster: it cannot be switched on",
        ),
        (
            days >= _BACKUP_DAYS,
            f"backups of {_BACKUP_DAYS} days",
            f"{days} days",
            f"{modify} --backup-retention-period {_BACKUP_DAYS}",
        ),
        (
            cluster.get("DeletionProtection"),
            "deletion protection",
            "it is off",
            f"{modify} --deletion-protection",
        ),
        (
            groups == [group],
            f"the security group {group} alone",
            f"has {', '.join(groups)}",
            f"{modify} --vpc-security-group-ids {group}",
        ),
    ):
        if not is_right:
            yield Finding(f"cluster {name}", expected, actual, remedy)
    filters = [{"Name": "db-cluster-id", "Values": [name]}]
    for instance in account.read("rds", "DescribeDBInstances", Filters=filters)["DBInstances"]:
        if instance.get("PubliclyAccessible"):
            identifier = instance["DBInstanceIdentifier"]
            yield Finding(
                f"instance {identifier}",
                "no public address",
                "it is publicly accessible",
                f"aws rds modify-db-instance --db-instance-identifier {identifier}"
                " --no-publicly-accessible",
            )


@check(
    "2.tls-required",
    reads=("rds:DescribeDBClusters", "rds:DescribeDBClusterParameters"),
    not_local=_NO_RDS,
)
def tls_required(account: Account) -> Iterator[Finding]:
    """The database refuses connections without TLS."""
    group, parameters = _parameters(account)
    value = parameters.get("require_secure_transport", {}).get("ParameterValue") or "OFF"
    if value.upper() not in ("ON", "1"):
        yield Finding(
            f"parameter group {group}",
            "require_secure_transport ON",
            value,
            "set it in a parameter group of the cluster's own",
        )


def _parameters(account: Account) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the name of the cluster's parameter group, and its parameters by name.

    Raises:
        NotCovered: There is no cluster.
    """
    cluster = _cluster(account)
    if cluster is None:
        raise NotCovered("there is no cluster", key="2.aurora")
    group = cluster["DBClusterParameterGroup"]
    answer = account.read("rds", "DescribeDBClusterParameters", DBClusterParameterGroupName=group)
    return group, {
        parameter["ParameterName"]: parameter for parameter in answer["Parameters"]
    } if answer else {}


@check(
    "2.parameters",
    reads=("rds:DescribeDBClusters", "rds:DescribeDBClusterParameters"),
    not_local=_NO_RDS,
)
def parameters(account: Account) -> Iterator[Finding]:
    """The cluster's parameters are those of its file, and no others were set."""
    key = "phases.database"
    account.file(key, noun="the database")  # not covered without it
    (group, by_name), file_values = (
        _parameters(account),
        cluster_parameters.of_cluster(account.production),
    )
    thing = f"parameter group {group}"
    values = {
        name: _spelled(by_name.get(name, {}).get("ParameterValue", "")) for name in file_values
    }
    declared = {name: _spelled(value) for name, value in file_values.items()}
    yield from account.differences(thing, declared, values, key=key)
    for name, parameter in by_name.items():
        if parameter.get("Source") == "user" and name not in file_values:
            yield account.addition(
                f"{name} = {parameter.get('ParameterValue')} of {thing}", key=key
            )


def _spelled(value: str) -> str:
    """Return a value in MySQL's own spelling of a switch."""
    return {"1": "ON", "0": "OFF"}.get(value, value.upper())


@check("2.test-task", by_hand=True)
def task_connects(account: Account) -> Iterator[Finding]:
    """A task connects with TLS, and is refused without."""
    del account
    raise NotCovered(
        "it runs a task, and nothing is started here",
        key="the command of `cutover phase 2 --plan`; on the local stack `cutover verify -k tls`",
    )


CHECKS = (proxy, proxy_targets, proxy_pool, aurora, tls_required, parameters, task_connects)
