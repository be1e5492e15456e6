"""The Docker containers of a task: its pause container and the containers beside it."""

from __future__ import annotations

import json
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from harness.aws.task_definition import ContainerDefinition
from harness.core import codec
from harness.core.labels import (
    LABEL_CONTAINER,
    LABEL_FAMILY,
    LABEL_ROLE,
    LABEL_SECRET_NAMES,
    LABEL_SERVICE,
    LABEL_STARTED_BY,
    LABEL_TASK,
    LABEL_TASK_ARN,
    LABEL_TASK_ID,
)
from harness.standins.contract import SOCKETS_DIR, ControlSettings
from harness.standins.control.agent.packet_rules import VARIABLE
from harness.standins.control.agent.volumes import TaskVolumes
from harness.standins.control.state.model import Container, Definition, Task

_MIB = 1024 * 1024
_PIDS_LIMIT = 512
_PAUSE_PIDS_LIMIT = 128
METADATA_HOST = "http://169.254.170.2"


@dataclass(frozen=True)
class TaskContainers:
    """The containers and variables of one task."""

    task: Task
    definition: Definition
    settings: ControlSettings

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every container of the task carries."""
        task, definition = self.task, self.definition
        return {
            **self.settings.labels,
            "com.amazonaws.ecs.cluster": f"{task.arn.split(':task/')[0]}:cluster/{task.cluster}",
            LABEL_TASK_ARN: task.arn,
            LABEL_FAMILY: definition.family,
            "com.amazonaws.ecs.task-definition-version": str(definition.revision),
            LABEL_TASK_ID: task.id,
            LABEL_STARTED_BY: task.started_by,
            LABEL_SERVICE: task.service and task.group.removeprefix("service:"),
        }

    def _name(self, last: str) -> str:
        return f"cutover-{self.settings.run}-{self.definition.family}-{self.task.id[:8]}-{last}"

    def pause(self) -> dict[str, Any]:
        """Return the options of the pause container; a label on it is control's record of the task.

        Raises:
            LookupError: A security group is unknown; the text says which.
        """
        settings, task = self.settings, self.task
        return {
            "image": settings.pause_image,
            "name": self._name("pause"),
            "command": [f"{SOCKETS_DIR}/{task.id}.sock"],
            "labels": {
                **self.labels,
                LABEL_ROLE: "pause",
                LABEL_TASK: json.dumps(codec.encode(task)),
            },
            "environment": {VARIABLE: settings.rules.of_task(task.security_groups)},
            "networks": list(settings.task_networks.values()),
            "cap_add": ["NET_ADMIN"],
            "mem_limit": 48 * _MIB,
            "memswap_limit": 48 * _MIB,
            "pids_limit": _PAUSE_PIDS_LIMIT,
            "mounts": [Mount(SOCKETS_DIR, f"cutover-{settings.run}-control", type="volume")],
            "log_config": LogConfig(type="json-file", config={"max-size": "1m"}),
        }

    def is_idle(self, item: Container) -> bool:
        """Return whether a container only stands in for one without an image."""
        return item.image in self.settings.idle_images

    def container(
        self, item: Container, *, environment: Mapping[str, str], volumes: TaskVolumes
    ) -> dict[str, Any]:
        """Return the options of one container, in the pause container's network namespace."""
        options = self._options(item, environment=environment)
        options["mounts"] = volumes.mounts(item.name, image_id=item.image_id)
        options["volumes_from"] = [
            f"{self._name(entry['sourceContainer'])}:{'ro' if entry.get('readOnly') else 'rw'}"
            for entry in self.definition.parsed.container(item.name).raw.get("volumesFrom") or ()
        ]
        return {**options, **self._idling(item)} if self.is_idle(item) else options

    def _idling(self, item: Container) -> dict[str, Any]:
        """Return the options that make a container idle, or end well where another waits for it."""
        ends = any(
            entry["containerName"] == item.name and entry["condition"] in ("COMPLETE", "SUCCESS")
            for other in self.definition.parsed.containers
            for entry in other.raw.get("dependsOn") or ()
        )
        command = "exit 0" if ends else "trap 'exit 0' TERM; sleep infinity & wait"
        return {
            "entrypoint": ["/bin/sh", "-c"],
            "command": [command],
            "user": None,
            "working_dir": None,
        }

    def _options(self, item: Container, *, environment: Mapping[str, str]) -> dict[str, Any]:
        parsed = self.definition.parsed
        container = parsed.container(item.name)
        raw = container.raw
        linux = raw.get("linuxParameters") or {}
        memory = (raw.get("memory") or parsed.memory_mib) * _MIB
        capabilities = linux.get("capabilities") or {}
        return {
            "image": item.image_id,
            "name": self._name(item.name),
            "command": self._override(item.name).get("command") or raw.get("command") or None,
            "entrypoint": raw.get("entryPoint") or None,
            "environment": dict(environment),
            "labels": {
                **(raw.get("dockerLabels") or {}),
                **self.labels,
                LABEL_ROLE: "task",
                LABEL_CONTAINER: item.name,
                # Names only: a reader of this container's variables blanks the values of these.
                LABEL_SECRET_NAMES: ",".join(container.secrets),
            },
            "network_mode": f"container:{self.task.pause_id}",
            "user": raw.get("user") or None,
            "working_dir": raw.get("workingDirectory") or None,
            "read_only": bool(raw.get("readonlyRootFilesystem")),
            "tmpfs": {entry["containerPath"]: _tmpfs(entry) for entry in linux.get("tmpfs") or ()},
            "init": bool(linux.get("initProcessEnabled")),
            "tty": bool(raw.get("pseudoTerminal")),
            "stdin_open": bool(raw.get("interactive")),
            "cap_add": capabilities.get("add") or None,
            "cap_drop": capabilities.get("drop") or None,
            "mem_limit": memory,
            "memswap_limit": memory,
            "nano_cpus": int((parsed.cpu_units or 1024) / 1024 * 10**9),
            "cpu_shares": raw.get("cpu") or None,
            "pids_limit": _PIDS_LIMIT,
            "ulimits": _ulimits(container),
            # ECS knows only the task definition's check, which control runs itself.
            "healthcheck": {"test": ["NONE"]},
            "log_config": LogConfig(type="json-file", config={"max-size": "20m"}),
        }

    def environment(
        self,
        item: Container,
        *,
        files: Mapping[str, str],
        secrets: Mapping[str, str],
        app_network_cidr: str,
    ) -> dict[str, str]:
        """Return a container's variables.

        Later wins: environment files, definition, secrets, overlay, override, ECS.
        """
        variables = {
            **files,
            **self.definition.parsed.container(item.name).environment,
            **secrets,
            **{
                key: value.replace("{app_network_cidr}", app_network_cidr)
                for key, value in self.settings.overlay.environment.items()
            },
            **{
                entry["name"]: entry["value"]
                for entry in self._override(item.name).get("environment") or ()
            },
            "ECS_CONTAINER_METADATA_URI_V4": f"{METADATA_HOST}/v4/{item.runtime_id}",
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        }
        if credentials_id := self.task.credentials_id:
            variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = (
                f"/v2/credentials/{credentials_id}"
            )
        return variables

    def _override(self, name: str) -> dict[str, Any]:
        """Return RunTask's override of one container, empty when there is none."""
        overrides = self.task.overrides.get("containerOverrides") or []
        return next((dict(item) for item in overrides if item.get("name") == name), {})


