"""The mistakes of commands and of what tasks are started on: flags, directories, launch types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.broken.mistakes import (
    FLAGS,
    JOB,
    MINUTES,
    SESSIONS,
    USAGE,
    Change,
    Mistake,
    container,
    pattern,
    setting,
    text,
    variable,
)
from tests.broken.mistakes_jobs import QUEUES
from tests.broken.mistakes_platform import SCHEDULE, field
from tests.broken.mistakes_stories import ENTRYPOINT, NGINX, all_of

BALANCER = "app/ecs/load-balancer.json"
FPM = "app/docker/etc/php/8.4/fpm/php-fpm.conf"
GROUP = "app/ecs/target-group.json"
POISON = "test_a_poison_job_ends_in_failed_jobs_and_not_in_the_dead_letter_queue"
RETRIED = "test_a_job_that_fails_twice_backs_off_and_succeeds"
TOO_SLOW = "test_a_target_slower_than_the_idle_time_out_gives_504"
ALIKE = "test_what_one_task_keeps_the_others_find"
SENT = "test_a_subject_beyond_ascii_arrives_as_it_was_written"
ONLY_RULE = "test_nothing_but_the_rule_runs_the_scheduler"


def worker_says(old: str, new: str) -> Change:
    """Write a word of the worker's command in another way."""

    def edit(found: dict[str, Any]) -> None:
        found["command"] = [new if word == old else word for word in found["command"]]

    return container("worker", edit)


def target_lacks(name: str) -> Change:
    """Take a member away from the EcsParameters of the rule's target."""

    def change(root: Path) -> None:
        path = root / "app" / "aws" / "schedule.json"
        found = json.loads(path.read_text())
        del found["PutTargets"]["Targets"][0]["EcsParameters"][name]
        path.write_text(json.dumps(found, indent=2))

    return change


def wrong_key(found: dict[str, Any]) -> None:
    """Misspell a key of the database's secret."""
    for one in found["secrets"]:
        one["valueFrom"] = one["valueFrom"].replace(":password:", ":pasword:")


