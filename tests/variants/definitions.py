"""Task definitions and services, written in other ways that AWS takes."""

from __future__ import annotations

from tests.mistakes.edits import (
    WEB_SERVICE,
    WEB_TASK,
    WORKER_SERVICE,
    WORKER_TASK,
    combine,
    edit_container,
    set_field,
    set_variable,
)
from tests.variants.edits import edit_containers, rename, update
from tests.variants.variant import Variant

SCHEDULER_TASK = "app/ecs/scheduler.json"
DEFINITIONS = (WEB_TASK, WORKER_TASK, SCHEDULER_TASK)

SIZES = [
    Variant(
        "cpu and memory are in vCPU and GB",
        combine(
            update(WEB_TASK, cpu="1 vCPU", memory="2 GB"),
            update(WORKER_TASK, cpu=".25 vCPU", memory="1GB"),
            update(SCHEDULER_TASK, cpu="0.5 vcpu", memory="1024"),
        ),
    ),
    Variant(
        "the worker's container has limits of its own",
        edit_container(
            "worker", lambda found: found.update(cpu=128, memory=500, memoryReservation=256)
        ),
    ),
    Variant(
        "tasks have tags and more disk, and share one PID namespace",
        combine(
            *(
                update(
                    name,
                    runtimePlatform=None,
                    ephemeralStorage={"sizeInGiB": 30},
                    tags=[{"key": "team", "value": "shop"}],
                    pidMode="task",
                )
                for name in DEFINITIONS
            )
        ),
    ),
    Variant(
        "containers have an init process, limits, labels and kernel settings",
        edit_containers(
            lambda found: found.update(
                linuxParameters={"initProcessEnabled": True},
                ulimits=[{"name": "nofile", "softLimit": 65535, "hardLimit": 65535}],
                dockerLabels={"com.example.team": "shop"},
                systemControls=[{"namespace": "net.core.somaxconn", "value": "1024"}],
            )
        ),
    ),
    Variant(
        "fields of containers that have a default are left out",
        edit_containers(
            lambda found: [
                found.pop(name, None)
                for name in ("essential", "readonlyRootFilesystem", "stopTimeout")
                if name != "stopTimeout" or "queue:work" not in found.get("command", ())
            ]
        ),
    ),
    Variant(
        "the user is named by its number", edit_containers(lambda one: one.update(user="33:33"))
    ),
    Variant(
        "the web task has no health check of its own, and the worker has one",
        combine(
            edit_container("web", lambda found: found.pop("healthCheck")),
            set_field(
                "healthCheck",
                {"command": ["CMD", "php", "-v"], "interval": 10, "startPeriod": 120},
                task="worker",
            ),
        ),
    ),
    Variant(
        "the port's mapping has every field",
        edit_container(
            "web",
            lambda found: found["portMappings"][0].update(
                name="web", hostPort=found["portMappings"][0]["containerPort"], appProtocol="http"
            ),
        ),
    ),
    Variant(
        "the log driver blocks, and its other options are left out",
        edit_containers(
            lambda found: [
                found["logConfiguration"]["options"].pop(name)
                for name in ("mode", "max-buffer-size")
            ]
        ),
    ),
]
SERVICES = [
    Variant(
        "the worker's tasks are on Fargate Spot",
        update(
            WORKER_SERVICE,
            launchType=None,
            capacityProviderStrategy=[
                {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
                {"capacityProvider": "FARGATE_SPOT", "weight": 1},
            ],
        ),
    ),
    Variant(
        "fields of services that have a default are left out",
        combine(
            *(
                update(name, platformVersion=None, propagateTags=None)
                for name in (WEB_SERVICE, WORKER_SERVICE)
            ),
            *(
                update(
                    name,
                    "deploymentConfiguration",
                    minimumHealthyPercent=None,
                    maximumPercent=None,
                )
                for name in (WEB_SERVICE, WORKER_SERVICE)
            ),
        ),
    ),
    Variant(
        "services have every field of a rolling deployment",
        combine(
            *(
                update(
                    name,
                    schedulingStrategy="REPLICA",
                    deploymentController={"type": "ECS"},
                    availabilityZoneRebalancing="ENABLED",
                    enableECSManagedTags=True,
                    tags=[{"key": "team", "value": "shop"}],
                )
                for name in (WEB_SERVICE, WORKER_SERVICE)
            ),
            update(
                WEB_SERVICE,
                "deploymentConfiguration",
                strategy="ROLLING",
                bakeTimeInMinutes=0,
                alarms={"alarmNames": [], "enable": False, "rollback": False},
            ),
        ),
    ),
    Variant(
        "the web service has a long grace period and public addresses",
        combine(
            update(WEB_SERVICE, healthCheckGracePeriodSeconds=300),
            update(
                WEB_SERVICE, "networkConfiguration", "awsvpcConfiguration", assignPublicIp="ENABLED"
            ),
        ),
    ),
    Variant(
        "the database's secret has the address besides, as RDS makes it",
        rename(
            (
                r'username = "(\w+)"\n',
                r'username = "\1"\nengine = "mysql"\nhost = "tickets.cluster-x.example"\n'
                r'port = "3306"\ndbname = "tickets"\ndbClusterIdentifier = "tickets"\n',
            ),
            files=("cutover.toml",),
        ),
    ),
    Variant(
        "APP_KEY has a secret of its own, which is plain text",
        combine(
            rename(
                (
                    r'app_key = \{ generate = "laravel-key" \}\n((?:.+\n)+)',
                    r'\1\n[secrets]\n"shop/key" = { generate = "laravel-key" }\n',
                ),
                files=("cutover.toml",),
            ),
            rename(
                (
                    r"(secret:)tickets/app-Kq7wT2:app_key::",
                    r"\1shop/key-Zz9yX8",
                )
            ),
            rename(
                (
                    r'("arn:aws:secretsmanager:[\w-]+:\d+:secret:)(tickets/app-\?+")',
                    r"\1\2, \1shop/key-??????" + '"',
                )
            ),
        ),
    ),
    Variant("a variable is given to the worker alone", set_variable("WORKER", "1", task="worker")),
]
