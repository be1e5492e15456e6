"""What Docker is asked to create for a task: its pause container and the containers beside it."""

from __future__ import annotations

import json
import resource
from collections.abc import Mapping
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from harness.aws.task_definition import ContainerDefinition, TaskDefinition
from harness.core import codec
from harness.core.labels import (
    LABEL_CONTAINER,
    LABEL_FAMILY,
    LABEL_ROLE,
    LABEL_SECRET_NAMES,
    LABEL_TASK,
    LABEL_TASK_ARN,
    LABEL_TASK_ID,
)
from harness.standins.contract import SOCKETS_DIR, ControlSettings
from harness.standins.control.agent.packet_rules import VARIABLE
from harness.standins.control.state.model import Container, Definition, Task

_MIB = 1024 * 1024
_PIDS_LIMIT = 512
_PAUSE_PIDS_LIMIT = 128
METADATA_HOST = "http://169.254.170.2"


def labels_of(task: Task, *, settings: ControlSettings, definition: Definition) -> dict[str, str]:
    """Return the labels that every container of a task carries."""
    return {
        **settings.labels,
        "com.amazonaws.ecs.cluster": f"{task.arn.split(':task/')[0]}:cluster/{task.cluster}",
        LABEL_TASK_ARN: task.arn,
        LABEL_FAMILY: definition.family,
        "com.amazonaws.ecs.task-definition-version": str(definition.revision),
        LABEL_TASK_ID: task.id,
    }


def _name(task: Task, *, settings: ControlSettings, definition: Definition, last: str) -> str:
    return f"cutover-{settings.run}-{definition.family}-{task.id[:8]}-{last}"