COMMANDS = (
    Mistake(
        "the worker sleeps after each empty poll",
        worker_says("--sleep=1", "--sleep=90"),
        cause="queue:work's --sleep is 90",
        red=(RETRIED,),
    ),
    Mistake(
        "a failing job is tried without end",
        worker_says("--tries=3", "--tries=0"),
        cause="queue:work's --tries is 0",
        red=(FLAGS, POISON),
    ),
    Mistake(
        "a job may take for ever",
        worker_says("--timeout=90", "--timeout=0"),
        cause="queue:work's --timeout is 0",
        red=(FLAGS,),
    ),
    Mistake(
        "the worker takes jobs of another connection",
        worker_says("sqs", "database"),
        cause='the worker\'s command takes jobs of the connection "database"',
        red=(JOB,),
    ),
    Mistake(
        "the queue takes small messages only",
        pattern(
            QUEUES,
            r'"VisibilityTimeout"',
            '"MaximumMessageSize": "1024",\n        "VisibilityTimeout"',
        ),
        cause="its MaximumMessageSize is 1024 bytes",
        red=(SENT,),
    ),
    Mistake(
        "the worker keeps files on its own disk",
        variable("FILESYSTEM_DISK", "local", task="worker"),
        cause="FILESYSTEM_DISK differs between the task definitions",
        red=(ALIKE,),
        green=(JOB,),
    ),
    Mistake(
        "the scheduler does not know the database's host",
        variable("DB_HOST", None, task="scheduler"),
        cause="DB_HOST is not set there, or DB_URL overrides it",
        red=(MINUTES, ONLY_RULE),
    ),
    Mistake(
        "the rule ticks every other minute",
        text("app/aws/schedule.json", "rate(1 minute)", "cron(0/2 * * * ? *)"),
        cause="the rule's schedule is cron(0/2 * * * ? *)",
        red=(MINUTES,),
    ),
    Mistake(
        "nginx gives up before the app answers",
        pattern(NGINX, r"fastcgi_read_timeout \d+s", "fastcgi_read_timeout 2s"),
        cause="fastcgi_read_timeout in the image is too short",
        red=(TOO_SLOW,),
    ),
    Mistake(
        "the app forgets to remove the object",
        text(
            "app/app/Actions/DeleteEventDocument.php",
            "$document->storage()->delete(",
            "$document->storage()->exists(",
        ),
        cause="leaves the object in the bucket",
        red=("test_a_seating_plan_is_for_who_may_see_it_with_its_type_and_cacheable",),
    ),
    Mistake(
        "nginx's root is the app's own directory",
        all_of(
            text(NGINX, "root /srv/app/public;", "root /srv/app;"),
            text(NGINX, "$document_root/index.php", "/srv/app/public/index.php"),
        ),
        cause="nginx's root must be the app's public directory",
        red=("test_visitors_see_no_file_outside_the_public_directory",),
        green=(SESSIONS,),
    ),
    Mistake(
        "the app goes by a file's name only",
        text(
            "app/app/Http/Requests/StoreDocumentRequest.php",
            "File::types($this->kind()->extensions())->extensions",
            "File::default()->extensions",
        ),
        cause="the app does not look at what a file is",
        red=("test_what_is_no_pdf_is_no_seating_plan_whatever_its_name",),
    ),
    Mistake(
        "the app's first process runs as root",
        all_of(
            setting("user", "root"),
            text(FPM, "listen = ", "user = root\ngroup = root\nlisten.mode = 0666\nlisten = "),
            text(ENTRYPOINT, "php-fpm8.4 --nodaemonize", "php-fpm8.4 --nodaemonize -R"),
        ),
        cause="the app runs as root",
        red=("test_the_app_runs_as_another_user_than_root",),
    ),
    Mistake(
        "the image puts the app into maintenance",
        text(
            ENTRYPOINT,
            "php artisan optimize --quiet\n",
            "php artisan optimize --quiet\nphp artisan down || true\n",
        ),
        cause="the app itself answers 503: it is in maintenance",
        red=(SESSIONS,),
    ),
    Mistake(
        "the web task's working directory is not the app's",
        container("web", lambda found: found.update(workingDirectory="/var/www/html")),
        cause="php artisan is run where no artisan is",
        exit_code=3,
    ),
    Mistake(
        "the worker's entry point takes one word of its command",
        container("worker", lambda found: found.update(entryPoint=["sh", "-c"])),
        cause="command ends at once, without an error",
        exit_code=3,
    ),
    Mistake(
        "every page asks for a password",
        text(
            NGINX,
            "    server_tokens off;",
            '    server_tokens off;\n    auth_basic "soon";\n    auth_basic_user_file /dev/null;',
        ),
        cause="the health check is refused (401 or 403)",
        exit_code=3,
    ),
    Mistake(
        "nginx logs to a directory that is not there",
        text(NGINX, "access_log /dev/stdout", "access_log /var/log/nginx/access.log"),
        cause="nginx does not start: open()",
        exit_code=3,
    ),
    Mistake(
        "the target group is for instances",
        text(GROUP, '"TargetType": "ip"', '"TargetType": "instance"'),
        cause='TargetGroup.TargetType is "instance"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer speaks HTTP/2 to nginx",
        text(GROUP, '"ProtocolVersion": "HTTP1"', '"ProtocolVersion": "HTTP2"'),
        cause='TargetGroup.ProtocolVersion is "HTTP2"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer speaks TLS to nginx",
        text(GROUP, '    "Protocol": "HTTP"', '    "Protocol": "HTTPS"'),
        cause='TargetGroup.Protocol is "HTTPS"',
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer is internal",
        text(BALANCER, "internet-facing", "internal"),
        cause='LoadBalancer.Scheme is "internal"',
        exit_code=USAGE,
    ),
    Mistake(
        "the web service is to run on instances",
        text("app/ecs/service-web.json", '"FARGATE"', '"EC2"'),
        cause='launchType is "EC2"',
        exit_code=USAGE,
    ),
    Mistake(
        "the worker's platform version takes no key out of a secret",
        text("app/ecs/service-worker.json", '"1.4.0"', '"1.3.0"'),
        cause='platformVersion is "1.3.0"',
        exit_code=USAGE,
    ),
    Mistake(
        "the rule does not say Fargate",
        target_lacks("LaunchType"),
        cause="EcsParameters.LaunchType is missing, so that ECS takes EC2",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule does not say in which subnets",
        target_lacks("NetworkConfiguration"),
        cause="cannot run its task: Network Configuration must be provided",
        red=(MINUTES,),
    ),
    Mistake(
        "the rule's network is spelled as ECS spells it",
        text(SCHEDULE, '"Subnets"', '"subnets"'),
        cause="awsvpcConfiguration.subnets is no member that AWS knows",
        exit_code=USAGE,
    ),
    Mistake(
        "a word of the web service's file is misspelled",
        text("app/ecs/service-web.json", "healthCheckGracePeriodSeconds", "healthCheckGracePeriod"),
        cause="healthCheckGracePeriod is no member that AWS knows",
        exit_code=USAGE,
    ),
    Mistake(
        "the container is privileged",
        setting("privileged", True),
        cause="privileged is not valid on Fargate",
        exit_code=USAGE,
    ),
    Mistake(
        "uploads are to be on a disk of the host",
        field(
            "web",
            lambda found: found.update(
                volumes=[{"name": "uploads", "host": {"sourcePath": "/srv/uploads"}}]
            ),
        ),
        cause="volumes[0].host.sourcePath is a path of a host",
        exit_code=USAGE,
    ),
    Mistake(
        "the scheduler asks for a key that its secret lacks",
        container("scheduler", wrong_key),
        cause='a task never started: secret key "pasword" is missing in tickets/db',
        red=(MINUTES,),
    ),
)
