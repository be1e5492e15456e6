"""The schedule: a rule of EventBridge, or a schedule of EventBridge Scheduler, that runs a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.aws.task_definition import TaskDefinition
from harness.inputs.files.api_calls import CallFile
from harness.inputs.files.ecs_services import Service
from harness.inputs.files.task_network import TaskNetwork

CREATE_SCHEDULE = "CreateSchedule"
_DEFAULT_GROUP = "default"


@dataclass(frozen=True)
class Schedule:
    """The rule or schedule that runs a task each minute, and that task's definition."""

    rule: CallFile
    definition: TaskDefinition

    @property
    def is_of_scheduler(self) -> bool:
        """Whether EventBridge Scheduler runs the task, and not a rule."""
        return bool(self.rule.inputs_of(CREATE_SCHEDULE))

    @property
    def content(self) -> Mapping[str, Any]:
        """The input of PutRule, or of CreateSchedule."""
        (found,) = self.rule.inputs_of(CREATE_SCHEDULE) or self.rule.inputs_of("PutRule")
        return found

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
    def queue(self) -> str:
        """Name of the queue that stands for the rule's ECS target in a local stack.

        A rule's name may have dots, and a queue's may not.
        """
        return f"{self.name.replace('.', '-')}-ticks"

    @property
    def maximum_age_s(self) -> int:
        """How old a tick may be when its task is started; a day on AWS where nothing is said."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 86400))

    @property
    def network(self) -> TaskNetwork:
        """Where its tasks start."""
        parameters, name = self.target["EcsParameters"], "awsvpcConfiguration"
        given = (parameters.get("NetworkConfiguration") or {}).get(name) or {}
        key = f"{self.target_key}.EcsParameters.NetworkConfiguration.{name}"
        return TaskNetwork(key, given, has_capitals=True)


def tasks_of(
    services: Mapping[str, Service], schedule: Schedule | None
) -> dict[str, Service | Schedule]:
    """Return all that runs tasks, by the key in cutover.toml of the file that says where."""
    found: dict[str, Service | Schedule] = {
        f"services.{name}.service": service for name, service in services.items()
    }
    return found | ({"schedule.rule": schedule} if schedule else {})