def why_no_pull(reference: str, *, architecture: str, raw: Mapping[str, Any]) -> str:
    """Return ECS's words for an image that a task cannot have, or nothing.

    An image for ARM on this machine says nothing of the one that is deployed: a laptop's is not.
    """
    failed = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
    if not architecture:
        return f"{failed}failed to resolve ref {reference}: {reference}: not found"
    wanted = (raw.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64"
    if architecture == "amd64" and wanted != "X86_64":
        return (
            f"{failed}image Manifest does not contain descriptor matching platform"
            f" 'linux/{wanted.lower()}'"
        )
    return ""


def pause(task: Task, *, settings: ControlSettings, definition: Definition) -> dict[str, Any]:
    """Return what creates the pause container; a label on it is control's record of the task."""
    return {
        "image": settings.pause_image,
        "name": _name(task, settings=settings, definition=definition, last="pause"),
        "command": [f"{SOCKETS_DIR}/{task.id}.sock"],
        "labels": {
            **labels_of(task, settings=settings, definition=definition),
            LABEL_ROLE: "pause",
            LABEL_TASK: json.dumps(codec.encode(task)),
        },
        "environment": {VARIABLE: settings.rules.of_task(task.security_groups)},
        "networks": list(settings.task_networks.values()),
        "cap_add": ["NET_ADMIN"],
        "mem_limit": 48 * _MIB,
        "memswap_limit": 48 * _MIB,
        "pids_limit": _PAUSE_PIDS_LIMIT,
        "mounts": [
            Mount(SOCKETS_DIR, f"cutover-{settings.run}-control", type="volume"),
        ],
        "log_config": LogConfig(type="json-file", config={"max-size": "1m"}),
    }


def container(
    task: Task,
    *,
    item: Container,
    settings: ControlSettings,
    definition: Definition,
    parsed: TaskDefinition,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Return what creates one container of the task in the pause container's network namespace."""
    said = parsed.container(item.name)
    linux = said.raw.get("linuxParameters") or {}
    override = override_of(task, name=item.name)
    memory = (said.raw.get("memory") or parsed.memory_mib) * _MIB
    capabilities = linux.get("capabilities") or {}
    return {
        "image": item.image_id,
        "name": _name(task, settings=settings, definition=definition, last=item.name),
        "command": override.get("command") or said.raw.get("command") or None,
        "entrypoint": said.raw.get("entryPoint") or None,
        "environment": dict(environment),
        "labels": {
            **(said.raw.get("dockerLabels") or {}),
            **labels_of(task, settings=settings, definition=definition),
            LABEL_ROLE: "task",
            LABEL_CONTAINER: item.name,
            # Names only: whoever reads this container's variables knows which values to blank.
            LABEL_SECRET_NAMES: ",".join(said.secrets),
        },
        "network_mode": f"container:{task.pause_id}",
        "user": said.raw.get("user") or None,
        "working_dir": said.raw.get("workingDirectory") or None,
        "read_only": bool(said.raw.get("readonlyRootFilesystem")),
        "tmpfs": {entry["containerPath"]: _tmpfs(entry) for entry in linux.get("tmpfs") or ()},
        "init": bool(linux.get("initProcessEnabled")),
        "tty": bool(said.raw.get("pseudoTerminal")),
        "stdin_open": bool(said.raw.get("interactive")),
        "cap_add": capabilities.get("add") or None,
        "cap_drop": capabilities.get("drop") or None,
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": int((parsed.cpu_units or 1024) / 1024 * 10**9),
        "cpu_shares": said.raw.get("cpu") or None,
        "pids_limit": _PIDS_LIMIT,
        "ulimits": _ulimits(said),
        # ECS knows only the task definition's check, which control runs itself.
        "healthcheck": {"test": ["NONE"]},
        "mounts": mounts(task, said=said, settings=settings),
        "log_config": LogConfig(type="json-file", config={"max-size": "20m"}),
    }


def override_of(task: Task, *, name: str) -> dict[str, Any]:
    """Return RunTask's override of one container, empty when there is none."""
    found = task.overrides.get("containerOverrides") or []
    return next((dict(item) for item in found if item.get("name") == name), {})


def volume_name(task: Task, *, settings: ControlSettings, last: str) -> str:
    """Return the name of one of the task's volumes."""
    return f"cutover-{settings.run}-{task.id[:8]}-{last}"


def overlay_volumes(
    task: Task, *, said: ContainerDefinition, settings: ControlSettings
) -> dict[str, str]:
    """Return directory to volume for overlay files, needed where the root is read-only.

    Docker copies the image's content of the directory into the new volume, and a file can be put
    into a volume even when the container's root is read-only.
    """
    if not said.raw.get("readonlyRootFilesystem"):
        return {}
    directories = sorted({path.rpartition("/")[0] for path in settings.overlay.files})
    return {
        directory: volume_name(task, settings=settings, last=f"{said.name}-overlay-{index}")
        for index, directory in enumerate(directories)
    }


def task_volumes(
    task: Task, *, said: ContainerDefinition, settings: ControlSettings
) -> dict[str, str]:
    """Return the volume for each of the definition's volumes that this container mounts."""
    return {
        point["sourceVolume"]: volume_name(
            task, settings=settings, last=f"volume-{point['sourceVolume']}"
        )
        for point in said.raw.get("mountPoints") or ()
    }


def mounts(task: Task, *, said: ContainerDefinition, settings: ControlSettings) -> list[Mount]:
    """Return a container's volumes: the task definition's, and the overlay's."""
    volumes = task_volumes(task, said=said, settings=settings)
    found = [
        Mount(
            point["containerPath"],
            volumes[point["sourceVolume"]],
            type="volume",
            read_only=bool(point.get("readOnly")),
        )
        for point in said.raw.get("mountPoints") or ()
    ]
    overlay = overlay_volumes(task, said=said, settings=settings)
    return found + [Mount(where, name, type="volume") for where, name in overlay.items()]


def _tmpfs(entry: Mapping[str, Any]) -> str:
    return ",".join([f"size={entry['size']}m", *(entry.get("mountOptions") or ())])


def _ulimits(said: ContainerDefinition) -> list[Ulimit]:
    """Return the limits asked for, or this engine's where it allows less than Fargate does."""
    return [
        Ulimit(
            name=item["name"],
            soft=within(item["softLimit"], name=item["name"]),
            hard=within(item["hardLimit"], name=item["name"]),
        )
        for item in said.raw.get("ulimits") or ()
    ]


def within(limit: int, *, name: str) -> int:
    """Return a limit, or the one that control's own container has if that is lower."""
    number = getattr(resource, f"RLIMIT_{name.upper()}", None)
    most = resource.RLIM_INFINITY if number is None else resource.getrlimit(number)[1]
    return limit if most == resource.RLIM_INFINITY else min(limit, most)


def environment_of(
    task: Task,
    *,
    item: Container,
    settings: ControlSettings,
    parsed: TaskDefinition,
    secrets: Mapping[str, str],
    app_network_cidr: str,
) -> dict[str, str]:
    """Return a container's variables. Later wins: definition, secrets, overlay, override, ECS."""
    override = override_of(task, name=item.name).get("environment") or []
    found = {
        **parsed.container(item.name).environment,
        **secrets,
        **{
            key: value.replace("{app_network_cidr}", app_network_cidr)
            for key, value in settings.overlay.environment.items()
        },
        **{entry["name"]: entry["value"] for entry in override},
        "ECS_CONTAINER_METADATA_URI_V4": f"{METADATA_HOST}/v4/{item.runtime_id}",
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
    }
    if task.credentials_id:
        found["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = f"/v2/credentials/{task.credentials_id}"
    return found
