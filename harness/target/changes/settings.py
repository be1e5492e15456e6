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
OF_A_SCHEDULE = (
    *("Name", "GroupName", "Description", "StartDate", "EndDate", "KmsKeyArn", "Target"),
    *("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow"),
    "ActionAfterCompletion",
)
"""Fields of GetSchedule's answer that UpdateSchedule takes, besides the state."""


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
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def _write_balancer(account: Account, name: str, fields: Mapping[str, Any]) -> None:
    account.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=_balancer_arn(account, name),
        Attributes=[{"Key": key, "Value": value} for key, value in fields.items()],
    )


def describe_rule(account: Account, name: str) -> Fields:
    """Return a rule as EventBridge describes it, or a schedule as EventBridge Scheduler does."""
    group = account.access.schedule.get("group", "")
    if group:
        return dict(account.client("scheduler").get_schedule(Name=name, GroupName=group))
    return dict(account.client("events").describe_rule(Name=name))


def _read_rule(account: Account, name: str) -> Fields:
    state = str(describe_rule(account, name)["State"])
    # AWS has several states that begin so; enabling a rule gives the first.
    return {"State": ENABLED if state.startswith(ENABLED) else DISABLED}


def _write_rule(account: Account, name: str, fields: Mapping[str, Any]) -> None:
    if account.access.schedule.get("group"):
        # A schedule is written anew, as its API wants it.
        described = describe_rule(account, name)
        content = {key: described[key] for key in OF_A_SCHEDULE if key in described}
        account.client("scheduler").update_schedule(**{**content, **fields})
        return
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
    "scheduler:UpdateSchedule": RULE,
}
"""Operation -> the setting that it changes."""
