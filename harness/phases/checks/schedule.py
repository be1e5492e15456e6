"""Phase 5: the rule, and the runs that it starts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from harness.aws.eventbridge import started_by
from harness.aws.task_definition import family_of
from harness.inputs.files.schedule import LARAVELS, Schedule
from harness.phases.account import Account
from harness.phases.checks import web
from harness.phases.phase import Finding, NotCovered, absent, check

_TICK_MINUTES = 5
_FIRST_RUN_WITHIN = timedelta(minutes=2)


@check(
    "5.rule",
    reads=(
        *("events:DescribeRule", "events:ListTargetsByRule", "events:ListRuleNamesByTarget"),
        *("scheduler:GetSchedule", "ecs:DescribeTaskDefinition"),
    ),
)
def rule(account: Account) -> Iterator[Finding]:
    """Each rule is enabled and has its one target, and no other rule runs the scheduler's task."""
    account.name_of("rule", noun="rule")
    schedules = account.production.schedules
    for key, schedule in schedules.items():
        yield from _of_schedule(account, schedule, key=key)
    laravels = schedules[LARAVELS]
    if not account.is_local and not laravels.is_of_scheduler:
        yield from _other_rules(
            account, laravels, known={schedule.name for schedule in schedules.values()}
        )


def _of_schedule(account: Account, schedule: Schedule, *, key: str) -> Iterator[Finding]:
    """Compare one rule, its target and that target's definition with their files."""
    name, thing = schedule.name, f"rule {schedule.name}"
    answer = (
        account.read("scheduler", "GetSchedule", Name=name, GroupName=schedule.group)
        if schedule.is_of_scheduler
        else account.read("events", "DescribeRule", Name=name)
    )
    if answer is None:
        yield absent(thing, remedy="create it: `cutover phase 5 --plan`")
        return
    yield from account.differences(thing, schedule.content, answer, key=key)
    if account.is_local or schedule.is_of_scheduler:
        return  # its target is a queue there, from which control runs the task
    targets = account.read("events", "ListTargetsByRule", Rule=name)["Targets"]
    if len(targets) != 1:
        actual = f"{len(targets)} targets"
        remedy = "leave one: each more runs every command once more"
        yield Finding(thing, "one target", actual, remedy)
    file_target = _target(schedule.target)
    for target in targets:
        aws_target = _target(target)
        yield from account.differences(f"{thing}, target", file_target, aws_target, key=key)
        if arn := target.get("EcsParameters", {}).get("TaskDefinitionArn", ""):
            table = key.rpartition(".")[0]
            yield from web.definition_differences(account, schedule.definition, arn, key=table)


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target with its input as a document, and its definition by family alone."""
    payload = target.get("Input")
    parameters = target.get("EcsParameters", {})
    family = family_of(str(parameters.get("TaskDefinitionArn")))
    return {
        **target,
        "Input": json.loads(payload) if isinstance(payload, str) else payload or {},
        "EcsParameters": {**parameters, "TaskDefinitionArn": family},
    }


def _other_rules(account: Account, schedule: Schedule, *, known: set[str]) -> Iterator[Finding]:
    cluster = str(schedule.target["Arn"])
    names = account.read("events", "ListRuleNamesByTarget", TargetArn=cluster)["RuleNames"]
    for other in names:
        if other in known:
            continue
        for target in account.read("events", "ListTargetsByRule", Rule=other)["Targets"]:
            arn = target.get("EcsParameters", {}).get("TaskDefinitionArn", "")
            if family_of(arn) == schedule.definition.family:
                remedy = f"aws events disable-rule --name {other}"
                actual = "runs the scheduler's task, too"
                yield Finding(f"rule {other}", f"no rule but {schedule.name}", actual, remedy)


@check("5.ticks", reads=("ecs:ListTasks", "ecs:DescribeTasks"))
def ticks(account: Account) -> Iterator[Finding]:
    """The scheduler's task ran once a minute in the last 5, and ended with exit code 0."""
    name = account.name_of("rule", noun="rule")
    schedule = account.production.schedule
    starter = started_by(name, of_scheduler=bool(schedule and schedule.is_of_scheduler))
    runs = [task for task in _runs(account) if task.get("startedBy", "") == starter]
    thing = f"scheduled runs of {name}"
    since = account.access.schedule.get("since")  # known of a stack of ours only
    if not runs and since and account.now() - datetime.fromisoformat(since) < _FIRST_RUN_WITHIN:
        raise NotCovered("the rule is too young for a run", key="the same command in a minute")
    if not runs:
        yield absent(thing, remedy="read the rule's failed invocations, and its role")
        return
    age = (account.now() - min(task["createdAt"] for task in runs)).total_seconds()
    count = min(_TICK_MINUTES, int(age / 60) + 1)  # less of a rule that is younger
    begin = account.now() - timedelta(minutes=_TICK_MINUTES)
    recent = [task for task in runs if task["createdAt"] >= begin]
    if abs(len(recent) - count) > 1:
        remedy = "read the rule's failed invocations, and the events of stopped tasks"
        yield Finding(thing, f"{count} in {count} minutes", str(len(recent)), remedy)
    for task in recent:
        codes = {container["name"]: container.get("exitCode") for container in task["containers"]}
        if task["lastStatus"] == "STOPPED" and any(codes.values()):
            actual = f"{codes}, {task.get('stoppedReason', '')}"
            yield Finding(thing, "exit code 0", actual, "read that task's log")


def _runs(account: Account) -> Iterator[dict[str, Any]]:
    """Go through the scheduler's tasks, of both statuses that ECS keeps for an hour."""
    cluster, family = account.access.cluster, account.access.resources["scheduler"]
    for status in ("RUNNING", "STOPPED"):
        response = account.read(
            "ecs", "ListTasks", cluster=cluster, family=family, desiredStatus=status
        )
        arns = response["taskArns"] if response else []
        for start in range(0, len(arns), 100):
            part = arns[start : start + 100]
            answer = account.read("ecs", "DescribeTasks", cluster=cluster, tasks=part)
            yield from answer["tasks"]


CHECKS = (rule, ticks)
