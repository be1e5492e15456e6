"""The schedule: a rule of EventBridge, or a schedule of EventBridge Scheduler, that runs a task."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws import arn as arns
from harness.aws.eventbridge import OVERRIDES, expression_problem
from harness.aws.task_definition import TaskDefinition
from harness.core import time_zones
from harness.inputs.files import services
from harness.inputs.files.api_calls import Call, CallFile, checked, document_in, targets_in
from harness.inputs.files.ecs_services import Service
from harness.inputs.files.task_network import TaskNetwork
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.document import Document
    from harness.inputs.files.security_groups import SecurityGroups

LARAVELS = "schedule.rule"
"""Key of the file with the rule that runs Laravel's scheduler."""
CREATE_SCHEDULE = "CreateSchedule"
_RULE = ("PutRule", "PutTargets")
_BUS = "default"
_BUS_NAME = re.compile(rf"(?:arn:[\w:-]+:event-bus/)?{_BUS}")
_DEFAULT_GROUP = "default"
_QUEUE_NAME = 74
"""Of SQS's 80 characters."""


@dataclass(frozen=True)
class Schedule:
    """A rule or schedule that runs a task, and that task's definition."""

    rule: CallFile
    definition: TaskDefinition

    @property
    def is_of_scheduler(self) -> bool:
        """Whether EventBridge Scheduler runs the task, and not a rule."""
        return bool(self.rule.inputs_of(CREATE_SCHEDULE))

    @property
    def content(self) -> Mapping[str, Any]:
        """The input of PutRule, or of CreateSchedule."""
        (request,) = self.rule.inputs_of(CREATE_SCHEDULE) or self.rule.inputs_of("PutRule")
        return request

    @property
    def target(self) -> Mapping[str, Any]:
        """The one target, an ECS task."""
        if self.is_of_scheduler:
            return dict(self.content["Target"])
        (target,) = self.rule.inputs_of("PutTargets")[0]["Targets"]
        return dict(target)

    @property
    def target_key(self) -> str:
        """Where the target is in the file."""
        return f"{CREATE_SCHEDULE}.Target" if self.is_of_scheduler else "PutTargets.Targets[0]"

    @property
    def name_key(self) -> str:
        """Where the name is in the file."""
        return f"{CREATE_SCHEDULE if self.is_of_scheduler else 'PutRule'}.Name"

    @property
    def name(self) -> str:
        """The name of the rule or schedule."""
        return str(self.content["Name"])

    @property
    def group(self) -> str:
        """The group of a schedule; empty for a rule, which has none."""
        if not self.is_of_scheduler:
            return ""
        return str(self.content.get("GroupName") or _DEFAULT_GROUP)

    @property
    def full_name(self) -> str:
        """The name with the group of EventBridge Scheduler, where it is not the default one."""
        is_grouped = self.group not in ("", _DEFAULT_GROUP)
        return f"{self.group}/{self.name}" if is_grouped else self.name

    @property
    def queue(self) -> str:
        """Name of the queue that stands for the rule's ECS target in a local stack.

        A rule's name may have dots, and a queue's may not.
        """
        name = "-".join(reversed(self.full_name.split("/")))
        return f"{name.replace('.', '-')[:_QUEUE_NAME]}-ticks"

    @property
    def maximum_age_s(self) -> int:
        """How old a tick may be when its task is started; a day on AWS where nothing is said."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 86400))

    @property
    def network(self) -> TaskNetwork:
        """Where its tasks start."""
        parameters, name = self.target["EcsParameters"], "awsvpcConfiguration"
        content = (parameters.get("NetworkConfiguration") or {}).get(name) or {}
        key = f"{self.target_key}.EcsParameters.NetworkConfiguration.{name}"
        return TaskNetwork(key, content, has_capitals=True)


def read(
    document: Document, *, groups: SecurityGroups | None = None, is_laravels: bool = True
) -> CallFile:
    """Check the file of the rule, or of EventBridge Scheduler's schedule, with one ECS target.

    Args:
        document: The file.
        groups: The security groups; None where these have problems of their own.
        is_laravels: Whether it runs Laravel's scheduler, which is due each minute.

    Raises:
        InputError: Every problem of the file.
    """
    of_expressions = partial(_of_expressions, is_laravels=is_laravels)
    of_targets = partial(_of_targets, groups=groups)
    checks = (_of_one_rule, of_expressions, _of_inputs, of_targets)
    if CREATE_SCHEDULE in document.data:
        return checked(
            document, (CREATE_SCHEDULE,), api="scheduler", needed=CREATE_SCHEDULE, checks=checks
        )
    return checked(document, _RULE, api="events", needed="PutRule", checks=checks)


def _of_one_rule(calls: Sequence[Call]) -> Iterator[Problem]:
    rules = [call for call in calls if call.operation in _RULE]
    names = sorted({str(call.input.get("Rule", call.input.get("Name", ""))) for call in rules})
    targets = len(list(targets_in(rules)))
    is_empty = any(call.input.get("Targets") == [] for call in rules)
    if rules and (len(names) > 1 or targets > 1 or not (targets or is_empty)):
        message = f"names the rules {', '.join(names)} and {targets} targets"
        hint = (
            "write one rule with one target, which is an ECS task, and each further one into a file"
            " of its own, for [schedules.NAME]"
        )
        yield Problem("", message, hint)


def _of_expressions(calls: Sequence[Call], *, is_laravels: bool) -> Iterator[Problem]:
    for call in calls:
        of_scheduler = call.operation == CREATE_SCHEDULE
        if call.operation == "PutRule" or of_scheduler:
            expression = call.input.get("ScheduleExpression", "")
            fault = expression_problem(expression, of_scheduler=of_scheduler)
            if is_laravels and expression.startswith("at("):
                fault = fault or "runs the task once, and Laravel's scheduler each minute"
            problem = fault if expression else "is missing"
            prefix = f'"{expression}" ' if expression else ""
            if problem:
                hint = 'write "rate(1 minute)", or "cron(* * * * ? *)"'
                yield Problem(f"{call.key}.ScheduleExpression", f"{prefix}{problem}", hint)
        zone = call.input.get("ScheduleExpressionTimezone") or "UTC"
        if of_scheduler and not time_zones.is_zone(zone):
            message = f'is "{zone}", which is no time zone: EventBridge Scheduler refuses it'
            yield Problem(f"{call.key}.ScheduleExpressionTimezone", message, time_zones.HINT)
        bus = str(call.input.get("EventBusName") or _BUS)
        if call.operation in _RULE and not _BUS_NAME.fullmatch(bus):
            message = (
                f'is "{bus}", and EventBridge takes a ScheduleExpression on the default bus only'
            )
            yield Problem(f"{call.key}.EventBusName", message, "leave EventBusName out")


def _of_inputs(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find fields that EventBridge would not pass to ECS as overrides of RunTask."""
    for key, target in targets_in(calls):
        for field in ("InputPath", "InputTransformer"):
            if field in target:
                yield Problem(f"{key}.{field}", "makes no overrides", "write them as Input")
        for name in document_in(target.get("Input")):
            if name not in OVERRIDES:
                message = f'has "{name}", which is no override of RunTask'
                hint = f"write one of {', '.join(OVERRIDES)}; ECS runs no task otherwise"
                yield Problem(f"{key}.Input", message, hint)


