"""Task definitions and their sibling files: read, checked, and given typed access.

The files are production's own inputs (RegisterTaskDefinition, CreateService, CreateTargetGroup).
The checks are AWS's own, only earlier and with the place named; nothing is rewritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from harness.aws.task_definition import (
    _GIB,
    FARGATE_MEMORY_MIB,
    TaskDefinition,
    _as_number,
    fargate_memory_mib,
)
from harness.aws.value_from import ValueFromError, parse_value_from
from harness.inputs import container_checks, fargate_checks, operation_shapes
from harness.inputs.problem import Wrong, kind_of, load_json


def load(path: Path) -> TaskDefinition:
    """Read and check a task definition for Fargate.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    raw = load_json(path)
    _Check(path=path, raw=raw).run()
    operation_shapes.check(raw, api="ecs", operation="RegisterTaskDefinition", path=path)
    definition = TaskDefinition(raw=raw, source=str(path))
    sizes = {"cpu_units": definition.cpu_units, "memory_mib": definition.memory_mib}
    for wrong in fargate_checks.of_task(raw, **sizes):
        raise wrong.refused(path)
    return definition


def load_service(path: Path, *, definition: TaskDefinition) -> dict[str, Any]:
    """Read a service's file; its load balancers fit its task definition, and it is on Fargate.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    raw = load_json(path)
    operation_shapes.check(raw, api="ecs", operation="CreateService", path=path)
    containers = definition.raw["containerDefinitions"]
    for wrong in (
        *container_checks.of_launch(raw),
        *container_checks.of_count(raw),
        *container_checks.of_load_balancers(raw, containers=containers, source=definition.source),
    ):
        raise wrong.refused(path)
    return raw


@dataclass(frozen=True)
class _Check:
    """The checks of one file; the first thing wrong is raised."""

    path: Path
    raw: Mapping[str, Any]

    def run(self) -> None:
        self._required()
        self._size()
        names: set[str] = set()
        for index, container in enumerate(self.raw["containerDefinitions"]):
            self._container(container, key=f"containerDefinitions[{index}]", names=names)
        for wrong in container_checks.of_dependencies(self.raw["containerDefinitions"]):
            raise wrong.refused(self.path)
        if not any(item.get("essential") is not False for item in self.raw["containerDefinitions"]):
            self._fail(
                "containerDefinitions",
                "has no essential container",
                hint='at least one container needs "essential": true',
            )
        uses_secrets = any(item.get("secrets") for item in self.raw["containerDefinitions"])
        if uses_secrets and not self.raw.get("executionRoleArn"):
            self._fail(
                "executionRoleArn",
                "is missing, and a container has secrets",
                hint="ECS fetches secrets with the execution role; name it by ARN",
            )

    def _required(self) -> None:
        for key in ("family", "cpu", "memory", "networkMode"):
            if not isinstance(self.raw.get(key), str) or not self.raw[key]:
                self._missing_or_wrong(key, self.raw.get(key))
        if self.raw["networkMode"] != "awsvpc":
            self._fail(
                "networkMode",
                f'is "{self.raw["networkMode"]}"; Fargate knows only awsvpc',
                hint='set "networkMode": "awsvpc"',
            )
        containers = self.raw.get("containerDefinitions")
        if not isinstance(containers, list) or not containers:
            self._fail(
                "containerDefinitions",
                "is missing or empty",
                hint="it is a list with at least one container",
            )
        compatibilities = self.raw.get("requiresCompatibilities")
        if compatibilities is not None and "FARGATE" not in compatibilities:
            self._fail(
                "requiresCompatibilities",
                f"is {json.dumps(compatibilities)}, without FARGATE",
                hint='set "requiresCompatibilities": ["FARGATE"]',
            )

    def _missing_or_wrong(self, key: str, value: object) -> NoReturn:
        hints = {
            "family": "a family names the task definition; ECS numbers its revisions",
            "cpu": f"Fargate needs a task cpu, one of {_listed(FARGATE_MEMORY_MIB)}, as a string",
            "memory": "Fargate needs a task memory in MiB, as a string",
            "networkMode": 'set "networkMode": "awsvpc"',
        }
        said = "is missing" if value in (None, "") else f"is {kind_of(value)}, not a string"
        self._fail(key, said, hint=hints[key])

    def _size(self) -> None:
        cpu, memory = self.raw["cpu"], self.raw["memory"]
        cpu_units = _as_number(cpu, unit="vcpu", factor=1024)
        memory_mib = _as_number(memory, unit="gb", factor=_GIB)
        valid = fargate_memory_mib(cpu_units)
        if not valid:
            self._fail(
                "cpu",
                f'is "{cpu}", which Fargate does not offer',
                hint=f"Fargate offers cpu {_listed(FARGATE_MEMORY_MIB)}",
            )
        if memory_mib not in valid:
            self._fail(
                "memory",
                f'is "{memory}", which Fargate does not offer with cpu {cpu}',
                hint=f"with cpu {cpu} Fargate offers memory {_listed(valid)}",
            )

    def _container(self, container: object, *, key: str, names: set[str]) -> None:
        if not isinstance(container, dict):
            self._fail(key, f"is {kind_of(container)}, not an object", hint="describe a container")
        for field in ("name", "image"):
            if not isinstance(container.get(field), str) or not container[field]:
                self._fail(f"{key}.{field}", "is missing", hint=f"each container needs its {field}")
        if container["name"] in names:
            self._fail(
                f"{key}.name",
                f'repeats the name "{container["name"]}"',
                hint="container names are unique within a task definition",
            )
        names.add(container["name"])
        seen: dict[str, str] = {}
        for where, item in self._pairs(container, key=key, field="environment"):
            self._string(item, key=where, field="value")
            self._unique(item["name"], key=f"{where}.name", seen=seen)
        for where, item in self._pairs(container, key=key, field="secrets"):
            self._string(item, key=where, field="valueFrom")
            self._unique(item["name"], key=f"{where}.name", seen=seen)
            try:
                parse_value_from(item["valueFrom"])
            except ValueFromError as error:
                self._fail(f"{where}.valueFrom", error.said, hint=error.hint)
        for wrong in container_checks.of_container(container, key=key):
            raise wrong.refused(self.path)

    def _pairs(
        self, container: Mapping[str, Any], *, key: str, field: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        items = container.get(field, [])
        if not isinstance(items, list):
            self._fail(f"{key}.{field}", f"is {kind_of(items)}, not a list", hint=_PAIR[field])
        for index, item in enumerate(items):
            where = f"{key}.{field}[{index}]"
            if not isinstance(item, dict):
                self._fail(where, f"is {kind_of(item)}, not an object", hint=_PAIR[field])
            self._string(item, key=where, field="name")
            yield where, item

    def _string(self, item: Mapping[str, Any], *, key: str, field: str) -> None:
        if field not in item:
            self._fail(f"{key}.{field}", "is missing", hint=f"add the key {field}")
        value = item[field]
        if not isinstance(value, str):
            named = f" (variable {item['name']})" if field != "name" else ""
            self._fail(
                f"{key}.{field}",
                f"is {kind_of(value)}, not a string{named}",
                hint=f"ECS takes strings only: write {json.dumps(_quoted(value))}",
            )

    def _unique(self, name: str, *, key: str, seen: dict[str, str]) -> None:
        if name in seen:
            self._fail(
                key,
                f'repeats the variable "{name}" of {seen[name]}',
                hint="keep one of the two; a variable is set either in environment or in secrets",
            )
        seen[name] = key

    def _fail(self, key: str, said: str, *, hint: str) -> NoReturn:
        raise Wrong(key, said, hint).refused(self.path)


_PAIR = {
    "environment": 'write a list of {"name": "...", "value": "..."}',
    "secrets": 'write a list of {"name": "...", "valueFrom": "arn:..."}',
}


def _listed(values: Sequence[int] | Mapping[int, Any]) -> str:
    return ", ".join(str(value) for value in values)


def _quoted(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
