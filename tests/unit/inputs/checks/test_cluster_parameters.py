"""The cluster's parameters and the proxy's query: judged, and handed to the local server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.inputs.checks import cluster_parameters
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import with_call

GROUP = "ModifyDBClusterParameterGroup"


def parameter(name: str, value: str, method: str = "pending-reboot") -> dict[str, str]:
    return {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}


def with_parameters(app: Production, *given: dict[str, str]) -> Production:
    return with_call(app, "database", GROUP, Parameters=list(given))


def with_pool(app: Production, **values: Any) -> Production:
    return with_call(app, "database", "ModifyDBProxyTargetGroup", ConnectionPoolConfig=values)


def texts(app: Production) -> list[str]:
    return edits.texts((cluster_parameters.problems,), app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert texts(app) == []
    assert cluster_parameters.options(app) == {}


def test_a_parameter_with_a_fault_is_named(app: Production) -> None:
    problems = texts(
        with_parameters(app, parameter("sql_mode", "ANSI"), parameter("read_only", "1"))
    )
    assert problems == [
        f"{GROUP}[0].Parameters[1] read_only: is on: the writer refuses each write, too; leave it"
        " out"
    ]


def test_a_static_parameter_waits_for_a_reboot(app: Production) -> None:
    (problem,) = texts(with_parameters(app, parameter("binlog_format", "ROW", "immediate")))
    assert problem == (
        f'{GROUP}[0].Parameters[0].ApplyMethod: is "immediate", and binlog_format is static: RDS'
        ' refuses it; write "pending-reboot"'
    )
    assert texts(with_parameters(app, parameter("wait_timeout", "90", "immediate"))) == []


def test_a_collation_of_another_character_set(app: Production) -> None:
    mixed = with_parameters(
        app,
        parameter("collation_server", "utf8mb4_bin"),
        parameter("character_set_server", "latin1"),
    )
    (problem,) = texts(mixed)
    assert problem.startswith(f"{GROUP}[0].Parameters[0] collation_server: is")


def test_the_proxys_query_is_judged(app: Production) -> None:
    (problem,) = texts(with_pool(app, InitQuery="SET autocommit=0"))
    assert problem.startswith("ModifyDBProxyTargetGroup[0].ConnectionPoolConfig.InitQuery: sets")
    assert texts(with_pool(app, InitQuery="SET time_zone='+00:00'")) == []


def test_the_local_server_gets_parameters_and_query(app: Production) -> None:
    variant = with_pool(
        with_parameters(app, parameter("Wait_Timeout", "5")), InitQuery="SET time_zone='+00:00'"
    )
    assert cluster_parameters.options(variant) == {
        "wait_timeout": "5",
        "init_connect": "SET time_zone='+00:00'",
    }
    other = with_call(variant, "database", "CreateDBCluster", DBClusterParameterGroupName="other")
    assert "wait_timeout" not in cluster_parameters.options(other)


def test_connections_are_those_of_the_parameter(app: Production) -> None:
    assert cluster_parameters.connections_allowed(app) == 1000
    few = with_parameters(app, parameter("max_connections", "50"))
    assert cluster_parameters.connections_allowed(few) == 50
    formula = with_parameters(app, parameter("max_connections", "{DBInstanceClassMemory/1}"))
    assert cluster_parameters.connections_allowed(formula) == 1000
    named = few.config.database.model_copy(update={"max_connections": 300})
    variant = replace(few, config=replace(few.config, database=named))
    assert cluster_parameters.connections_allowed(variant) == 300
