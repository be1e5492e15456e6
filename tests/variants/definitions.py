"""Task definitions and services, written in other ways that AWS takes."""

from __future__ import annotations

from typing import Any

from tests.mistakes.edits import (
    CONFIG,
    RULE_ROLE,
    SCHEDULE,
    WEB_SERVICE,
    WEB_TASK,
    WORKER_SERVICE,
    WORKER_TASK,
    Edit,
    append,
    combine,
    edit_container,
    edit_definition,
    replace,
    set_field,
    set_variable,
)
from tests.unit.inputs import cli_outputs
from tests.variants.edits import INPUTS, edit_containers, rename, update
from tests.variants.variant import Variant

AGENT = "public.ecr.aws/datadog/agent:7"
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
            "worker", lambda container: container.update(cpu=128, memory=500, memoryReservation=256)
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
            lambda container: container.update(
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
            lambda container: [
                container.pop(name, None)
                for name in ("essential", "readonlyRootFilesystem", "stopTimeout")
                if name != "stopTimeout" or "queue:work" not in container.get("command", ())
            ]
        ),
    ),
    Variant(
        "the user is named by its number",
        edit_containers(lambda container: container.update(user="33:33")),
    ),
    Variant(
        "the web task has no health check of its own, and the worker has one",
        combine(
            edit_container("web", lambda container: container.pop("healthCheck")),
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
            lambda container: container["portMappings"][0].update(
                name="web",
                hostPort=container["portMappings"][0]["containerPort"],
                appProtocol="http",
            ),
        ),
    ),
    Variant(
        "the log driver blocks, and its other options are left out",
        edit_containers(
            lambda container: [
                container["logConfiguration"]["options"].pop(name)
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


def add_side_car(found: dict[str, Any]) -> None:
    """Add an agent that is not essential, from another registry, beside the app."""
    logs = found["containerDefinitions"][0]["logConfiguration"]
    agent = {
        "name": "agent",
        "image": AGENT,
        "essential": False,
        "memoryReservation": 128,
        "portMappings": [{"containerPort": 8126, "protocol": "tcp"}],
        "environment": [{"name": "ECS_FARGATE", "value": "true"}],
        "logConfiguration": logs,
    }
    found["containerDefinitions"].append(agent)


def print_inputs() -> Edit:
    """Replace each file by the AWS CLI's output for the same resource."""
    return Edit(INPUTS, cli_outputs.write)


def run_web_definition() -> Edit:
    """Have the rule run the web tasks' definition with a command of its own."""
    old, new = "task-definition/tickets-scheduler", "task-definition/tickets-web"
    return combine(
        replace(SCHEDULE, old, new),
        replace(RULE_ROLE, old, new),
        replace(RULE_ROLE, "role/tickets-scheduler-task", "role/tickets-web-task"),
        replace(CONFIG, SCHEDULER_TASK, WEB_TASK),
    )


PRINTED = [Variant("every file is what the AWS CLI prints", print_inputs())]
ONE_DEFINITION = [
    Variant("the rule runs the web tasks' definition with another command", run_web_definition())
]
FIELDS = [
    Variant(
        "the task definitions have fields that say what ECS does by itself",
        combine(
            *(
                update(
                    name,
                    volumes=[],
                    placementConstraints=[],
                    enableFaultInjection=False,
                )
                for name in DEFINITIONS
            ),
            edit_containers(
                lambda container: container.update(
                    versionConsistency="enabled",
                    mountPoints=[],
                    volumesFrom=[],
                    dependsOn=[],
                    environmentFiles=[],
                    interactive=False,
                    pseudoTerminal=False,
                    privileged=False,
                    disableNetworking=False,
                    restartPolicy={"enabled": False},
                    cpu=0,
                    linuxParameters={
                        "initProcessEnabled": False,
                        "capabilities": {"add": [], "drop": ["NET_RAW", "MKNOD"]},
                        "devices": [],
                        "tmpfs": [],
                    },
                )
            ),
        ),
    ),
    Variant(
        "secrets are named with their stage",
        rename((r":(username|password|app_key|probe_key)::", r":\1:AWSCURRENT:")),
    ),
    Variant(
        "the services have fields that say what ECS does by itself, and ARNs for names",
        combine(
            *(
                update(
                    name,
                    cluster="arn:aws:ecs:us-east-1:876000000876:cluster/tickets",
                    taskDefinition=f"arn:aws:ecs:us-east-1:876000000876:task-definition/{family}:41",
                    serviceRegistries=[],
                    placementConstraints=[],
                    placementStrategy=[],
                    volumeConfigurations=[],
                    vpcLatticeConfigurations=[],
                    serviceConnectConfiguration={"enabled": False},
                    clientToken="shop-2026-11",
                )
                for name, family in (
                    (WEB_SERVICE, "tickets-web"),
                    (WORKER_SERVICE, "tickets-worker"),
                )
            ),
        ),
    ),
    Variant(
        "web tasks are on Fargate and Fargate Spot, and are replaced one by one",
        combine(
            update(
                WEB_SERVICE,
                launchType=None,
                capacityProviderStrategy=[
                    {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
                    {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 3},
                ],
                deploymentConfiguration={
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                    "minimumHealthyPercent": 50,
                    "maximumPercent": 150,
                },
                propagateTags="TASK_DEFINITION",
            ),
            update(
                WORKER_SERVICE,
                deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100},
                propagateTags="NONE",
            ),
        ),
    ),
    Variant(
        "an agent runs beside the app, whose image is not to be had here",
        combine(
            *(edit_definition(task, add_side_car) for task in ("web", "worker")),
            update(WEB_TASK, cpu="1024", memory="2048"),
            update(WORKER_TASK, cpu="512", memory="1024"),
            append(CONFIG, f'[images]\n"{AGENT}" = "none"'),
        ),
    ),
]
COMMANDS = [
    Variant(
        "the worker's command is a shell's, and runs PHP by its path with a setting",
        edit_container(
            "worker",
            lambda container: container.update(
                entryPoint=["sh", "-c"],
                command=[
                    "mkdir -p storage/framework/views && php artisan config:cache"
                    " && exec /usr/bin/php -d memory_limit=256M"
                    " /srv/app/artisan queue:work --tries=3 --timeout=90 --sleep=1"
                ],
            ),
        ),
    ),
    Variant(
        "the scheduler's command is a shell's, and says more",
        combine(
            set_field(
                "command",
                ["sh", "-c", "exec php artisan schedule:run --verbose --no-interaction"],
                task="scheduler",
            ),
            update(SCHEDULE, *("PutTargets", "Targets", 0), Input=None),
        ),
    ),
]
