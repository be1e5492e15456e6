"""Settings of an account that a rehearsal changes for a while: read, and written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.target.access import Access

Fields = dict[str, Any]
SERVICE_FIELDS = ("desiredCount", "taskDefinition")
"""Fields of UpdateService that a rehearsal changes, and that DescribeServices answers."""
ENABLED, DISABLED = "ENABLED", "DISABLED"


@dataclass(frozen=True)
class Account:
    """One account: the names in cutover.toml, and the clients that reach it."""

    access: Access
    client: Callable[[str], Any]
    """Makes a boto3 client of a service, by its name."""


@dataclass(frozen=True)
class Setting:
    """One type of setting: its fields can be read, and written back."""

    read: Callable[[Account, str], Fields]
    write: Callable[[Account, str, Mapping[str, Any]], None]


def _read_service(account: Account, name: str) -> Fields:
    answer = account.client("ecs").describe_services(
        cluster=account.access.cluster, services=[name]
    )
    (service,) = answer["services"]
    return {key: service[key] for key in SERVICE_FIELDS}


def _write_service(account: Account, name: str, fields: Mapping[str, Any]) -> None:
    account.client("ecs").update_service(cluster=account.access.cluster, service=name, **fields)


def _balancer_arn(account: Account, name: str) -> str:
    (balancer,) = account.client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"]
    return str(balancer["LoadBalancerArn"])


def _read_balancer(account: Account, name: str) -> Fields:
    answer = account.client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=_balancer_arn(account, name)
    )
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def _write_balancer(account: Account, name: str, fields: Mapping[str, Any]) -> None:
    account.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=_balancer_arn(account, name),
        Attributes=[{"Key": key, "Value": value} for key, value in fields.items()],
    )


def _read_rule(account: Account, name: str) -> Fields:
    state = str(account.client("events").describe_rule(Name=name)["State"])
    # AWS has several states that begin so; enabling a rule gives the first.
    return {"State": ENABLED if state.startswith(ENABLED) else DISABLED}


def _write_rule(account: Account, name: str, fields: Mapping[str, Any]) -> None:
    events = account.client("events")
    change = events.enable_rule if fields["State"] == ENABLED else events.disable_rule
    change(Name=name)


SERVICE = Setting(_read_service, _write_service)
BALANCER = Setting(_read_balancer, _write_balancer)
RULE = Setting(_read_rule, _write_rule)
SETTINGS: Mapping[str, Setting] = {
    "ecs:UpdateService": SERVICE,
    "elasticloadbalancing:ModifyLoadBalancerAttributes": BALANCER,
    "events:DisableRule": RULE,
    "events:EnableRule": RULE,
}
"""Operation -> the setting that it changes."""