def _of_targets(calls: Sequence[Call], *, groups: SecurityGroups | None) -> Iterator[Problem]:
    for key, target in targets_in(calls):
        for field in ("RoleArn", "EcsParameters"):
            if not target.get(field):
                hint = (
                    "an ECS target needs a RoleArn that may run the task, and EcsParameters with a"
                    " TaskDefinitionArn"
                )
                yield Problem(f"{key}.{field}", "is missing", hint)
        role = str(target.get("RoleArn") or "")
        if role and arns.parse(role) is None:
            hint = "write arn:aws:iam::ACCOUNT:role/NAME: EventBridge takes no name alone"
            yield Problem(f"{key}.RoleArn", f'is "{role}", which is no ARN', hint)
        parameters = target.get("EcsParameters")
        if parameters:
            for problem in services.of_launch(parameters, names=services.RULE):
                where = f"{key}.EcsParameters.{problem.key}"
                yield Problem(where, problem.message, problem.hint)
        network = (parameters or {}).get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
        where = f"{key}.EcsParameters.NetworkConfiguration.awsvpcConfiguration.SecurityGroups"
        if groups is not None:
            yield from groups.unknown(network.get("SecurityGroups", ()), key=where)


def tasks_of(
    services: Mapping[str, Service], schedules: Mapping[str, Schedule]
) -> dict[str, Service | Schedule]:
    """Return all that runs tasks, by the key in cutover.toml of the file that says where."""
    tasks: dict[str, Service | Schedule] = {
        f"services.{name}.service": service for name, service in services.items()
    }
    return tasks | {**schedules}
