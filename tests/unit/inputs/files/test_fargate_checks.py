"""Parameters that only instances have: refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from harness.inputs.files import fargate_checks


def on_efs(**settings: Any) -> dict[str, Any]:
    volume = {"fileSystemId": "fs-0123456789abcdef0", **settings}
    return {"volumes": [{"name": "u", "efsVolumeConfiguration": volume}]}


def found(container: dict[str, Any], **task: Any) -> list[str]:
    raw = {"containerDefinitions": [{"name": "app", **container}], **task}
    sizes = fargate_checks.of_sizes(raw, cpu_units=512, memory_mib=1024)
    return [str(problem) for problem in (*fargate_checks.of_task(raw), *sizes)]


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"privileged": False, "links": [], "cpu": 512, "memory": 1024, "memoryReservation": 256},
        {"linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}}},
        {"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}},
        {"linuxParameters": {"devices": [], "tmpfs": [{"containerPath": "/tmp", "size": 64}]}},
    ],
)
def test_what_fargate_takes_is_taken(container: dict[str, Any]) -> None:
    volumes = [{"name": "storage"}, {"name": "cache", "host": {}}]
    assert not found(container, volumes=volumes, pidMode="task", ephemeralStorage={"sizeInGiB": 30})


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"privileged": True}, "containerDefinitions[0].privileged is not valid on Fargate"),
        ({"memory": 512, "memoryReservation": 768}, "is 768 MiB, and the container's memory is"),
        ({"links": ["mysql"]}, "containerDefinitions[0].links is not valid"),
        ({"hostname": "web"}, "containerDefinitions[0].hostname is not valid"),
        ({"extraHosts": [{"hostname": "db"}]}, "containerDefinitions[0].extraHosts is not valid"),
        (
            {"linuxParameters": {"sharedMemorySize": 64}},
            "containerDefinitions[0].linuxParameters.sharedMemorySize is not valid",
        ),
        (
            {"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}},
            'containerDefinitions[0].linuxParameters.capabilities.add has "NET_ADMIN"',
        ),
        ({"resourceRequirements": [{"type": "GPU"}]}, "resourceRequirements asks for a GPU"),
        ({"environmentFiles": [{"type": "s3"}]}, "environmentFiles[0].value is"),
        (
            {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::shop/web.txt"}]},
            'environmentFiles[0].value is "arn:aws:s3:::shop/web.txt", which is not the ARN',
        ),
        (
            {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::shop/web.env"}] * 11},
            "environmentFiles names 11 files",
        ),
        ({"memory": 2048}, "containerDefinitions[0].memory is 2048 MiB, and the task has 1024"),
        ({"memoryReservation": 1025}, "memoryReservation is 1025 MiB, and the task has 1024"),
        ({"cpu": 1024}, "containerDefinitions add up to 1024 cpu units"),
    ],
)
def test_a_container_that_needs_an_instance_is_named(container: dict[str, Any], said: str) -> None:
    (wrong,) = found(container)
    assert said in wrong


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"pidMode": "host"}, 'pidMode is "host"'),
        ({"ipcMode": "task"}, "ipcMode is not valid on Fargate"),
        ({"placementConstraints": [{"type": "memberOf"}]}, "placementConstraints is not valid"),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "sizeInGiB is 20, and must be from 21 to 200"),
        (
            {"volumes": [{"name": "uploads", "host": {"sourcePath": "/srv/uploads"}}]},
            "volumes[0].host.sourcePath is a path of a host",
        ),
        (
            {"volumes": [{"name": "uploads", "dockerVolumeConfiguration": {"scope": "shared"}}]},
            "volumes[0].dockerVolumeConfiguration is not taken",
        ),
        (
            on_efs(authorizationConfig={"accessPointId": "fsap-1"}),
            "efsVolumeConfiguration.transitEncryption is not on, and an access point needs it",
        ),
        (
            on_efs(authorizationConfig={"iam": "ENABLED"}, transitEncryption="DISABLED"),
            "efsVolumeConfiguration.transitEncryption is not on, and IAM needs it",
        ),
        (
            on_efs(
                authorizationConfig={"accessPointId": "fsap-1"},
                transitEncryption="ENABLED",
                rootDirectory="/uploads",
            ),
            'efsVolumeConfiguration.rootDirectory is "/uploads" beside an access point',
        ),
    ],
)
def test_a_task_that_needs_an_instance_is_named(task: dict[str, Any], said: str) -> None:
    (wrong,) = found({}, **task)
    assert said in wrong


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rootDirectory": "/uploads", "transitEncryption": "ENABLED"},
        {
            "rootDirectory": "/",
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
        },
    ],
)
def test_a_volume_on_efs_is_taken(settings: dict[str, Any]) -> None:
    assert not found({}, **on_efs(**settings))


ROUTED = {"logConfiguration": {"logDriver": "awsfirelens"}}
ROUTER = {"firelensConfiguration": {"type": "fluentbit"}}


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        (
            [ROUTED],
            'containerDefinitions[0].logConfiguration.logDriver is "awsfirelens", and no container'
            " is the log router",
        ),
        ([{}, ROUTER], "containerDefinitions has a log router (firelensConfiguration), and no"),
    ],
)
def test_a_log_router_and_what_it_collects_come_together(
    containers: list[dict[str, Any]], message: str
) -> None:
    problems = fargate_checks.of_task({"containerDefinitions": containers})
    assert [message in str(problem) for problem in problems] == [True]
    assert not [*fargate_checks.of_task({"containerDefinitions": [ROUTED, ROUTER]})]
