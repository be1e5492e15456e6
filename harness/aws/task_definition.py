"""A Fargate task definition, as RegisterTaskDefinition takes it: typed access to its members."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.aws import environment_file

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


def family_of(name_or_arn: str) -> str:
    """Return the family in a task definition's name or ARN, which may end with a revision."""
    return name_or_arn.rpartition("/")[2].partition(":")[0]


@dataclass(frozen=True)
class ContainerDefinition:
    """One entry of containerDefinitions; ``raw`` is the entry as written."""

    raw: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    """ARN of an environment file -> its text, where it is known."""

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
        """Name to value, as written; never a secret. Of several files with one, the first wins."""
        own = {item["name"]: item.get("value", "") for item in self.raw.get("environment") or ()}
        texts = (self.files.get(arn, "") for arn in environment_file.references(self.raw))
        return dict(ChainMap(own, *map(environment_file.variables, texts)))

    @property
    def secrets(self) -> dict[str, str]:
        """Name of the environment variable to its valueFrom text."""
        return {item["name"]: item["valueFrom"] for item in self.raw.get("secrets") or ()}

    @property
    def credentials(self) -> list[str]:
        """Each valueFrom of its log driver and its registry, which ECS reads beside secrets."""
        log = self.raw.get("logConfiguration") or {}
        registry = self.raw.get("repositoryCredentials") or {}
        texts = [secret.get("valueFrom") for secret in log.get("secretOptions") or ()]
        return [str(text) for text in (*texts, registry.get("credentialsParameter")) if text]

    @property
    def words(self) -> list[str]:
        """The words that it starts with: entryPoint and command, where the definition has them."""
        return [word for key in ("entryPoint", "command") for word in self.raw.get(key) or ()]

    @property
    def stop_timeout_s(self) -> int:
        """Seconds between the stop signal and SIGKILL; Fargate's default is 30."""
        return int(self.raw.get("stopTimeout") or 30)

    @property
    def health_check(self) -> Mapping[str, Any] | None:
        """The health check, or None; the image's own never counts on ECS."""
        return self.raw.get("healthCheck")


class Variable(NamedTuple):
    """A plain variable of a task definition."""

    place: str
    """Key of its value in the file."""
    name: str
    value: str


@dataclass(frozen=True)
class TaskDefinition:
    """A RegisterTaskDefinition input."""

    raw: Mapping[str, Any]
    source: str = ""
    """The file it came from, for error texts."""
    files: Mapping[str, str] = field(default_factory=dict)
    """ARN of an environment file -> its text, where it is known."""

    @property
    def family(self) -> str:
        """The family; ECS numbers its revisions."""
        return str(self.raw["family"])

    @property
    def containers(self) -> tuple[ContainerDefinition, ...]:
        """The containers in the order written."""
        definitions = self.raw["containerDefinitions"]
        return tuple(ContainerDefinition(raw=item, files=self.files) for item in definitions)

    @property
    def variables(self) -> Iterator[Variable]:
        """Go through the plain variables of all containers."""
        for number, container in enumerate(self.containers):
            for index, item in enumerate(container.raw.get("environment") or ()):
                place = f"containerDefinitions[{number}].environment[{index}].value"
                yield Variable(place, item["name"], item.get("value", ""))

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
        """The role of the containers; empty when there is none."""
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


def _as_number(text: str, *, unit: str, factor: int) -> int:
    """Read "512", ".5 vCPU" or "1 GB" as units or MiB; 0 when it is neither."""
    plain = text.strip().lower()
    try:
        if plain.endswith(unit):
            return int(float(plain.removesuffix(unit)) * factor)
        return int(plain)
    except ValueError:
        return 0
