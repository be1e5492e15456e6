"""Compares the optional files with the account: log groups, repository, database, scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.inputs.aws_cli import output
from harness.inputs.files import api_calls
from harness.inputs.files.phase_files import PHASE_FILES
from harness.phases.account import Account
from harness.phases.phase import Check, Finding, absent, check


@dataclass(frozen=True)
class Answer:
    """The read operation that shows the result of another."""

    operation: str
    items: str
    """The field with the list of things."""
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """Makes its input of the other's."""
    name: str
    """The field of both that names the thing."""


def _same(field: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    return lambda request: {field: request[field]}


_LOG_GROUP = Answer(
    "DescribeLogGroups",
    "logGroups",
    lambda request: {"logGroupNamePrefix": request["logGroupName"]},
    "logGroupName",
)
_ANSWERS: Mapping[str, Answer] = {
    "CreateLogGroup": _LOG_GROUP,
    "PutRetentionPolicy": _LOG_GROUP,
    "CreateRepository": Answer(
        "DescribeRepositories",
        "repositories",
        lambda request: {"repositoryNames": [request["repositoryName"]]},
        "repositoryName",
    ),
    "CreateDBCluster": Answer(
        "DescribeDBClusters", "DBClusters", _same("DBClusterIdentifier"), "DBClusterIdentifier"
    ),
    "CreateDBInstance": Answer(
        "DescribeDBInstances", "DBInstances", _same("DBInstanceIdentifier"), "DBInstanceIdentifier"
    ),
    "CreateDBProxy": Answer("DescribeDBProxies", "DBProxies", _same("DBProxyName"), "DBProxyName"),
    "RegisterScalableTarget": Answer(
        "DescribeScalableTargets",
        "ScalableTargets",
        lambda request: {
            "ServiceNamespace": request["ServiceNamespace"],
            "ResourceIds": [request["ResourceId"]],
        },
        "ResourceId",
    ),
    "PutScalingPolicy": Answer(
        "DescribeScalingPolicies",
        "ScalingPolicies",
        lambda request: {
            "ServiceNamespace": request["ServiceNamespace"],
            "PolicyNames": [request["PolicyName"]],
        },
        "PolicyName",
    ),
}
"""Operation of a file -> the one that shows its result; others are shown by checks of their own."""
_ZONES = "AvailabilityZones"
"""To fewer than three Aurora adds others:
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html"""


def _as_file(check_id: str, name: str, *, reads: tuple[str, ...], not_local: str) -> Check:
    """Return the check that an account is as one of the files of [phases] has it."""
    file, key = PHASE_FILES[name], f"phases.{name}"

    def examine(account: Account) -> Iterator[Finding]:
        for call in api_calls.calls_in(account.file(key, noun=file.noun)):
            answer = _ANSWERS.get(call.operation)
            if answer is not None:
                yield from _compare(account, call.input, answer, key=key, api=file.api)

    examine.__doc__ = f"The account has {file.noun} as in the file of {key}."
    return check(check_id, reads=reads, not_local=not_local)(examine)


def _compare(
    account: Account, request: Mapping[str, Any], answer: Answer, *, key: str, api: str
) -> Iterator[Finding]:
    response = account.read(api, answer.operation, **answer.arguments(request))
    items = response[answer.items] if response else []
    thing = f"{answer.items} {request[answer.name]}"
    resource = next((item for item in items if item[answer.name] == request[answer.name]), None)
    if resource is None:
        yield absent(thing, remedy="create it, as the plan of its phase has it")
        return
    fields = output.printed_shape(api, answer.operation, answer.items).members
    declared = {name: value for name, value in request.items() if name in fields}
    if zones := declared.get(_ZONES):
        resource = {
            **resource,
            _ZONES: [zone for zone in resource.get(_ZONES, ()) if zone in zones],
        }
    yield from account.differences(thing, declared, resource, key=key)


LOGS = _as_file(
    "0.logs-as-file",
    "logs",
    reads=("logs:DescribeLogGroups",),
    not_local="the logs of containers are files of the run",
)
DATABASE = _as_file(
    "2.database-as-file",
    "database",
    reads=("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBProxies"),
    not_local="MySQL Router and MySQL stand in, without an rds API",
)
REGISTRY = _as_file(
    "3.registry-as-file",
    "registry",
    reads=("ecr:DescribeRepositories",),
    not_local="the image is on this machine's engine",
)
SCALING = _as_file(
    "5.scaling-as-file",
    "scaling",
    reads=(
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
    ),
    not_local="nothing scales",
)
