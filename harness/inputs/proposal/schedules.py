"""The sections of a proposed cutover.toml for the rules and schedules that run tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.aws.eventbridge import is_each_minute
from harness.inputs.aws_cli import resources
from harness.inputs.document import toml_key, toml_text
from harness.inputs.files import api_calls
from harness.inputs.problem import InputError
from harness.inputs.proposal.files import line_of
from harness.inputs.proposal.folder import Folder

_DEFINITION = "TaskDefinitionArn"


@dataclass(frozen=True)
class _Schedule:
    """A file with a schedule and its target, which may have problems yet."""

    path: str
    name: str
    group: str
    """Of EventBridge Scheduler; empty for the default group, and for a rule."""
    expression: str
    definition: str
    """ARN of its target's task definition, or family and revision."""


def lines(folder: Folder) -> Iterator[str]:
    """Laravel's scheduler, which is due each minute, and then the further schedules."""
    schedules = list(_schedules(folder))
    if len(schedules) < 2:
        yield from _only(folder, schedules[0].definition if schedules else "")
        return
    schedules.sort(key=lambda schedule: not is_each_minute(schedule.expression))
    has_laravels = is_each_minute(schedules[0].expression)
    names = [schedule.name for schedule in schedules]
    if not has_laravels:
        yield "# Laravel's scheduler: none of the schedules is due each minute."
        yield "# [schedule]"
        yield '# rule = "schedule.json"'
        yield ""
    for index, schedule in enumerate(schedules):
        is_laravels = has_laravels and index == 0
        is_clear = names.count(schedule.name) == 1 or not schedule.group
        key = toml_key(schedule.name if is_clear else f"{schedule.group}/{schedule.name}")
        yield "[schedule]" if is_laravels else f"[schedules.{key}]"
        yield f"rule = {toml_text(schedule.path)}"
        path = _path_of(folder, schedule.definition)
        mark = "" if path else "# "
        yield f"{mark}task_definition = {toml_text(path or 'scheduler.json')}"
        yield ""


def _only(folder: Folder, definition: str) -> Iterator[str]:
    line = line_of(folder, "rule")
    rule = not line.startswith("# ")
    yield f"{'' if rule else '# '}[schedule]"
    yield line
    used = {
        path
        for _, service in folder.services.values()
        for path in folder.definitions_of(str(service.get("taskDefinition")))
    }
    left = [name for name in folder.definitions if name not in used]
    path = _path_of(folder, definition) or (left[0] if rule and len(left) == 1 else "")
    mark = "" if path and rule else "# "
    yield f"{mark}task_definition = {toml_text(path or next(iter(left), 'scheduler.json'))}"
    yield ""


def _schedules(folder: Folder) -> Iterator[_Schedule]:
    for document in folder.documents["rule"]:
        with suppress(InputError):  # `cutover config check` lists its problems
            calls = list(api_calls.calls_in(resources.rule(document).data))
            inputs = [call.input for call in calls if isinstance(call.input, dict)]
            targets = [target for request in inputs for target in _targets(request)]
            definition = _first(
                [_object(target, "EcsParameters") for target in targets], _DEFINITION
            )
            if definition:
                path = folder.name(document)
                expression = _first(inputs, "ScheduleExpression")
                name, group = _first(inputs, "Name") or path, _first(inputs, "GroupName")
                yield _Schedule(path, name, group, expression, definition)


def _targets(call: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    targets = call.get("Targets")
    candidates = targets if isinstance(targets, list) else [call.get("Target")]
    return [target for target in candidates if isinstance(target, dict)]


def _object(data: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    value = data.get(member)
    return value if isinstance(value, dict) else {}


def _first(objects: Iterable[Mapping[str, Any]], member: str) -> str:
    """Return the first text of a member; empty where no object has one."""
    return next(
        (content[member] for content in objects if isinstance(content.get(member), str)), ""
    )


def _path_of(folder: Folder, definition: str) -> str:
    """Return the path of a task definition; empty when none has it."""
    return next(iter(folder.definitions_of(definition)), "") if definition else ""
