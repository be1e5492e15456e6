"""Mistakes in what Fargate, the rule and the image are told, which an emulator alone forgives."""

from __future__ import annotations

from tests.broken.mistakes import USAGE, Mistake, container, setting, text

PLATFORM = (
    Mistake(
        "the stop time-out is longer than Fargate waits",
        container("worker", lambda found: found.__setitem__("stopTimeout", 180)),
        cause="stopTimeout is 180, and must be from 2 to 120",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's health check is more frequent than ECS allows",
        text("app/ecs/web.json", '"interval": 5', '"interval": 2'),
        cause="healthCheck.interval is 2, and must be from 5 to 300",
        exit_code=USAGE,
    ),
    Mistake(
        "a port of the host is asked for",
        setting("portMappings", [{"containerPort": 8080, "hostPort": 80}]),
        cause="hostPort is 80, and the containerPort 8080",
        exit_code=USAGE,
    ),
    Mistake(
        "the log driver is not told its stream prefix",
        text("app/ecs/worker.json", '"awslogs-stream-prefix": "worker",', ""),
        cause="awslogs-stream-prefix is missing",
        exit_code=USAGE,
    ),
    Mistake(
        "a container waits for one that is not there",
        setting("dependsOn", [{"containerName": "migrate", "condition": "SUCCESS"}]),
        cause='dependsOn[0].containerName is "migrate", and no container has this name',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer asks a port that the container does not have",
        text("app/ecs/service-web.json", '"containerPort": 8080', '"containerPort": 80'),
        cause="loadBalancers[0].containerPort is 80, which is no portMapping",
        exit_code=USAGE,
    ),
)
