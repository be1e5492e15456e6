"""EventBridge's schedule expressions, and the RunTask call that a rule with an ECS target makes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

OVERRIDES = (
    *("containerOverrides", "cpu", "memory", "executionRoleArn", "taskRoleArn"),
    *("ephemeralStorage", "inferenceAcceleratorOverrides"),
)
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""
_CRON_FIELDS = 6
_CRON_RANGES = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 1, 7),
    ("year", 1970, 2199),
)
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"""
STARTED_BY_PREFIXES = ("events-rule/", "chronos-schedule/")
"""Beginnings of startedBy, of a rule's tasks and of a schedule's."""
_STARTED_BY_LENGTH = 36
"""ECS's limit: a longer startedBy is cut."""
_ECS_PARAMETERS = {
    "LaunchType": "launchType",
    "PlatformVersion": "platformVersion",
    "Group": "group",
    "EnableExecuteCommand": "enableExecuteCommand",
    "PropagateTags": "propagateTags",
}
"""Fields of EcsParameters -> their names in RunTask."""


def expression_problem(expression: str, *, of_scheduler: bool = False) -> str:
    """Return EventBridge's objection to a schedule expression; empty when there is none.

    EventBridge Scheduler has a time for one run besides:
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    if of_scheduler and re.fullmatch(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)", expression):
        return ""
    rate = _RATE.fullmatch(expression)
    if rate:
        plural = "" if int(rate[1]) == 1 else "s"
        fits = rate[3] == plural or of_scheduler
        says = "" if fits else f"must say {rate[2]}{plural}"
        return says if int(rate[1]) else "has the rate 0"
    cron = re.fullmatch(r"cron\((.*)\)", expression)
    if not cron:
        return "is neither rate(...) nor cron(...)"
    return _cron_problem(cron[1].split())


def _cron_problem(fields: list[str]) -> str:
    if len(fields) != _CRON_FIELDS:
        return f"has {len(fields)} fields, and EventBridge's cron has six: the last is the year"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "must have ? as the day of the month or as the day of the week, and not both"
    for field, (name, least, most) in zip(fields, _CRON_RANGES, strict=True):
        numbers = [int(digits) for digits in re.findall(r"(?<![A-Za-z#])\d+", field.split("/")[0])]
        if any(not least <= number <= most for number in numbers):
            return f"has {field} as the {name}, and EventBridge takes {least} to {most}"
    return ""


def run_task_input(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RunTask input that EventBridge makes of an ECS target."""
    parameters = target["EcsParameters"]
    request: dict[str, Any] = {
        "cluster": target["Arn"],
        "taskDefinition": parameters["TaskDefinitionArn"],
        "count": parameters.get("TaskCount", 1),
    }
    for key, parameter in _ECS_PARAMETERS.items():
        if key in parameters:
            request[parameter] = parameters[key]
    network = parameters.get("NetworkConfiguration", {}).get("awsvpcConfiguration")
    if network:
        request["networkConfiguration"] = {
            "awsvpcConfiguration": {k[:1].lower() + k[1:]: v for k, v in network.items()}
        }
    overrides = _overrides(target)
    return {**request, "overrides": overrides} if overrides else request


def started_by(name: str, *, of_scheduler: bool = False) -> str:
    """Return the startedBy of the tasks that EventBridge starts for a rule or a schedule."""
    return f"{STARTED_BY_PREFIXES[of_scheduler]}{name}"[:_STARTED_BY_LENGTH]


def _overrides(target: Mapping[str, Any]) -> dict[str, Any]:
    overrides = target.get("Input") or {}
    return dict(json.loads(overrides) if isinstance(overrides, str) else overrides)


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_ALWAYS = frozenset({"*", "?", "*/1", "0/1", "1/1", "0-59", "0-23", "1-31", "1-12", "1-7"})
"""Fields of EventBridge's cron that leave no minute out."""


def of_rule(expression: str) -> str:
    """Return a schedule's expression as a rule takes it: the unit agrees with its number."""
    rate = _RATE.fullmatch(expression)
    return f"rate({rate[1]} {rate[2]}{'' if int(rate[1]) == 1 else 's'})" if rate else expression


def is_each_minute(expression: str) -> bool:
    """Return whether a rule with this schedule expression ticks in every minute."""
    if of_rule(expression) == "rate(1 minute)":
        return True
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    return expression.startswith("cron(") and all(field in _ALWAYS for field in fields)
