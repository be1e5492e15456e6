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

from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
from harness.core.errors import ConfigError
from harness.inputs import container_checks, fargate_checks, operation_shapes
from harness.inputs.container_checks import Wrong, kind_of

__all__ = [
    "ContainerDefinition",
    "SecretReference",
    "TaskDefinition",
    "fargate_memory_mib",
    "load",
    "load_json",
    "load_service",
    "parse",
    "parse_value_from",
]

_GIB = 1024
FARGATE_MEMORY_MIB: Mapping[int, tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(gib * _GIB for gib in range(1, 5)),
    1024: tuple(gib * _GIB for gib in range(2, 9)),
    2048: tuple(gib * _GIB for gib in range(4, 17)),
    4096: tuple(gib * _GIB for gib in range(8, 31)),
    8192: tuple(gib * _GIB for gib in range(16, 61, 4)),
    16384: tuple(gib * _GIB for gib in range(32, 121, 8)),
}
"""Memory (MiB) that Fargate offers for each cpu value (1024 units are one vCPU)."""


@dataclass(frozen=True)
class ContainerDefinition:
    """One entry of containerDefinitions; ``raw`` holds what has no field of its own."""

    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The container's name, unique within its task definition."""
        return str(self.raw["name"])

    @property
    def image(self) -> str:
        """The image reference as written."""
        return str(self.raw["image"])

    @property
    def essential(self) -> bool:
        """Whether the task stops when this container does; omitted means yes."""
        return self.raw.get("essential") is not False

    @property
    def environment(self) -> dict[str, str]:
        """Name to value, as written; never a secret."""
        return {item["name"]: item.get("value", "") for item in self.raw.get("environment") or ()}

    @property
    def secrets(self) -> dict[str, str]:
        """Name of the environment variable to its valueFrom text."""
        return {item["name"]: item["valueFrom"] for item in self.raw.get("secrets") or ()}

    @property
    def stop_timeout_s(self) -> int:
        """Seconds between the stop signal and SIGKILL; Fargate's default is 30."""
        return int(self.raw.get("stopTimeout") or 30)

    @property
    def health_check(self) -> Mapping[str, Any] | None:
        """The health check, or None; the image's own never counts on ECS."""
        return self.raw.get("healthCheck")


@dataclass(frozen=True)
class TaskDefinition:
    """A RegisterTaskDefinition input."""

    raw: Mapping[str, Any]
    source: str = ""
    """The file it came from, for error texts."""

    @property
    def family(self) -> str:
        """The family; ECS numbers its revisions."""
        return str(self.raw["family"])

    @property
    def containers(self) -> tuple[ContainerDefinition, ...]:
        """The containers in the order written."""
        return tuple(ContainerDefinition(raw=item) for item in self.raw["containerDefinitions"])

    @property
    def cpu_units(self) -> int:
        """CPU of the task; 1024 units are one vCPU. 0 when not set, or no number."""
        return _as_number(str(self.raw.get("cpu") or 0), unit="vcpu", factor=1024)

    @property
    def memory_mib(self) -> int:
        """Memory of the task in MiB. 0 when not set, or no number."""
        return _as_number(str(self.raw.get("memory") or 0), unit="gb", factor=_GIB)

    @property
    def task_role_arn(self) -> str:
        """The role whose credentials the containers get; empty when there is none."""
        return str(self.raw.get("taskRoleArn") or "")

    @property
    def execution_role_arn(self) -> str:
        """The role that fetches images and secrets; empty when there is none."""
        return str(self.raw.get("executionRoleArn") or "")

    def container(self, name: str) -> ContainerDefinition:
        """Return the container of this name."""
        return next(container for container in self.containers if container.name == name)


def fargate_memory_mib(cpu_units: int) -> tuple[int, ...]:
    """Return the memory values that Fargate offers for this cpu; empty when it has no such cpu."""
    return tuple(FARGATE_MEMORY_MIB.get(cpu_units, ()))


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        ConfigError: No such file, not JSON, or not an object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}: {error.strerror}",
            where=str(path),
            hint="create the file, or correct its path in cutover.toml",
        ) from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            where=f"{path}:{error.lineno}:{error.colno}",
            hint="JSON has double quotes only, no comments and no trailing commas",
        ) from error
    if not isinstance(value, dict):
        raise ConfigError(
            f"{path} holds {kind_of(value)}, not a JSON object",
            where=str(path),
            hint="the file is the input of one AWS call: { ... }",
        )
    return value


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


def parse(raw: Mapping[str, Any]) -> TaskDefinition:
    """Give typed access to an input that an API has already checked."""
    return TaskDefinition(raw=raw)


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


def _as_number(text: str, *, unit: str, factor: int) -> int:
    """Read "512", ".5 vCPU" or "1 GB" as units or MiB; 0 when it is neither."""
    plain = text.strip().lower()
    try:
        if plain.endswith(unit):
            return int(float(plain.removesuffix(unit)) * factor)
        return int(plain)
    except ValueError:
        return 0
