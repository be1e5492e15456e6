"""A database as `aws rds describe-*` prints it, as the inputs that make it.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, and
API_CreateDBCluster.html: the fields that each takes, and those of a cluster's own instances.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.inputs.aws_cli.network import Maker, Operations

_OF_MEMBER = (
    *("DBInstanceIdentifier", "DBInstanceClass", "Engine", "DBClusterIdentifier"),
    *("AvailabilityZone", "PromotionTier", "PubliclyAccessible", "AutoMinorVersionUpgrade"),
    *("PreferredMaintenanceWindow", "CACertificateIdentifier"),
    *("MonitoringInterval", "MonitoringRoleArn"),
)
"""Fields of an instance of a cluster; the others are the cluster's."""
_NO_IOPS_BELOW_GIB = 400
"""RDS takes IOPS and throughput of a gp3 volume from this size on, with MySQL and MariaDB."""
_INSIGHTS = ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod")


def _cluster(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    if str(printed.get("Engine")).startswith("aurora"):
        body.pop("AllocatedStorage", None)
    body.pop("GlobalClusterIdentifier", None)
    names = {
        "DBSubnetGroupName": printed.get("DBSubnetGroup"),
        "DBClusterParameterGroupName": printed.get("DBClusterParameterGroup"),
        "EnableHttpEndpoint": printed.get("HttpEndpointEnabled"),
    }
    yield "CreateDBCluster", _filled({**body, **names, **_settings(printed, body)})


def _instance(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    subnets = printed.get("DBSubnetGroup") or {}
    if subnets.get("Subnets"):
        yield "CreateDBSubnetGroup", _subnet_group(subnets)
    groups = printed.get("DBParameterGroups") or [{}]
    names = {"DBParameterGroupName": groups[0].get("DBParameterGroupName")}
    if printed.get("DBClusterIdentifier"):
        member = {name: value for name, value in body.items() if name in _OF_MEMBER}
        insights = _insights(printed, body)
        yield "CreateDBInstance", _filled({**member, **names, **insights})
        return
    if body.get("MultiAZ"):
        body.pop("AvailabilityZone", None)
    size = body.get("AllocatedStorage") or 0
    is_small = printed.get("StorageType") == "gp3" and size < _NO_IOPS_BELOW_GIB
    if is_small or not body.get("StorageThroughput"):
        body.pop("StorageThroughput", None)
    if is_small or not body.get("Iops"):
        body.pop("Iops", None)
    options = printed.get("OptionGroupMemberships") or [{}]
    names |= {
        "DBSubnetGroupName": subnets.get("DBSubnetGroupName"),
        "OptionGroupName": options[0].get("OptionGroupName"),
        "Port": (printed.get("Endpoint") or {}).get("Port"),
    }
    yield "CreateDBInstance", _filled({**body, **names, **_settings(printed, body)})


def _subnet_group(printed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "DBSubnetGroupName": printed.get("DBSubnetGroupName"),
        "DBSubnetGroupDescription": printed.get("DBSubnetGroupDescription"),
        "SubnetIds": [subnet.get("SubnetIdentifier") for subnet in printed["Subnets"]],
    }


def _settings(printed: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return settings of a cluster, or of an instance without one, that have other names."""
    groups = [group.get("VpcSecurityGroupId") for group in printed.get("VpcSecurityGroups") or ()]
    managed = printed.get("MasterUserSecret")
    password = (
        {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": managed.get("KmsKeyId")}
        if managed
        else {"MasterUserPassword": "<master password>"}
    )
    return {
        **password,
        "VpcSecurityGroupIds": groups,
        "EnableCloudwatchLogsExports": printed.get("EnabledCloudwatchLogsExports"),
        "EnableIAMDatabaseAuthentication": printed.get("IAMDatabaseAuthenticationEnabled"),
        **_insights(printed, body),
    }


def _insights(printed: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of Performance Insights, and the tags, as an input has them."""
    tags = [
        tag for tag in printed.get("TagList") or () if not str(tag.get("Key")).startswith("aws:")
    ]
    enabled = bool(printed.get("PerformanceInsightsEnabled"))
    settings = {name: printed.get(name) for name in _INSIGHTS if enabled}
    for name in _INSIGHTS:
        body.pop(name, None)
    return {"EnablePerformanceInsights": enabled or None, **settings, "Tags": tags}


def _filled(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value not in (None, "", [])}


DATABASE: Mapping[str, Maker] = {"DBClusters": _cluster, "DBInstances": _instance}
"""Field at the top of the output -> the maker of inputs."""
USED = frozenset(
    {
        *("DBSubnetGroup", "DBClusterParameterGroup", "DBParameterGroups", "VpcSecurityGroups"),
        *("OptionGroupMemberships", "MasterUserSecret", "EnabledCloudwatchLogsExports"),
        *("IAMDatabaseAuthenticationEnabled", "PerformanceInsightsEnabled", "TagList"),
        *("HttpEndpointEnabled", "Endpoint"),
    }
)
"""Fields of the output that the inputs have under other names."""


def targets_of_proxy(calls: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the targets of the only proxy: the only cluster, or else the only instance.

    `describe-db-proxies` prints none.
    """
    proxies = calls.get("CreateDBProxy") or []
    clusters = calls.get("CreateDBCluster") or []
    instances = calls.get("CreateDBInstance") or []
    if len(proxies) != 1 or "RegisterDBProxyTargets" in calls:
        return []
    name = {"DBProxyName": proxies[0].get("DBProxyName")}
    if len(clusters) == 1:
        return [{**name, "DBClusterIdentifiers": [clusters[0].get("DBClusterIdentifier")]}]
    if not clusters and len(instances) == 1:
        return [{**name, "DBInstanceIdentifiers": [instances[0].get("DBInstanceIdentifier")]}]
    return []
