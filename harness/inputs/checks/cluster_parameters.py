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
        str(one.input.get(_GROUP))
        for one in calls
        if str(one.input.get("DBParameterGroupFamily", "")).endswith(_BEFORE_8)
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
    given = list(call.input.get("Parameters") or ())
    for number, one in enumerate(given):
        name, value = str(one.get("ParameterName", "")), one.get("ParameterValue")
        key = f"{call.key}.Parameters[{number}]"
        if value is not None:
            for fault in mysql_parameters.faults_of_parameter(
                name, str(value), is_before_8=is_before_8
            ):
                yield Problem(f"{key} {name}", fault.message, fault.hint, file=file)
        if one.get("ApplyMethod") == "immediate" and mysql_parameters.is_static(name):
            message = f'is "immediate", and {name} is static: RDS refuses it'
            yield Problem(f"{key}.ApplyMethod", message, 'write "pending-reboot"', file=file)
    if (mixed := mysql_parameters.collation_fault(_values(call))) is not None:
        names = [str(one.get("ParameterName", "")) for one in given]
        place = f"{call.key}.Parameters[{names.index('collation_server')}]"
        yield Problem(f"{place} collation_server", mixed.message, mixed.hint, file=file)


def _values(call: Call) -> dict[str, str]:
    return {
        str(one.get("ParameterName", "")).lower(): str(one["ParameterValue"])
        for one in call.input.get("Parameters") or ()
        if one.get("ParameterValue") is not None
    }


def options(production: Production) -> Mapping[str, str]:
    """Return the options with which the local server has the cluster's parameters."""
    calls = phase_files.calls(production, "database")
    pools = [one.input.get("ConnectionPoolConfig") or {} for one in calls]
    has_proxy = bool(production.config.database.proxy_endpoint)
    query = next((str(one[_QUERY]) for one in pools if one.get(_QUERY)), "") if has_proxy else ""
    return mysql_parameters.applied(of_cluster(production), query=query)


def connections_allowed(production: Production) -> int:
    """How many connections the proxy may open; 0 where it is not known."""
    database = production.config.database
    given = of_cluster(production).get("max_connections", "")
    if database.max_connections or not given.isdecimal():
        return database.connections_allowed
    return int(given) * database.max_connections_percent // 100


def of_cluster(production: Production) -> dict[str, str]:
    """Return the parameters of the cluster's own group."""
    calls = phase_files.calls(production, "database")
    groups = {one.input.get(_GROUP) for one in calls if one.operation == "CreateDBCluster"}
    values: dict[str, str] = {}
    for call in calls:
        if call.operation == _MODIFY and call.input.get(_GROUP) in groups:
            values |= _values(call)
    return values
