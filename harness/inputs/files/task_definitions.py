"""Task definitions: the input of RegisterTaskDefinition, checked.

The checks are AWS's own, only earlier and with the place named; nothing is rewritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import FARGATE_MEMORY_MIB, TaskDefinition, fargate_memory_mib
from harness.aws.value_from import (
    SecretReference,
    ValueFromError,
    parse_value_from,
    require_version_id,
)
from harness.inputs import operation_shapes
from harness.inputs.files import container_checks, fargate_checks, placeholders
from harness.inputs.files.placeholders import reference_in
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.document import Document


def read(document: Document, *, files: Mapping[str, str] | None = None) -> TaskDefinition:
    """Check a task definition for Fargate.

    Args:
        document: The file.
        files: ARN of an environment file -> its text.

    Raises:
        InputError: Every problem of the file.
    """
    fit = operation_shapes.fit(document.data, api="ecs", operation="RegisterTaskDefinition")
    problems = fit.with_checks(problem for find in CHECKS for problem in find(fit.fitting))
    document.reject(_with_variable(problem, document=document) for problem in problems)
    return TaskDefinition(raw=document.data, source=str(document.path), files=files or {})


def _with_variable(problem: Problem, *, document: Document) -> Problem:
    """Name the variable of a wrong value: an index is hard to find."""
    place = re.fullmatch(
        r"containerDefinitions\[(\d+)]\.(environment|secrets)\[(\d+)]\.value.*", problem.key
    )
    if place is None:
        return problem
    item = document.data["containerDefinitions"][int(place[1])][place[2]][int(place[3])]
    name = item.get("name")
    suffix = f" (variable {name})" if name and f"({name})" not in problem.message else ""
    return replace(problem, message=f"{problem.message}{suffix}")


def _containers(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(raw.get("containerDefinitions") or ())


def _of_required_keys(raw: Mapping[str, Any]) -> Iterator[Problem]:
    hints = {
        "family": "a family names the task definition; ECS numbers its revisions",
        "cpu": f"Fargate needs a task cpu, one of {_listed(FARGATE_MEMORY_MIB)}, as a string",
        "memory": "Fargate needs a task memory in MiB, as a string",
        "networkMode": 'set "networkMode": "awsvpc"',
    }
    for key, hint in hints.items():
        if not raw.get(key):
            yield Problem(key, "is missing", hint)
    family = str(raw.get("family") or "")
    if family and not container_checks.NAME.fullmatch(family) and not reference_in(family):
        yield Problem("family", f'is "{family}"', container_checks.OF_NAMES)


def _of_fargate(raw: Mapping[str, Any]) -> Iterator[Problem]:
    mode, compatibilities = raw.get("networkMode"), raw.get("requiresCompatibilities")
    if mode and mode != "awsvpc":
        hint = 'set "networkMode": "awsvpc"'
        yield Problem("networkMode", f'is "{mode}"; Fargate knows only awsvpc', hint)
    if compatibilities is not None and "FARGATE" not in compatibilities:
        yield Problem(
            "requiresCompatibilities",
            f"is {json.dumps(compatibilities)}, without FARGATE",
            'set "requiresCompatibilities": ["FARGATE"]',
        )


def _of_size(raw: Mapping[str, Any]) -> Iterator[Problem]:
    definition = TaskDefinition(raw)
    cpu, memory = raw.get("cpu"), raw.get("memory")
    valid = fargate_memory_mib(definition.cpu_units)
    if cpu and not valid:
        hint = f"Fargate offers cpu {_listed(FARGATE_MEMORY_MIB)}"
        yield Problem("cpu", f'is "{cpu}", which Fargate does not offer', hint)
    elif cpu and memory and definition.memory_mib not in valid:
        yield Problem(
            "memory",
            f'is "{memory}", which Fargate does not offer with cpu {cpu}',
            f"with cpu {cpu} Fargate offers memory {_listed(valid)}",
        )
    elif cpu and memory:
        yield from fargate_checks.of_sizes(
            raw, cpu_units=definition.cpu_units, memory_mib=definition.memory_mib
        )


def _of_essential(raw: Mapping[str, Any]) -> Iterator[Problem]:
    containers = _containers(raw)
    if not containers:
        hint = "it is a list with at least one container"
        yield Problem("containerDefinitions", "is missing or empty", hint)
    elif all(item.get("essential") is False for item in containers):
        hint = 'at least one container needs "essential": true'
        yield Problem("containerDefinitions", "has no essential container", hint)


def _of_execution_role(raw: Mapping[str, Any]) -> Iterator[Problem]:
    uses_secrets = any(
        item.get("secrets") or (item.get("logConfiguration") or {}).get("secretOptions")
        for item in _containers(raw)
    )
    if uses_secrets and not raw.get("executionRoleArn"):
        yield Problem(
            "executionRoleArn",
            "is missing, and a container has secrets",
            "ECS fetches secrets with the execution role; name it by ARN",
        )


def _of_names(raw: Mapping[str, Any]) -> Iterator[Problem]:
    names: set[str] = set()
    for index, container in enumerate(_containers(raw)):
        key = f"containerDefinitions[{index}]"
        for field in ("name", "image"):
            if not container.get(field):
                yield Problem(f"{key}.{field}", "is missing", f"each container needs its {field}")
        name = container.get("name", "")
        if name in names:
            yield Problem(
                f"{key}.name",
                f'repeats the name "{name}"',
                "container names are unique within a task definition",
            )
        names |= {name} - {""}


def _of_variables(raw: Mapping[str, Any]) -> Iterator[Problem]:
    for index, container in enumerate(_containers(raw)):
        first: dict[str, str] = {}
        for field, value in (("environment", "value"), ("secrets", "valueFrom")):
            for number, item in enumerate(container.get(field) or ()):
                key = f"containerDefinitions[{index}].{field}[{number}]"
                yield from _of_variable(item, key=key, value=value)
                name = item.get("name")
                if name in first:
                    yield Problem(
                        f"{key}.name",
                        f'repeats the variable "{name}" of {first[name]}',
                        "keep one of the two; a variable is set either in environment or in"
                        " secrets",
                    )
                elif name:
                    first[name] = f"{key}.name"
        options = (container.get("logConfiguration") or {}).get("secretOptions") or ()
        for number, item in enumerate(options):
            key = f"containerDefinitions[{index}].logConfiguration.secretOptions[{number}]"
            yield from _of_variable(item, key=key, value="valueFrom")


def _of_variable(item: Mapping[str, Any], *, key: str, value: str) -> Iterator[Problem]:
    for field in ("name", value):
        if field not in item:
            yield Problem(f"{key}.{field}", "is missing", f"add the key {field}")
    name = str(item.get("name", "NAME"))
    if not name.strip():
        hint = "write the variable's name, or remove the entry: a container does not start with it"
        yield Problem(f"{key}.name", "is empty", hint)
    elif "=" in name or reference_in(name):
        message = f'is "{name}", which is no name of a variable: no process has it'
        yield Problem(f"{key}.name", message, "name the variable")
    if item.get("valueFrom") == "":
        hint = "write the ARN of a secret, or the name or ARN of a parameter"
        yield Problem(f"{key}.valueFrom", "is empty", hint)
    if item.get("valueFrom"):
        try:
            reference = parse_value_from(item["valueFrom"])
            if isinstance(reference, SecretReference):
                require_version_id(reference)
        except ValueFromError as error:
            yield Problem(f"{key}.valueFrom", error.message, error.hint)


def _of_each_container(raw: Mapping[str, Any]) -> Iterator[Problem]:
    for index, container in enumerate(_containers(raw)):
        yield from container_checks.of_container(container, key=f"containerDefinitions[{index}]")


def _of_dependencies(raw: Mapping[str, Any]) -> Iterator[Problem]:
    yield from container_checks.of_dependencies(_containers(raw))
    yield from container_checks.of_volumes(raw)


def _listed(values: Sequence[int] | Mapping[int, Any]) -> str:
    return ", ".join(str(value) for value in values)


CHECKS = (
    _of_required_keys,
    _of_fargate,
    _of_size,
    _of_essential,
    _of_execution_role,
    _of_names,
    _of_variables,
    _of_each_container,
    _of_dependencies,
    fargate_checks.of_task,
    placeholders.problems,
)
"""The checks of an input with RegisterTaskDefinition's types."""
