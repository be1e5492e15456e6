"""Production as its files describe it: cutover.toml and every AWS file it names, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import TaskDefinition
from harness.core.errors import ConfigError
from harness.inputs import config as configuration
from harness.inputs import iam_roles, load_balancer, task_definitions
from harness.inputs.api_calls import CallFile, dead_letter_queue
from harness.inputs.config import Config
from harness.inputs.iam_roles import RoleFile

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.vpc import Network


@dataclass(frozen=True)
class Service:
    """One ECS service: the inputs of RegisterTaskDefinition and CreateService."""

    definition: TaskDefinition
    create: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The service's name in its cluster."""
        return str(self.create["serviceName"])

    @property
    def security_groups(self) -> tuple[str, ...]:
        """Ids of the groups that its tasks have."""
        network = self.create.get("networkConfiguration") or {}
        return tuple(network.get("awsvpcConfiguration", {}).get("securityGroups") or ())


@dataclass(frozen=True)
class Schedule:
    """The EventBridge rule that runs a task each minute, and that task's definition."""

    rule: CallFile
    definition: TaskDefinition

    @property
    def put_rule(self) -> Mapping[str, Any]:
        """The input of PutRule."""
        (given,) = self.rule.inputs_of("PutRule")
        return given

    @property
    def target(self) -> Mapping[str, Any]:
        """The rule's one target, an ECS task."""
        (target,) = self.rule.inputs_of("PutTargets")[0]["Targets"]
        return dict(target)

    @property
    def name(self) -> str:
        """The rule's name."""
        return str(self.put_rule["Name"])

    @property
    def queue(self) -> str:
        """Name of the queue that stands for the rule's ECS target in a local stack."""
        return f"{self.name}-ticks"

    @property
    def maximum_age_s(self) -> int:
        """How old a tick may be when its task is started; a day on AWS where nothing is said."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 86400))

    @property
    def security_groups(self) -> tuple[str, ...]:
        """Ids of the groups that its tasks have."""
        network = self.target["EcsParameters"].get("NetworkConfiguration") or {}
        return tuple(network.get("awsvpcConfiguration", {}).get("SecurityGroups") or ())


@dataclass(frozen=True)
class Production:
    """The configuration and the content of every file that it names."""

    config: Config
    network: Network
    load_balancer: Mapping[str, Any]
    """``LoadBalancer`` is the input of CreateLoadBalancer; ``Attributes`` may follow."""
    target_group: Mapping[str, Any]
    """``TargetGroup`` is the input of CreateTargetGroup; ``Attributes`` may follow."""
    services: Mapping[str, Service]
    resources: Mapping[str, CallFile]
    """``bucket``, ``queues`` and ``identity``, of which the app may lack any."""
    schedule: Schedule | None
    roles: tuple[RoleFile, ...]
    digests: Mapping[str, str]
    """SHA-256 of each file, by its path from the configuration's directory."""

    @property
    def definitions(self) -> Iterator[TaskDefinition]:
        """Every task definition."""
        yield from (service.definition for service in self.services.values())
        if self.schedule is not None:
            yield self.schedule.definition

    @property
    def app_image(self) -> str:
        """The one image reference in all task definitions."""
        return next(self.definitions).containers[0].image

    @property
    def session_cookie(self) -> str:
        """Name of the app's session cookie; empty where the web task does not set it."""
        (web, *_) = self.services["web"].definition.containers
        return web.environment.get("SESSION_COOKIE", "")

    @property
    def resource_names(self) -> dict[str, str]:
        """Names of the app's resources, by what scenarios call them; only of those it has."""
        found: dict[str, str] = {}
        for file in self.resources.values():
            for call in file.calls:
                if call.operation == "CreateBucket":
                    found["bucket"] = call.given["Bucket"]
                elif call.operation.startswith("Verify"):
                    found["identity"] = call.given.get("EmailAddress") or call.given["Domain"]
            found |= _queue_names(file.inputs_of("CreateQueue"))
        if self.schedule is not None:
            found |= {"rule": self.schedule.name, "scheduler": self.schedule.definition.family}
        return found


def load(environ: Mapping[str, str], *, cwd: Path) -> Production:
    """Read the configuration and every file that it names.

    Raises:
        ConfigError: A variable, a file or a key is wrong.
    """
    config = configuration.load(environ, cwd=cwd)
    services = {
        name: _service(files.task_definition, files.service)
        for name, files in config.services.items()
    }
    schedule = None
    if config.schedule is not None:
        definition = task_definitions.load(config.schedule.task_definition)
        schedule = Schedule(config.schedule.rule, definition)
    production = Production(
        config=config,
        network=config.network,
        load_balancer=load_balancer.load_balancer(config.load_balancer),
        target_group=load_balancer.target_group(config.target_group),
        services=services,
        resources=config.resources.by_name,
        schedule=schedule,
        roles=iam_roles.read(config.app_context),
        digests=_digests(config),
    )
    _refuse_several_images(production)
    return production


def _service(definition: Path, service: Path) -> Service:
    found = task_definitions.load(definition)
    return Service(found, task_definitions.load_service(service, definition=found))


def _queue_names(inputs: list[Mapping[str, Any]]) -> dict[str, str]:
    """Name the queue that is no other's dead-letter queue, and its own."""
    dead = {dead_letter_queue(given) for given in inputs}
    for given in inputs:
        if given["QueueName"] not in dead:
            own = dead_letter_queue(given)
            return {"queue": given["QueueName"], **({"dead_letter_queue": own} if own else {})}
    return {}


def _refuse_several_images(production: Production) -> None:
    found = {
        container.image: definition.source
        for definition in production.definitions
        for container in definition.containers
    }
    if len(found) > 1:
        names = "; ".join(f"{path}: {image}" for image, path in sorted(found.items()))
        raise ConfigError(
            "the task definitions name different images",
            state=names,
            hint="all containers of the app run one image; give each the same tag or digest",
        )


def _digests(config: Config) -> dict[str, str]:
    paths = {config.file, config.load_balancer, config.target_group, config.network.groups.path}
    for service in config.services.values():
        paths |= {service.task_definition, service.service}
    paths |= {file.path for file in config.resources.by_name.values()}
    if config.schedule is not None:
        paths |= {config.schedule.rule.path, config.schedule.task_definition}
    return {
        str(path.relative_to(config.root) if path.is_relative_to(config.root) else path): (
            hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in paths
    }
