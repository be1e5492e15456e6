"""Mistakes in what Fargate, the rule and the image are told, which an emulator alone forgives."""

from __future__ import annotations

from tests.broken.mistakes import JOB, USAGE, Mistake, container, setting, text, variable

ENDPOINTS = "test_no_task_is_sent_to_another_endpoint_than_one_of_aws"
QUEUES = "test_every_task_finds_the_queues_of_this_account_and_region"
REGION = "test_every_task_is_told_the_region_of_the_account"

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
    Mistake(
        "the endpoint of local development is left in a task definition",
        variable("AWS_ENDPOINT_URL", "http://localhost:4566", task="worker"),
        cause="AWS_ENDPOINT_URL is http://localhost:4566 in the worker task definition",
        red=(ENDPOINTS,),
        green=(JOB, QUEUES),
    ),
    Mistake(
        "the queues' prefix is that of another region",
        variable("SQS_PREFIX", "https://sqs.eu-west-1.amazonaws.com/876000000876"),
        cause="SQS_PREFIX is https://sqs.eu-west-1.amazonaws.com/876000000876 in the web task",
        red=(QUEUES,),
        green=(JOB, ENDPOINTS),
    ),
    Mistake(
        "only the overlay sets the queues' prefix",
        variable("SQS_PREFIX", None, task="worker"),
        cause="SQS_PREFIX is not set in the worker task definition",
        red=(QUEUES,),
        green=(JOB,),
    ),
    Mistake(
        "the scheduler's region is another",
        variable("AWS_DEFAULT_REGION", "eu-west-1", task="scheduler"),
        cause="AWS_DEFAULT_REGION is eu-west-1 in the scheduler task definition",
        red=(REGION,),
        green=(ENDPOINTS,),
    ),
)