def pull_error(
    reference: str, *, architecture: str, raw: Mapping[str, Any], instead: str = ""
) -> str:
    """Return ECS's words for an image that a task cannot have; empty when it can.

    An image for ARM on this machine says nothing of the one that is deployed: a laptop's is not.

    Args:
        reference: The image, as its task definition names it.
        architecture: The image's own; empty without an image.
        raw: The task definition.
        instead: What the overlay gives tasks instead of their own; empty without.
    """
    failed = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
    if not architecture:
        return f"{failed}failed to resolve ref {reference}: {reference}: not found"
    platform = instead or (raw.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64"
    if architecture == "amd64" and platform != "X86_64":
        return (
            f"{failed}image Manifest does not contain descriptor matching platform"
            f" 'linux/{platform.lower()}'"
        )
    return ""


def _tmpfs(entry: Mapping[str, Any]) -> str:
    return ",".join([f"size={entry['size']}m", *(entry.get("mountOptions") or ())])


def _ulimits(container: ContainerDefinition) -> list[Ulimit]:
    """Return the limits asked for, or this engine's where it allows less than Fargate does."""
    return [
        Ulimit(
            name=item["name"],
            soft=within(item["softLimit"], name=item["name"]),
            hard=within(item["hardLimit"], name=item["name"]),
        )
        for item in container.raw.get("ulimits") or ()
    ]


def within(limit: int, *, name: str) -> int:
    """Return a limit, or the one that control's own container has if that is lower."""
    number = getattr(resource, f"RLIMIT_{name.upper()}", None)
    most = resource.RLIM_INFINITY if number is None else resource.getrlimit(number)[1]
    return limit if most == resource.RLIM_INFINITY else min(limit, most)
