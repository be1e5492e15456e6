"""Mistakes of production's files that are rejected before anything is started."""

from __future__ import annotations

from typing import Any

from scenarios import test_edge as edge
from scenarios import test_php as php
from scenarios import test_queue as queue
from scenarios import test_secrets as secrets
from scenarios import test_uploads as uploads
from scenarios.tickets import test_documents as documents
from tests.mistakes.edits import (
    BALANCER,
    DATABASE,
    QUEUES,
    SCALING,
    SCHEDULE,
    TARGET_GROUP,
    WEB_SERVICE,
    WEB_TASK,
    WORKER_SERVICE,
    WORKER_TASK,
    Edit,
    combine,
    drop_target_parameter,
    edit_container,
    edit_definition,
    edit_json,
    replace,
    replace_pattern,
    set_bucket,
    set_bucket_policy,
    set_field,
    set_lifecycle,
    set_variable,
)
from tests.mistakes.mistake import USAGE, Mistake, Twin

STRATEGY = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def share(*methods: str) -> dict[str, list[str]]:
    """Return a rule of CORS for the shop's pages."""
    return {
        "AllowedMethods": list(methods),
        "AllowedOrigins": ["https://tickets.876events.example"],
    }


def set_attributes(file: str, **values: str) -> Edit:
    """Set attributes of the load balancer or the target group; a double underscore is a dot."""
    attributes = {key.replace("__", "."): value for key, value in values.items()}

    def change(found: dict[str, Any]) -> None:
        whole = {
            attribute["Key"]: attribute["Value"] for attribute in found["Attributes"]
        } | attributes
        found["Attributes"] = [{"Key": key, "Value": value} for key, value in whole.items()]

    return edit_json(file, change)


