"""Mistakes of the task definitions that a rehearsal's own values hide."""

from __future__ import annotations

from typing import Any

from scenarios import test_definitions as definitions
from scenarios import test_php as php
from scenarios import test_queue as queue
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    DOCKERFILE,
    WEB_TASK,
    Edit,
    add_word,
    edit_container,
    edit_definition,
    replace,
    run_in_build,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

FRAMEWORK = "/srv/app/storage/framework"


def mount_efs(**settings: Any) -> Edit:
    """Mount EFS where the web tasks keep compiled views and caches."""
    volume = {"fileSystemId": "fs-0c8f1e2d3a4b5c6d7", **settings}

    def mount(definition: dict[str, Any]) -> None:
        (container,) = definition["containerDefinitions"]
        definition["volumes"] = [{"name": "framework", "efsVolumeConfiguration": volume}]
        container["mountPoints"] = [{"sourceVolume": "framework", "containerPath": FRAMEWORK}]

    return edit_definition("web", mount)


MISTAKES = (
    Mistake(
        "an emulator's endpoint is left in a task definition",
        set_variable("AWS_ENDPOINT_URL", "http://localhost:4566"),
        breaks=[definitions.test_task_definitions_use_aws_endpoints],
        cause="AWS_ENDPOINT_URL of the web task sends its AWS calls to localhost",
        also_green=[definitions.test_task_definitions_set_region_and_sqs_prefix],
        twin=Twin(
            "an endpoint of AWS's own is named",
            set_variable("AWS_ENDPOINT_URL_STS", "https://sts.us-east-1.amazonaws.com"),
        ),
    ),
    Mistake(
        "the queues' address is another account's",
        set_variable(
            "SQS_PREFIX", "https://sqs.us-east-1.amazonaws.com/111111111111", task="worker"
        ),
        breaks=[definitions.test_task_definitions_set_region_and_sqs_prefix],
        cause="SQS_PREFIX of the worker task is https://sqs.us-east-1.amazonaws.com/111111111111",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "the scheduler does not know the public URL",
        set_variable("APP_URL", "http://localhost", task="scheduler"),
        breaks=[definitions.test_app_url_is_the_public_url],
        cause="APP_URL of the scheduler task is http://localhost in its task definition",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "the worker has no log",
        edit_container("worker", lambda container: container.pop("logConfiguration")),
        breaks=[definitions.test_every_container_has_a_log_configuration],
        cause="the worker task's definition has no logConfiguration",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "the image has no CA certificates",
        replace(
            DOCKERFILE,
            "USER www-data",
            "RUN rm /etc/ssl/certs/ca-certificates.crt\nUSER www-data",
        ),
        breaks=[definitions.test_image_ca_bundle_trusts_amazon_roots],
        cause="the image has no CA certificates at /etc/ssl/certs/ca-certificates.crt",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the image's CA file is made anew", run_in_build("update-ca-certificates --fresh")
        ),
    ),
    Mistake(
        "the image trusts the database's CA only",
        run_in_build(
            "awk '/BEGIN/{n++} n==1' /etc/ssl/certs/ca-certificates.crt > /tmp/one"
            " && mv /tmp/one /etc/ssl/certs/ca-certificates.crt"
        ),
        breaks=[definitions.test_image_ca_bundle_trusts_amazon_roots],
        cause="does not have the roots of Amazon Trust Services",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "only the overlay sets the queues' address",
        set_variable("SQS_PREFIX", None, task="worker"),
        breaks=[definitions.test_sqs_prefix_is_in_the_task_definition],
        cause="SQS_PREFIX of the worker task must be https://sqs.us-east-1.amazonaws.com/8760",
        also_green=[definitions.test_task_definitions_set_region_and_sqs_prefix],
    ),
    Mistake(
        "files are shown from local development's store",
        set_variable("AWS_URL", "http://minio:9000/uploads"),
        breaks=[definitions.test_task_definitions_use_aws_endpoints],
        cause="AWS_URL of the web task makes links to minio",
        also_green=[definitions.test_task_definitions_set_region_and_sqs_prefix],
        twin=Twin(
            "files are shown from the bucket's public address",
            set_variable("AWS_URL", "https://876events-tickets-uploads.s3.us-east-1.amazonaws.com"),
        ),
    ),
    Mistake(
        "the worker keeps files on its own disk",
        set_variable("FILESYSTEM_DISK", "local", task="worker"),
        breaks=[definitions.test_shared_stores_match_in_every_task_definition],
        cause="FILESYSTEM_DISK differs between the task definitions",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the worker runs with debugging on",
        set_variable("APP_DEBUG", "true", task="worker"),
        breaks=[definitions.test_task_definitions_are_set_for_production],
        cause="the worker task's definition says APP_DEBUG=true",
        also_green=[php.test_debugging_is_off_in_every_task],
    ),
    Mistake(
        "the queues' address has the queue's name at its end",
        set_variable("SQS_PREFIX", "https://sqs.us-east-1.amazonaws.com/876000000876/tickets-jobs"),
        breaks=[definitions.test_task_definitions_set_region_and_sqs_prefix],
        cause="SQS_PREFIX of the web task is https://sqs.us-east-1.amazonaws.com/876000000876/ti",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the queues' address has a slash at its end",
            set_variable("SQS_PREFIX", "https://sqs.us-east-1.amazonaws.com/876000000876/"),
        ),
    ),
    Mistake(
        "the container health check takes an error for health",
        replace(WEB_TASK, "curl -f http", "curl -s http"),
        breaks=[definitions.test_container_health_checks_notice_an_error],
        cause="the web task's container health check runs curl without -f",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the container health check reads the status itself",
            replace(WEB_TASK, "curl -f http", "curl -sS --fail http"),
        ),
    ),
    Mistake(
        "the worker's command names another environment",
        add_word("--env=staging"),
        breaks=[definitions.test_commands_run_in_their_tasks_own_environment],
        cause="the worker task's command has --env=staging, which Laravel takes in the place of",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the worker's command names its own environment",
            add_word("--env=production"),
        ),
    ),
    Mistake(
        "the worker runs as on a developer's machine",
        set_variable("APP_ENV", "local", task="worker"),
        breaks=[definitions.test_task_definitions_are_set_for_production],
        cause="the worker task's definition says APP_ENV=local",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "the log level is none that Laravel knows",
        set_variable("LOG_LEVEL", "warn"),
        breaks=[definitions.test_task_definitions_are_set_for_production],
        cause="LOG_LEVEL of the web task is warn, which Laravel does not know",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin("the log level is written out", set_variable("LOG_LEVEL", "info")),
    ),
    Mistake(
        "the worker's log has a line for each step of a stack trace",
        set_variable("LOG_STDERR_FORMATTER", "Monolog\\Formatter\\LineFormatter", task="worker"),
        breaks=[definitions.test_task_definitions_are_set_for_production],
        cause="LOG_STDERR_FORMATTER of the worker task is LineFormatter",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the worker's log formatter is written out",
            set_variable(
                "LOG_STDERR_FORMATTER", "Monolog\\Formatter\\JsonFormatter", task="worker"
            ),
        ),
    ),
    Mistake(
        "a session is to last for an hour, and lasts for a minute",
        set_variable("SESSION_LIFETIME", "1"),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="SESSION_LIFETIME ends each session after 60 s",
        also_green=[sessions.test_sessions_are_kept_in_a_shared_store],
        twin=Twin("a session lasts for ten minutes", set_variable("SESSION_LIFETIME", "10")),
    ),
    Mistake(
        "EFS is mounted by its root, which is root's",
        mount_efs(transitEncryption="ENABLED"),
        cause="or EFS is without an access point (its directory is root's)",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin(
            "EFS is mounted through an access point",
            mount_efs(
                transitEncryption="ENABLED",
                authorizationConfig={"accessPointId": "fsap-0a1b2c3d4e5f60718", "iam": "ENABLED"},
            ),
        ),
    ),
)
