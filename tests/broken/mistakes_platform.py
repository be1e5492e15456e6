"""The mistakes that a rehearsal's own values hide, and those that the platform's limits make."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.broken.mistakes import (
    FLAGS,
    IN_FLIGHT,
    JOB,
    MINUTES,
    USAGE,
    Change,
    Mistake,
    container,
    pattern,
    setting,
    text,
    variable,
)
from tests.broken.mistakes_stories import ENTRYPOINT, NGINX, all_of, in_image

SCHEDULE = "app/aws/schedule.json"
OWN_ENDPOINT = "test_no_task_has_an_endpoint_that_is_not_awss"
QUEUES = "test_every_task_has_the_region_and_the_address_of_its_queues"
CA_FILE = "test_the_image_has_the_ca_file_that_a_rehearsal_puts_another_over"
STEADY = "test_no_task_of_a_service_ends_by_itself"


def field(name: str, edit: Callable[[dict[str, Any]], object]) -> Change:
    """Edit a task definition as a whole."""

    def change(root: Path) -> None:
        path = root / "app" / "ecs" / f"{name}.json"
        definition = json.loads(path.read_text())
        edit(definition)
        path.write_text(json.dumps(definition, indent=2))

    return change


PLATFORM = (
    Mistake(
        "an emulator's endpoint is left in a task definition",
        variable("AWS_ENDPOINT_URL", "http://localhost:4566"),
        cause="AWS_ENDPOINT_URL of the web task sends its AWS calls to localhost",
        red=(OWN_ENDPOINT,),
        green=(QUEUES,),
    ),
    Mistake(
        "the queues' address is another account's",
        variable("SQS_PREFIX", "https://sqs.us-east-1.amazonaws.com/111111111111", task="worker"),
        cause="SQS_PREFIX of the worker task is https://sqs.us-east-1.amazonaws.com/111111111111",
        red=(QUEUES,),
        green=(OWN_ENDPOINT,),
    ),
    Mistake(
        "the scheduler does not know the public URL",
        variable("APP_URL", "http://localhost", task="scheduler"),
        cause="APP_URL of the scheduler task is http://localhost in its task definition",
        red=("test_every_task_knows_the_public_url",),
    ),
    Mistake(
        "the worker has no log",
        container("worker", lambda found: found.pop("logConfiguration")),
        cause="the worker task's definition has no logConfiguration",
        red=("test_every_container_sends_its_lines_to_a_log",),
    ),
    Mistake(
        "the image has no CA certificates",
        text(
            "app/Dockerfile",
            "USER www-data",
            "RUN rm /etc/ssl/certs/ca-certificates.crt\nUSER www-data",
        ),
        cause="the image has no CA certificates at /etc/ssl/certs/ca-certificates.crt",
        red=(CA_FILE,),
    ),
    Mistake(
        "the image trusts the database's CA only",
        in_image(
            "awk '/BEGIN/{n++} n==1' /etc/ssl/certs/ca-certificates.crt > /tmp/one"
            " && mv /tmp/one /etc/ssl/certs/ca-certificates.crt"
        ),
        cause="does not have the roots of Amazon Trust Services",
        red=(CA_FILE,),
    ),
    Mistake(
        "the image has no directory for CA certificates",
        in_image("rm -r /etc/ssl/certs"),
        cause="install ca-certificates in it",
        exit_code=3,
    ),
    Mistake(
        "nginx closes its connections before the load balancer does",
        text("app/docker/etc/nginx/nginx.conf", "keepalive_timeout 75s", "keepalive_timeout 5s"),
        cause="nginx's keepalive_timeout (5 s) is not longer",
        red=("test_nginx_keeps_a_connection_for_longer_than_the_load_balancer",),
    ),
    Mistake(
        "the worker ends when its queue is empty",
        container("worker", lambda found: found["command"].append("--stop-when-empty")),
        cause="queue:work must not have --stop-when-empty",
        red=(STEADY,),
    ),
    Mistake(
        "the worker ends after each job",
        container("worker", lambda found: found["command"].append("--max-jobs=1")),
        cause="a small --max-jobs or --max-time",
        red=(STEADY,),
        green=(JOB,),
    ),
    Mistake(
        "only the overlay sets the queues' address",
        variable("SQS_PREFIX", None, task="worker"),
        cause="SQS_PREFIX of the worker task must be https://sqs.us-east-1.amazonaws.com/8760",
        red=("test_every_task_that_uses_queues_has_their_address_without_the_overlay",),
        green=(QUEUES,),
    ),
    Mistake(
        "files are shown from local development's store",
        variable("AWS_URL", "http://minio:9000/uploads"),
        cause="AWS_URL of the web task makes links to minio",
        red=(OWN_ENDPOINT,),
        green=(QUEUES,),
    ),
    Mistake(
        "nginx takes all visitors for one",
        all_of(
            text(
                NGINX,
                "    server {\n",
                "    limit_req_zone $binary_remote_addr zone=visitors:1m rate=2r/s;\n"
                "    server {\n",
            ),
            text(
                NGINX, "location / {\n", "location / {\n limit_req zone=visitors burst=5 nodelay;\n"
            ),
        ),
        cause='nginx\'s limit "visitors" turns visitors away',
        red=("test_a_burst_of_visitors_is_answered",),
    ),
    Mistake(
        "the worker runs in a shell that keeps its signals",
        container(
            "worker",
            lambda found: found.__setitem__(
                "command", ["sh", "-c", " ".join([*found["command"], "; true"])]
            ),
        ),
        cause="the stop signal does not reach queue:work",
        red=(IN_FLIGHT,),
        green=(FLAGS,),
    ),
    Mistake(
        "the web tasks take jobs off the queue too",
        all_of(
            # Without this right queue:work would be refused: it is the role that keeps jobs apart.
            text(
                "app/iam/web-task.json",
                '"sqs:SendMessage"',
                '"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",'
                ' "sqs:ChangeMessageVisibility"',
            ),
            text(
                ENTRYPOINT,
                "# 4. PHP-FPM",
                "(while :; do php artisan queue:work sqs || sleep 1; done) &\n# 4. PHP-FPM",
            ),
        ),
        cause="something besides the workers takes jobs off the queue",
        red=("test_a_burst_of_jobs_runs_in_the_workers_and_nowhere_else",),
        green=(FLAGS,),
    ),
    Mistake(
        "the web tasks run the scheduler too",
        text(ENTRYPOINT, "# 4. PHP-FPM", "php artisan schedule:work &\n# 4. PHP-FPM"),
        cause="the tasks of tickets-web run the scheduler too",
        red=("test_nothing_but_the_rule_runs_the_scheduler",),
        green=(MINUTES,),
    ),
    Mistake(
        "each tick starts two tasks",
        text(SCHEDULE, '"TaskCount": 1', '"TaskCount": 2'),
        cause="each tick starts 2 tasks: TaskCount",
        red=(MINUTES,),
    ),
    Mistake(
        "the rule is disabled",
        text(SCHEDULE, '"ENABLED"', '"DISABLED"'),
        cause="the rule is disabled: its State",
        red=(MINUTES,),
    ),
    Mistake(
        "the rule ticks every five minutes",
        text(SCHEDULE, "rate(1 minute)", "rate(5 minutes)"),
        cause="the rule's schedule is rate(5 minutes)",
        red=(MINUTES,),
    ),
    Mistake(
        "the worker may take longer to stop than Fargate waits",
        container("worker", lambda found: found.__setitem__("stopTimeout", 300)),
        cause="stopTimeout is 300",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's health check waits longer than ECS lets it",
        container("web", lambda found: found["healthCheck"].__setitem__("interval", 600)),
        cause="healthCheck.interval is 600",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's port is mapped to another one",
        container("web", lambda found: found["portMappings"][0].__setitem__("hostPort", 80)),
        cause="hostPort is 80",
        exit_code=USAGE,
    ),
    Mistake(
        "the log driver lacks an option that Fargate needs",
        pattern("app/ecs/web.json", r'^\s*"awslogs-stream-prefix": .*\n', ""),
        cause="awslogs-stream-prefix is missing",
        exit_code=USAGE,
    ),
    Mistake(
        "the task definition is for another CPU architecture than the image",
        field("web", lambda found: found["runtimePlatform"].update(cpuArchitecture="ARM64")),
        cause="its image is for another CPU architecture",
        exit_code=3,
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
        "nginx puts the visitor's address in the place of the load balancer's",
        text(
            NGINX,
            "    server_tokens off;",
            "    server_tokens off;\n    set_real_ip_from 10.0.0.0/8;\n"
            "    real_ip_header X-Forwarded-For;",
        ),
        cause="nginx's real_ip_header hides the load balancer from the app",
        red=("test_links_and_redirects_are_https_with_the_public_host",),
    ),
    Mistake(
        "the load balancer leaves the client's X-Forwarded-For as it came",
        text("app/ecs/load-balancer.json", '"Value": "append"', '"Value": "preserve"'),
        cause="xff_header_processing.mode is preserve, and must be append",
        red=("test_a_spoofed_client_address_is_not_believed",),
    ),
    Mistake(
        "the load balancer cuts the requests of a task that leaves",
        pattern(
            "app/ecs/target-group.json",
            r'("deregistration_delay.timeout_seconds",\s*"Value": )"\d+"',
            r'\1"0"',
        ),
        cause="deregistration_delay.timeout_seconds is 0",
        red=("test_a_visitors_request_in_flight_when_its_task_is_stopped_is_answered",),
    ),
    Mistake(
        "the app's files have the address of the developer's machine",
        variable("ASSET_URL", "http://localhost"),
        cause="ASSET_URL or APP_URL of the web task",
        red=("test_links_and_redirects_are_https_with_the_public_host",),
    ),
    Mistake(
        "the session ends with each answer",
        variable("SESSION_LIFETIME", "0"),
        cause="SESSION_LIFETIME lets the session cookie end at once",
        red=("test_a_value_put_through_one_task_is_read_through_the_other",),
    ),
    Mistake(
        "nginx listens on another port than the target group asks",
        text(NGINX, "listen 8080", "listen 8081"),
        cause="nothing listens on the target's port",
        exit_code=3,
    ),
)