MISTAKES = (
    Mistake(
        "the rule's cron expression is Unix's",
        replace(SCHEDULE, "rate(1 minute)", "cron(* * * * *)"),
        cause="EventBridge's cron has six",
        exit_code=USAGE,
    ),
    Mistake(
        "sessions are kept in a Redis of the old host",
        set_variable("SESSION_DRIVER", "redis"),
        cause='is "redis" (SESSION_DRIVER), and no cache is configured',
        exit_code=USAGE,
    ),
    Mistake(
        "maintenance mode is kept in a Redis, and nothing configures one",
        combine(
            set_variable("APP_MAINTENANCE_DRIVER", "cache"),
            set_variable("APP_MAINTENANCE_STORE", "redis"),
        ),
        cause='is "redis" (APP_MAINTENANCE_STORE), and no cache is configured',
        exit_code=USAGE,
    ),
    Mistake(
        "an environment value is a number",
        replace(WEB_TASK, '"value": "3306"', '"value": 3306'),
        cause="environment[7].value",
        exit_code=USAGE,
    ),
    Mistake(
        "a valueFrom has too many colons",
        replace(WEB_TASK, ":username::", ":username:::"),
        cause="with 4 parts after the secret",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a valueFrom names the version that is in use",
            replace(WEB_TASK, ":password::", ":password:AWSCURRENT:"),
        ),
    ),
    Mistake(
        "the bucket's policy lets everyone read",
        set_bucket_policy(Effect="Allow", Action="s3:GetObject"),
        cause="PutBucketPolicy lets everyone in, and the bucket blocks public policies",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker may take longer to stop than Fargate waits",
        set_field("stopTimeout", 300, task="worker"),
        cause="stopTimeout is 300",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's health check waits longer than ECS lets it",
        edit_container("web", lambda container: container["healthCheck"].update(interval=600)),
        cause="healthCheck.interval is 600",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's port is mapped to another one",
        edit_container("web", lambda container: container["portMappings"][0].update(hostPort=80)),
        cause="hostPort is 80",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "the container's port is mapped to itself",
            edit_container(
                "web", lambda container: container["portMappings"][0].update(hostPort=8080)
            ),
        ),
    ),
    Mistake(
        "the container's port is mapped for UDP",
        edit_container(
            "web", lambda container: container["portMappings"][0].update(protocol="udp")
        ),
        cause="has the protocol udp: the load balancer speaks TCP",
        exit_code=USAGE,
    ),
    Mistake(
        "the log driver lacks an option that Fargate needs",
        replace_pattern(WEB_TASK, r'^\s*"awslogs-stream-prefix": .*\n', ""),
        cause="awslogs-stream-prefix is missing",
        exit_code=USAGE,
    ),
    Mistake(
        "a container waits for one that is not there",
        set_field("dependsOn", [{"containerName": "migrate", "condition": "SUCCESS"}]),
        cause='dependsOn[0].containerName is "migrate", and no container has this name',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer asks a port that the container does not have",
        replace(WEB_SERVICE, '"containerPort": 8080', '"containerPort": 80'),
        cause="loadBalancers[0].containerPort is 80, which is no portMapping",
        exit_code=USAGE,
    ),
    Mistake(
        "the target group is for instances",
        replace(TARGET_GROUP, '"TargetType": "ip"', '"TargetType": "instance"'),
        cause='TargetGroup.TargetType is "instance"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer speaks HTTP/2 to nginx",
        replace(TARGET_GROUP, '"ProtocolVersion": "HTTP1"', '"ProtocolVersion": "HTTP2"'),
        cause='TargetGroup.ProtocolVersion is "HTTP2"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer speaks TLS to nginx",
        replace(TARGET_GROUP, '    "Protocol": "HTTP"', '    "Protocol": "HTTPS"'),
        cause='TargetGroup.Protocol is "HTTPS"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer is internal",
        replace(BALANCER, "internet-facing", "internal"),
        cause='LoadBalancer.Scheme is "internal"',
        exit_code=USAGE,
    ),
    Mistake(
        "the web service is to run on instances",
        replace(WEB_SERVICE, '"FARGATE"', '"EC2"'),
        cause='launchType is "EC2"',
        exit_code=USAGE,
    ),
    Mistake(
        "the worker's platform version takes no key out of a secret",
        replace(WORKER_SERVICE, '"1.4.0"', '"1.3.0"'),
        cause='platformVersion is "1.3.0"',
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=USAGE,
        twin=Twin(
            "the worker's platform version is the latest",
            replace(WORKER_SERVICE, '"1.4.0"', '"LATEST"'),
        ),
    ),
    Mistake(
        "the rule does not say Fargate",
        drop_target_parameter("LaunchType"),
        cause="EcsParameters.LaunchType is missing, so that ECS takes EC2",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule's network is spelled as ECS spells it",
        replace(SCHEDULE, '"Subnets"', '"subnets"'),
        cause="awsvpcConfiguration.subnets is no",
        exit_code=USAGE,
    ),
    Mistake(
        "a word of the web service's file is misspelled",
        replace(WEB_SERVICE, "healthCheckGracePeriodSeconds", "healthCheckGracePeriod"),
        cause="healthCheckGracePeriod is no",
        exit_code=USAGE,
    ),
    Mistake(
        "the container is privileged",
        set_field("privileged", True),
        cause="privileged is not valid on Fargate",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=USAGE,
        twin=Twin("the container says that it is not privileged", set_field("privileged", False)),
    ),
    Mistake(
        "uploads are to be on a disk of the host",
        edit_definition(
            "web",
            lambda definition: definition.update(
                volumes=[{"name": "uploads", "host": {"sourcePath": "/srv/uploads"}}]
            ),
        ),
        cause="volumes[0].host.sourcePath is a path of a host",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker's service wants no task",
        edit_json(WORKER_SERVICE, lambda service: service.update(desiredCount=0)),
        cause="desiredCount is 0: nobody does its work",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule's Input has a word that ECS does not know",
        replace(SCHEDULE, '"containerOverrides"', '"containerOverride"'),
        cause='Targets[0].Input has "containerOverride", which is no override of RunTask',
        exit_code=USAGE,
    ),
    Mistake(
        "the container's health check has a shell's line in the exec form",
        replace(WEB_TASK, '"CMD-SHELL",', '"CMD",'),
        cause="healthCheck.command is in the exec form (CMD) and written for a shell",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "the container's health check is in the exec form",
            set_field(
                "healthCheck",
                {"command": ["CMD", "curl", "-sf", "http://localhost:8080/healthz"], "interval": 5},
            ),
        ),
    ),
    Mistake(
        "the rule's command is one text",
        edit_json(
            SCHEDULE,
            lambda document: document["PutTargets"]["Targets"][0]["Input"]["containerOverrides"][
                0
            ].update(command="php artisan schedule:run"),
        ),
        cause="Input.containerOverrides[0].command is a string, and must be a list",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker is to run on Windows",
        replace(WORKER_TASK, '"LINUX"', '"WINDOWS_SERVER_2022_CORE"'),
        cause="runtimePlatform.operatingSystemFamily is",
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy signs in with a secret of another suffix",
        replace(DATABASE, "tickets/db-Ab3dE5", "tickets/db-Zz9yX8"),
        cause='CreateDBProxy.Auth[0].SecretArn names the secret "tickets/db" as',
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy is for PostgreSQL",
        replace(DATABASE, '"EngineFamily": "MYSQL"', '"EngineFamily": "POSTGRESQL"'),
        cause='CreateDBProxy.EngineFamily is "POSTGRESQL", and the cluster is Aurora MySQL',
        exit_code=USAGE,
    ),
    Mistake(
        "tasks are to move between zones, and no more may run than are wanted",
        edit_json(
            WEB_SERVICE,
            lambda service: service.update(
                availabilityZoneRebalancing="ENABLED",
                deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100},
            ),
        ),
        cause='availabilityZoneRebalancing is "ENABLED", and deploymentConfiguration.maximum',
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "tasks are to move between zones",
            edit_json(
                WEB_SERVICE, lambda service: service.update(availabilityZoneRebalancing="ENABLED")
            ),
        ),
    ),
    Mistake(
        "the web service may scale to fewer tasks than it starts with",
        replace(
            SCALING,
            '"MinCapacity": 2,\n    "MaxCapacity": 6',
            '"MinCapacity": 1,\n    "MaxCapacity": 1',
        ),
        cause="RegisterScalableTarget.MaxCapacity is 1, and the service's desiredCount 2",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "the web service may scale to as many tasks as it starts with",
            replace(SCALING, '"MaxCapacity": 6', '"MaxCapacity": 2'),
        ),
    ),
    Mistake(
        "the rule is on a bus of its own",
        edit_json(
            SCHEDULE,
            lambda document: [call.update(EventBusName="tickets") for call in document.values()],
        ),
        cause='EventBusName is "tickets", and EventBridge takes a ScheduleExpression on the',
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "the rule names the default bus",
            edit_json(
                SCHEDULE,
                lambda document: [
                    call.update(EventBusName="default") for call in document.values()
                ],
            ),
        ),
    ),
    Mistake(
        "the cache is a table of DynamoDB that there is not",
        set_variable("CACHE_STORE", "dynamodb"),
        cause='is "dynamodb" (CACHE_STORE), and neither the configuration nor a rehearsal has it',
        exit_code=USAGE,
    ),
    Mistake(
        "the web service has a launch type and a strategy",
        edit_json(WEB_SERVICE, lambda service: service.update(capacityProviderStrategy=STRATEGY)),
        cause="capacityProviderStrategy is set, and launchType, too",
        exit_code=USAGE,
    ),
    Mistake(
        "a rule has the priority of another",
        edit_json(BALANCER, lambda document: document["Rules"].append(document["Rules"][0])),
        cause="Rules[1].Priority is 10, as that of another rule",
        exit_code=USAGE,
    ),
    Mistake(
        "a container may open more files than its hard limit",
        set_field("ulimits", [{"name": "nofile", "softLimit": 65536, "hardLimit": 1024}]),
        cause="ulimits[0].softLimit is 65536, and hardLimit 1024",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=USAGE,
        twin=Twin(
            "a container may open many files",
            set_field("ulimits", [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]),
        ),
    ),
    Mistake(
        "browsers may send the bucket OPTIONS, as they are to",
        set_bucket("PutBucketCors", CORSConfiguration={"CORSRules": [share("GET", "OPTIONS")]}),
        cause='AllowedMethods has "OPTIONS", which S3 does not take',
        also_green=[uploads.test_stored_file_is_in_the_bucket_and_on_no_disk],
        exit_code=USAGE,
        twin=Twin(
            "browsers may send the bucket GET",
            set_bucket("PutBucketCors", CORSConfiguration={"CORSRules": [share("GET")]}),
        ),
    ),
    Mistake(
        "uploads move to rare access after a week",
        set_lifecycle("ia", Transitions=[{"Days": 7, "StorageClass": "STANDARD_IA"}]),
        cause="Transitions[0].Days is 7, and S3 moves nothing to STANDARD_IA before day 30",
        also_green=[documents.test_bucket_lifecycle_keeps_uploads],
        exit_code=USAGE,
        twin=Twin(
            "uploads move to rare access after a month",
            set_lifecycle("ia", Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}]),
        ),
    ),
    Mistake(
        "a visitor is bound to a task by the app's cookie, whose name is missing",
        set_attributes(TARGET_GROUP, stickiness__enabled="true", stickiness__type="app_cookie"),
        cause="have the stickiness.type app_cookie and no stickiness.app_cookie.cookie_name",
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer's log has no bucket",
        set_attributes(BALANCER, access_logs__s3__enabled="true"),
        cause='access_logs.s3.enabled is "true", and access_logs.s3.bucket is missing',
        exit_code=USAGE,
    ),
    Mistake(
        "the queue has a key of KMS beside SQS's own",
        replace(QUEUES, '"VisibilityTimeout"', '"KmsMasterKeyId": "alias/x", "VisibilityTimeout"'),
        cause='KmsMasterKeyId is set, and SqsManagedSseEnabled is "true"',
        exit_code=USAGE,
    ),
)
