"""Mistakes of the task definitions that a rehearsal's own values hide."""

from __future__ import annotations

from scenarios import test_definitions as definitions
from scenarios import test_php as php
from scenarios import test_queue as queue
from tests.mistakes.edits import DOCKERFILE, edit_container, replace, run_in_build, set_variable
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "an emulator's endpoint is left in a task definition",
        set_variable("AWS_ENDPOINT_URL", "http://localhost:4566"),
        breaks=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
        cause="AWS_ENDPOINT_URL of the web task sends its AWS calls to localhost",
        also_green=[definitions.test_every_task_has_the_region_and_the_address_of_its_queues],
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
        breaks=[definitions.test_every_task_has_the_region_and_the_address_of_its_queues],
        cause="SQS_PREFIX of the worker task is https://sqs.us-east-1.amazonaws.com/111111111111",
        also_green=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
    ),
    Mistake(
        "the scheduler does not know the public URL",
        set_variable("APP_URL", "http://localhost", task="scheduler"),
        breaks=[definitions.test_every_task_knows_the_public_url],
        cause="APP_URL of the scheduler task is http://localhost in its task definition",
        also_green=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
    ),
    Mistake(
        "the worker has no log",
        edit_container("worker", lambda container: container.pop("logConfiguration")),
        breaks=[definitions.test_every_container_sends_its_lines_to_a_log],
        cause="the worker task's definition has no logConfiguration",
        also_green=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
    ),
    Mistake(
        "the image has no CA certificates",
        replace(
            DOCKERFILE,
            "USER www-data",
            "RUN rm /etc/ssl/certs/ca-certificates.crt\nUSER www-data",
        ),
        breaks=[definitions.test_the_image_has_the_ca_file_that_a_rehearsal_puts_another_over],
        cause="the image has no CA certificates at /etc/ssl/certs/ca-certificates.crt",
        also_green=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
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
        breaks=[definitions.test_the_image_has_the_ca_file_that_a_rehearsal_puts_another_over],
        cause="does not have the roots of Amazon Trust Services",
        also_green=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
    ),
    Mistake(
        "only the overlay sets the queues' address",
        set_variable("SQS_PREFIX", None, task="worker"),
        breaks=[definitions.test_every_task_that_uses_queues_has_their_address_without_the_overlay],
        cause="SQS_PREFIX of the worker task must be https://sqs.us-east-1.amazonaws.com/8760",
        also_green=[definitions.test_every_task_has_the_region_and_the_address_of_its_queues],
    ),
    Mistake(
        "files are shown from local development's store",
        set_variable("AWS_URL", "http://minio:9000/uploads"),
        breaks=[definitions.test_no_task_has_an_endpoint_that_is_not_awss],
        cause="AWS_URL of the web task makes links to minio",
        also_green=[definitions.test_every_task_has_the_region_and_the_address_of_its_queues],
        twin=Twin(
            "files are shown from the bucket's public address",
            set_variable("AWS_URL", "https://876events-tickets-uploads.s3.us-east-1.amazonaws.com"),
        ),
    ),
    Mistake(
        "the worker keeps files on its own disk",
        set_variable("FILESYSTEM_DISK", "local", task="worker"),
        breaks=[definitions.test_what_one_task_keeps_the_others_find],
        cause="FILESYSTEM_DISK differs between the task definitions",
        also_green=[queue.test_a_job_that_web_dispatches_runs_once_in_the_worker],
    ),
    Mistake(
        "the worker runs with debugging on",
        set_variable("APP_DEBUG", "true", task="worker"),
        breaks=[definitions.test_no_task_is_set_for_development],
        cause="the worker task's definition says APP_DEBUG=true",
        also_green=[php.test_debugging_is_off_in_every_task],
    ),
)
