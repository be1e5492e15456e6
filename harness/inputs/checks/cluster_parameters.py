"""Parameters of the cluster's group and the proxy's initialization query, as MySQL takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.aws import mysql_parameters
from harness.inputs.files import phase_files
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call
    from harness.inputs.production import Production

_MODIFY = "ModifyDBClusterParameterGroup"
_GROUP = "DBClusterParameterGroupName"
_QUERY = "InitQuery"
_BEFORE_8 = "5.7"


def problems(production: Production) -> Iterator[Problem]:
    """Names and values that RDS or MySQL refuse, and those with which no app works."""
    calls = phase_files.calls(production, "database")
    old = {
        str(group.input.get(_GROUP))
        for group in calls
        if str(group.input.get("DBParameterGroupFamily", "")).endswith(_BEFORE_8)
    }
    for call in calls:
        if call.operation == _MODIFY:
            yield from _of_parameters(call, production, is_before_8=call.input.get(_GROUP) in old)
        query = str((call.input.get("ConnectionPoolConfig") or {}).get(_QUERY) or "")
        for fault in mysql_parameters.faults_of_query(query):
            yield Problem(
                f"{call.key}.ConnectionPoolConfig.{_QUERY}",
                fault.message,
                fault.hint,
                file=production.files["phases.database"],
            )


def _of_parameters(call: Call, production: Production, *, is_before_8: bool) -> Iterator[Problem]:
    file = production.files["phases.database"]
    parameters = list(call.input.get("Parameters") or ())
    for number, parameter in enumerate(parameters):
        name, value = str(parameter.get("ParameterName", "")), parameter.get("ParameterValue")
        key = f"{call.key}.Parameters[{number}]"
        if value is not None:
            for fault in mysql_parameters.faults_of_parameter(
                name, str(value), is_before_8=is_before_8
            ):
                yield Problem(f"{key} {name}", fault.message, fault.hint, file=file)
        if parameter.get("ApplyMethod") == "immediate" and mysql_parameters.is_static(name):
            message = f'is "immediate", and {name} is static: RDS refuses it'
            yield Problem(f"{key}.ApplyMethod", message, 'write "pending-reboot"', file=file)
    if (mixed := mysql_parameters.collation_fault(_values(call))) is not None:
        names = [str(parameter.get("ParameterName", "")) for parameter in parameters]
        place = f"{call.key}.Parameters[{names.index('collation_server')}]"
        yield Problem(f"{place} collation_server", mixed.message, mixed.hint, file=file)


def _values(call: Call) -> dict[str, str]:
    return {
        str(parameter.get("ParameterName", "")).lower(): str(parameter["ParameterValue"])
        for parameter in call.input.get("Parameters") or ()
        if parameter.get("ParameterValue") is not None
    }


def options(production: Production) -> Mapping[str, str]:
    """Return the options with which the local server has the cluster's parameters."""
    calls = phase_files.calls(production, "database")
    pools = [call.input.get("ConnectionPoolConfig") or {} for call in calls]
    has_proxy = bool(production.config.database.proxy_endpoint)
    query = next((str(pool[_QUERY]) for pool in pools if pool.get(_QUERY)), "") if has_proxy else ""
    return mysql_parameters.applied(of_cluster(production), query=query)


def connections_allowed(production: Production) -> int:
    """How many connections the proxy may open; 0 where it is not known."""
    database = production.config.database
    limit = of_cluster(production).get("max_connections", "")
    if database.max_connections or not limit.isdecimal():
        return database.connections_allowed
    return int(limit) * database.max_connections_percent // 100


def of_cluster(production: Production) -> dict[str, str]:
    """Return the parameters of the cluster's own group."""
    calls = phase_files.calls(production, "database")
    groups = {
        cluster.input.get(_GROUP) for cluster in calls if cluster.operation == "CreateDBCluster"
    }
    values: dict[str, str] = {}
    for call in calls:
        if call.operation == _MODIFY and call.input.get(_GROUP) in groups:
            values |= _values(call)
    return values
