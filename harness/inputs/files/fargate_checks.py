"""Checks of settings that ECS refuses on Fargate, and of those that a rehearsal cannot show.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html; tmpfs is
taken since January 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.aws import efs, environment_file
from harness.inputs.problem import Problem

_LEAVE_OUT = "leave it out: ECS refuses it on Fargate"
_CONTAINER = (
    *("disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions"),
    *("extraHosts", "hostname", "links", "privileged"),
)
_LINUX = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
_TASK = ("inferenceAccelerators", "ipcMode", "placementConstraints")
_CAPABILITY = "SYS_PTRACE"
_VOLUMES = {
    "dockerVolumeConfiguration": "write the volume's name alone: Fargate has no Docker volumes",
    "fsxWindowsFileServerVolumeConfiguration": "Fargate mounts EFS only: leave it out",
}
_EPHEMERAL_GIB = (21, 200)
_ROUTED = "awsfirelens"

_FAMILY = "LINUX"


def of_task(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Find parameters of a task definition that ECS refuses on Fargate."""
    for name in _TASK:
        if raw.get(name):
            yield Problem(name, "is not valid on Fargate", _LEAVE_OUT)
    if raw.get("pidMode") == "host":
        hint = 'write "task", or leave it out'
        yield Problem("pidMode", 'is "host": Fargate shows no host', hint)
    family = (raw.get("runtimePlatform") or {}).get("operatingSystemFamily") or _FAMILY
    if family != _FAMILY:
        key = "runtimePlatform.operatingSystemFamily"
        yield Problem(key, f'is "{family}", and the images are of Linux', f'write "{_FAMILY}"')
    yield from _disk(raw.get("ephemeralStorage") or {})
    for index, volume in enumerate(raw.get("volumes") or ()):
        yield from _volume(volume, key=f"volumes[{index}]")
    for index, container in enumerate(raw.get("containerDefinitions") or ()):
        yield from _container(container, key=f"containerDefinitions[{index}]")
    yield from _log_routers(raw.get("containerDefinitions") or ())


def of_sizes(raw: Mapping[str, Any], *, cpu_units: int, memory_mib: int) -> Iterator[Problem]:
    """Find containers that are larger than their task, or reserve more than they may have.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html

    Args:
        raw: The task definition.
        cpu_units: Its task's cpu; 1024 are one vCPU.
        memory_mib: Its task's memory.
    """
    containers = raw.get("containerDefinitions") or ()
    cpu = sum(definition.get("cpu") or 0 for definition in containers)
    if cpu > cpu_units:
        message = f"add up to {cpu} cpu units in their cpu, and the task has {cpu_units}"
        hint = "give the task more cpu, or the containers less"
        yield Problem("containerDefinitions", message, hint)
    for index, container in enumerate(containers):
        for name in ("memory", "memoryReservation"):
            if (container.get(name) or 0) > memory_mib:
                key = f"containerDefinitions[{index}].{name}"
                message = f"is {container[name]} MiB, and the task has {memory_mib}"
                yield Problem(key, message, "give the task more memory, or the container less")
        reserved, most = container.get("memoryReservation") or 0, container.get("memory")
        if most and reserved > most:
            key = f"containerDefinitions[{index}].memoryReservation"
            message = f"is {reserved} MiB, and the container's memory is {most}: ECS refuses it"
            yield Problem(key, message, "write less than memory, or leave it out")


def _log_routers(containers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Find logs without a log router, and a router without logs: ECS registers neither.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef.html
    """
    has_router = any(container.get("firelensConfiguration") for container in containers)
    routed = [
        f"containerDefinitions[{index}].logConfiguration.logDriver"
        for index, container in enumerate(containers)
        if (container.get("logConfiguration") or {}).get("logDriver") == _ROUTED
    ]
    if routed and not has_router:
        hint = "add the log router, a container with firelensConfiguration, or log to awslogs"
        yield Problem(routed[0], f'is "{_ROUTED}", and no container is the log router', hint)
    if has_router and not routed:
        hint = f'write "logDriver": "{_ROUTED}" for the containers that it collects from'
        message = f"has a log router (firelensConfiguration), and no container logs to {_ROUTED}"
        yield Problem("containerDefinitions", message, hint)


def _disk(storage: Mapping[str, Any]) -> Iterator[Problem]:
    size, (least, most) = storage.get("sizeInGiB"), _EPHEMERAL_GIB
    if size is not None and not least <= size <= most:
        hint = "leave ephemeralStorage out for the 20 GiB that each task has"
        message = f"is {size}, and must be from {least} to {most}"
        yield Problem("ephemeralStorage.sizeInGiB", message, hint)


def _volume(volume: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    if (volume.get("host") or {}).get("sourcePath"):
        hint = "write the volume's name alone: it is then the task's own and empty"
        yield Problem(f"{key}.host.sourcePath", "is a path of a host, and Fargate shows none", hint)
    for name, hint in _VOLUMES.items():
        if volume.get(name):
            yield Problem(f"{key}.{name}", "is not taken", hint)
    yield from _file_system(volume.get(efs.KEY) or {}, key=f"{key}.{efs.KEY}")


def _file_system(volume: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    """Find settings of a volume on EFS that exclude each other.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSAuthorizationConfig.html
    """
    access = volume.get("authorizationConfig") or {}
    point, is_signed = access.get("accessPointId"), access.get("iam") == "ENABLED"
    directory = volume.get("rootDirectory") or efs.ROOT
    if point and directory != efs.ROOT:
        hint = 'leave it out, or write "/": the access point has its own directory'
        yield Problem(f"{key}.rootDirectory", f'is "{directory}" beside an access point', hint)
    if (point or is_signed) and volume.get("transitEncryption") != "ENABLED":
        why = "an access point" if point else "IAM"
        hint = 'write "transitEncryption": "ENABLED"'
        yield Problem(f"{key}.transitEncryption", f"is not on, and {why} needs it", hint)


def _container(container: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    for name in _CONTAINER:
        if container.get(name):
            yield Problem(f"{key}.{name}", "is not valid on Fargate", _LEAVE_OUT)
    linux = container.get("linuxParameters") or {}
    for name in _LINUX:
        if linux.get(name) not in (None, []):
            yield Problem(f"{key}.linuxParameters.{name}", "is not valid on Fargate", _LEAVE_OUT)
    for added in (linux.get("capabilities") or {}).get("add") or ():
        if added != _CAPABILITY:
            where = f"{key}.linuxParameters.capabilities.add"
            yield Problem(
                where, f'has "{added}"', f"Fargate adds {_CAPABILITY} only: leave the rest out"
            )
    if any(
        requirement.get("type") == "GPU"
        for requirement in container.get("resourceRequirements") or ()
    ):
        yield Problem(
            f"{key}.resourceRequirements", "asks for a GPU, and Fargate has none", _LEAVE_OUT
        )
    yield from _environment_files(container, key=f"{key}.environmentFiles")


def _environment_files(container: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    files = container.get("environmentFiles") or ()
    if len(files) > environment_file.MOST_FILES:
        hint = f"name at most {environment_file.MOST_FILES}"
        yield Problem(key, f"names {len(files)} files", hint)
    for index, file in enumerate(files):
        reference = str(file.get("value", ""))
        place = environment_file.place_of(reference)
        if place is None or not place[1].endswith(environment_file.SUFFIX):
            yield Problem(
                f"{key}[{index}].value",
                f'is "{reference}", which is not the ARN of an S3 object that ends in .env',
                "write arn:aws:s3:::BUCKET/KEY.env",
            )
