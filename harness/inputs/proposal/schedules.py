"""The sections of a proposed cutover.toml for the rules and schedules that run tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress

from harness.aws.eventbridge import is_each_minute
from harness.inputs.aws_cli import resources
from harness.inputs.document import toml_key, toml_text
from harness.inputs.problem import InputError
from harness.inputs.proposal.files import line_of
from harness.inputs.proposal.folder import Folder

_DEFINITION = re.compile(r'"TaskDefinitionArn": "([^"]+)"')
_EXPRESSION = re.compile(r'"ScheduleExpression": "([^"]+)"')
_NAME = re.compile(r'"Name": "([^"]+)"')


def lines(folder: Folder) -> Iterator[str]:
    """Laravel's scheduler, which is due each minute, and then the further schedules."""
    found = _whole(folder)
    if len(found) < 2:
        yield from _only(folder, next(iter(found.values()), ""))
        return
    minutely = [path for path, text in found.items() if _is_each_minute(text)]
    if not minutely:
        yield "# Laravel's scheduler: none of the schedules is due each minute."
        yield "# [schedule]"
        yield '# rule = "schedule.json"'
        yield ""
    for path, text in sorted(found.items(), key=lambda one: one[0] not in minutely[:1]):
        (name,) = _NAME.findall(text)[:1] or [path]
        yield "[schedule]" if path in minutely[:1] else f"[schedules.{toml_key(name)}]"
        yield f"rule = {toml_text(path)}"
        definition = _definition(folder, text)
        mark = "" if definition else "# "
        yield f"{mark}task_definition = {toml_text(definition or 'scheduler.json')}"
        yield ""


def _only(folder: Folder, text: str) -> Iterator[str]:
    line = line_of(folder, "rule")
    rule = not line.startswith("# ")
    yield f"{'' if rule else '# '}[schedule]"
    yield line
    used = {
        path
        for _, one in folder.services.values()
        for path in folder.definitions_of(str(one.get("taskDefinition")))
    }
    left = [name for name in folder.definitions if name not in used]
    path = _definition(folder, text) or (left[0] if rule and len(left) == 1 else "")
    mark = "" if path and rule else "# "
    yield f"{mark}task_definition = {toml_text(path or next(iter(left), 'scheduler.json'))}"
    yield ""


def _whole(folder: Folder) -> dict[str, str]:
    """Return path -> text of each file that has a schedule with its target."""
    found = {}
    for one in folder.documents["rule"]:
        with suppress(InputError):  # `cutover config check` lists its problems
            text = json.dumps(resources.rule(one).data)
            if _DEFINITION.search(text):
                found[folder.name(one)] = text
    return found


def _is_each_minute(text: str) -> bool:
    found = _EXPRESSION.search(text)
    return bool(found and is_each_minute(found[1]))


def _definition(folder: Folder, text: str) -> str:
    """Return the path of the task definition that a schedule runs; empty when none has it."""
    found = _DEFINITION.search(text)
    return next(iter(folder.definitions_of(found[1])), "") if found else ""
