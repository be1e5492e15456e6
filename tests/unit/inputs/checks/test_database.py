"""Values of the database and its proxy that RDS refuses, and their neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import database
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import with_call, with_definition, with_phase

SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"


def keys(app: Production) -> list[str]:
    return edits.keys(database.CHECKS, app)


def texts(app: Production) -> list[str]:
    return edits.texts(database.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("aurora-mysql", "8.0.mysql_aurora.3.08.2", "aurora-mysql5.7"),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.1", "aurora-mysql8.0"),
        ("mysql", "8.4.3", "mysql8.0"),
    ],
)
def test_a_parameter_group_of_another_release(
    app: Production, engine: str, version: str, family: str
) -> None:
    document = app.documents["phases.database"]
    data = json.loads(json.dumps(document.data))
    data["CreateDBCluster"] |= {"Engine": engine, "EngineVersion": version}
    data["CreateDBClusterParameterGroup"]["DBParameterGroupFamily"] = family
    (problem,) = database.parameter_groups(with_phase(app, "database", data))
    assert problem.message == (
        f'is "{family}", and the cluster of that group has the engine {engine} {version}: RDS'
        " refuses it"
    )
    assert problem.hint == f'write "{engine}{version[:3]}"'


def test_serverless_instances_need_the_clusters_scaling(app: Production) -> None:
    serverless = with_call(app, "database", "CreateDBInstance", DBInstanceClass="db.serverless")
    assert texts(serverless)[0] == (
        "CreateDBInstance[0].DBInstanceClass: is db.serverless, and the cluster has no"
        " ServerlessV2ScalingConfiguration: RDS refuses the instance; add to CreateDBCluster:"
        ' "ServerlessV2ScalingConfiguration": {"MinCapacity": ..., "MaxCapacity": ...}'
    )
    limits = {"MinCapacity": 0.5, "MaxCapacity": 8}
    scaled = with_call(
        serverless, "database", "CreateDBCluster", ServerlessV2ScalingConfiguration=limits
    )
    assert texts(scaled) == []


@pytest.mark.parametrize(
    ("operation", "changes", "text"),
    [
        (
            "CreateDBProxy",
            {"IdleClientTimeout": 90000},
            "CreateDBProxy[0].IdleClientTimeout: is 90000, and RDS takes 1 to 28800; write 1 to"
            " 28800",
        ),
        (
            "ModifyDBProxyTargetGroup",
            {"ConnectionPoolConfig": {"MaxConnectionsPercent": 0}},
            "ModifyDBProxyTargetGroup[0].ConnectionPoolConfig.MaxConnectionsPercent: is 0, and RDS"
            " takes 1 to 100; write 1 to 100",
        ),
    ],
)
def test_a_value_that_rds_refuses(
    app: Production, operation: str, changes: dict[str, Any], text: str
) -> None:
    assert texts(with_call(app, "database", operation, **changes)) == [text]


WRITER = "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"
PROXY = "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com"
READER = "tickets.cluster-ro-cq8w2k7example.us-east-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("variable", "words", "hint"),
    [
        (
            "DB_HOST",
            "Aurora refuses every write there",
            f"write the cluster's endpoint, {WRITER}; where the app only reads by it, set"
            f' overlay.environment: DB_HOST = "{WRITER}"',
        ),
        (
            "DB_READ_HOST",
            "a rehearsal has the writer alone",
            f'set overlay.environment: DB_READ_HOST = "{WRITER}"',
        ),
    ],
)
def test_a_reader_endpoint_is_named_until_the_overlay_replaces_it(
    app: Production, variable: str, words: str, hint: str
) -> None:
    container = app.services["worker"].definition.raw["containerDefinitions"][0]
    entry = {"name": variable, "value": READER}
    others = [pair for pair in container["environment"] if pair["name"] != variable]
    changed = {**container, "environment": [entry, *others]}
    broken = with_definition(app, "worker", containerDefinitions=[changed])
    (problem,) = database.reader_endpoints(broken)
    assert problem.message == f'is "{READER}" ({variable}), the reader endpoint: {words}'
    assert problem.hint == hint
    overlay = app.config.overlay.model_copy(
        update={"environment": {**app.config.overlay.environment, variable: WRITER}}
    )
    replaced = replace(broken, config=replace(app.config, overlay=overlay))
    assert edits.messages(database.CHECKS, replaced) == []


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        (PROXY.replace("tickets.", "tickets-ro.endpoint."), PROXY),
        (WRITER.replace("cluster-", "cluster-custom-"), WRITER),
        (WRITER.replace("tickets.cluster-", "tickets-replica."), WRITER),
    ],
    ids=["of-the-proxy", "custom", "a-replica"],
)
def test_an_endpoint_that_no_rehearsal_has_is_named(
    app: Production, name: str, instead: str
) -> None:
    """A read-only endpoint of the proxy, a custom one of the cluster, a replica of RDS MySQL."""
    (problem,) = database.reader_endpoints(with_variable(app, "DB_READ_HOST", name))
    words = "no endpoint of [database]: a rehearsal has the writer alone"
    assert problem.message == f'is "{name}" (DB_READ_HOST), {words}'
    assert problem.hint == f'set overlay.environment: DB_READ_HOST = "{instead}"'
    (problem,) = database.reader_endpoints(with_variable(app, "READ_URL", f"mysql://u:p@{name}/x"))
    assert "u:p" not in f"{problem.message} {problem.hint}"
    assert problem.hint == f"set overlay.environment.READ_URL, with {instead} as host"


@pytest.mark.parametrize("value", [WRITER, PROXY, "", "the .cluster-ro- of a text"])
def test_the_endpoints_of_the_configuration_are_no_reader(app: Production, value: str) -> None:
    assert edits.messages(database.CHECKS, with_variable(app, "DB_READ_HOST", value)) == []


def with_variable(app: Production, name: str, value: str) -> Production:
    """A worker whose task has one more variable."""
    container = app.services["worker"].definition.raw["containerDefinitions"][0]
    environment = [*container["environment"], {"name": name, "value": value}]
    changed = {**container, "environment": environment}
    return with_definition(app, "worker", containerDefinitions=[changed])


def test_a_default_group_of_another_release(app: Production) -> None:
    named = {"DBClusterParameterGroupName": "default.aurora-mysql5.7"}
    (problem,) = database.parameter_groups(with_call(app, "database", "CreateDBCluster", **named))
    assert problem.key == "CreateDBCluster[0].DBClusterParameterGroupName"
    assert problem.hint == 'write "default.aurora-mysql8.0"'
    named = {"DBClusterParameterGroupName": "default.aurora-mysql8.0"}
    assert keys(with_call(app, "database", "CreateDBCluster", **named)) == []


@pytest.mark.parametrize(
    ("operation", "changes", "said"),
    [
        (
            "RegisterDBProxyTargets",
            {"DBClusterIdentifiers": ["ticket"]},
            'DBClusterIdentifiers[0] is "ticket", and the file makes the cluster tickets',
        ),
        (
            "ModifyDBProxyTargetGroup",
            {"DBProxyName": "ticket"},
            'DBProxyName is "ticket", and the file makes the proxy tickets',
        ),
        (
            "CreateDBCluster",
            {"DBSubnetGroupName": "ticket"},
            'DBSubnetGroupName is "ticket", and the file makes the subnet group tickets',
        ),
        (
            "CreateDBCluster",
            {"MasterUserPassword": "a-password"},
            "MasterUserPassword is set, and ManageMasterUserPassword is true",
        ),
        (
            "ModifyDBProxyTargetGroup",
            {"ConnectionPoolConfig": {"MaxIdleConnectionsPercent": 50}},
            "MaxIdleConnectionsPercent is 50, and MaxConnectionsPercent is missing",
        ),
        (
            "ModifyDBProxyTargetGroup",
            {"ConnectionPoolConfig": {"MaxConnectionsPercent": 80, "MaxIdleConnectionsPercent": 5}},
            "",
        ),
        (
            "ModifyDBProxyTargetGroup",
            {"ConnectionPoolConfig": {"SessionPinningFilters": ["EXCLUDE_VARIABLE_SET"]}},
            "has EXCLUDE_VARIABLE_SET, and RDS knows EXCLUDE_VARIABLE_SETS alone",
        ),
        ("CreateDBCluster", {"Port": 3307}, "is 3307, and the database's group admits RDS Proxy"),
        ("CreateDBCluster", {"Port": 3306}, ""),
        ("CreateDBCluster", {"MasterUsername": "rdsadmin"}, 'MasterUsername is "rdsadmin"'),
        ("CreateDBCluster", {"MasterUsername": "shop_owner"}, ""),
        ("CreateDBSubnetGroup", {"SubnetIds": ["subnet-1"]}, "SubnetIds has one subnet"),
        ("CreateDBProxy", {"VpcSubnetIds": ["subnet-1"]}, "VpcSubnetIds has one subnet"),
        (
            "CreateDBProxy",
            {"Auth": [{"SecretArn": f"{SECRET}:password::"}]},
            "with the parts that only a task definition's valueFrom has",
        ),
        ("CreateDBProxy", {"Auth": [{"SecretArn": SECRET}]}, ""),
    ],
)
def test_what_rds_refuses_together(
    app: Production, operation: str, changes: dict[str, Any], said: str
) -> None:
    messages = edits.messages(database.CHECKS, with_call(app, "database", operation, **changes))
    edits.judge(messages, said)


def test_an_instance_has_its_clusters_engine(app: Production) -> None:
    messages = edits.messages(
        database.CHECKS, with_call(app, "database", "CreateDBInstance", Engine="mysql")
    )
    assert messages[0] == (
        'CreateDBInstance[0].Engine is "mysql", and that of its cluster "aurora-mysql": RDS'
        " refuses it"
    )


@pytest.mark.parametrize(
    ("key", "host", "said"),
    [
        (
            "proxy_endpoint",
            "a.proxy-x1.eu-west-1.rds.amazonaws.com",
            "in the region eu-west-1",
        ),
        ("cluster_endpoint", "a.cluster-x1.us-east-2.rds.amazonaws.com", "in the region us-east-2"),
        ("proxy_endpoint", "a.cluster-x1.us-east-1.rds.amazonaws.com", "an endpoint of a cluster"),
        ("cluster_endpoint", "a.proxy-x1.us-east-1.rds.amazonaws.com", "an endpoint of a proxy"),
        ("proxy_endpoint", "own.endpoint.proxy-x1.us-east-1.rds.amazonaws.com", ""),
        ("cluster_endpoint", "a.cluster-custom-x1.us-east-1.rds.amazonaws.com", ""),
        ("cluster_endpoint", "a-1.x1.us-east-1.rds.amazonaws.com", ""),
        ("proxy_endpoint", "database.876events.example", ""),
        ("proxy_endpoint", None, ""),
    ],
)
def test_endpoints_are_of_their_kind_and_region(
    app: Production, key: str, host: str | None, said: str
) -> None:
    table = app.config.database.model_copy(update={key: host})
    changed = replace(app, config=replace(app.config, database=table))
    edits.judge(edits.messages((database.endpoints,), changed), said)
    elsewhere = replace(changed.config, foreign=("eu-west-1", "us-east-2"))
    if "region" in said:
        assert edits.messages((database.endpoints,), replace(changed, config=elsewhere)) == []
