"""The mistakes that a cutover meets, each as one change of the reference app's files.

A mistake is rehearsed with only the scenarios it is about; docs/mistakes.md is made from this list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RED = 1
USAGE = 2
NOT_STARTED = 3

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Mistake:
    """One change, and what the rehearsal must say of it."""

    name: str
    change: Change = field(repr=False)
    cause: str
    """Words that the output must hold."""
    red: tuple[str, ...] = ()
    """Scenarios that must be red; none when the stack must not come up at all."""
    exit_code: int = RED
    green: tuple[str, ...] = ()
    """Scenarios that must stay green: a mistake must not redden what it does not touch."""


def text(name: str, old: str, new: str) -> Change:
    """Replace a text, which must be there, in a file."""

    def change(root: Path) -> None:
        path = root / name
        found = path.read_text()
        assert old in found, f"{name} has no {old!r}"
        path.write_text(found.replace(old, new))

    return change


def pattern(name: str, old: str, new: str) -> Change:
    """Replace what matches, which something must, in a file."""

    def change(root: Path) -> None:
        path = root / name
        found, count = re.subn(old, new, path.read_text(), flags=re.MULTILINE)
        assert count, f"nothing in {name} matches {old!r}"
        path.write_text(found)

    return change


def container(name: str, edit: Callable[[dict[str, Any]], None]) -> Change:
    """Edit the container of a task definition."""

    def change(root: Path) -> None:
        path = root / "app" / "ecs" / f"{name}.json"
        definition = json.loads(path.read_text())
        before = json.dumps(definition)
        edit(definition["containerDefinitions"][0])
        assert json.dumps(definition) != before, f"{path} was not changed"
        path.write_text(json.dumps(definition, indent=2))

    return change


def variable(name: str, value: str | None, *, task: str = "web") -> Change:
    """Set a variable of a task definition, or take it away."""

    def edit(found: dict[str, Any]) -> None:
        rest = [item for item in found["environment"] if item["name"] != name]
        found["environment"] = rest + ([{"name": name, "value": value}] if value else [])

    return container(task, edit)


def no_secret(name: str) -> Change:
    """Take a secret away from the web task."""

    def edit(found: dict[str, Any]) -> None:
        found["secrets"] = [item for item in found["secrets"] if item["name"] != name]

    return container("web", edit)


def setting(name: str, value: object) -> Change:
    """Set a field of the web task's container."""
    return container("web", lambda found: found.__setitem__(name, value))


def group(name: str, permissions: Callable[[list[dict[str, Any]]], object]) -> Change:
    """Edit the ingress of a security group."""

    def change(root: Path) -> None:
        path = root / "app" / "network" / "security-groups.json"
        found = json.loads(path.read_text())
        (one,) = [one for one in found["SecurityGroups"] if one["GroupName"] == name]
        before = json.dumps(found)
        permissions(one["IpPermissions"])
        assert json.dumps(found) != before, f"{path} was not changed"
        path.write_text(json.dumps(found, indent=2))

    return change


def admits(source: str, port: int) -> dict[str, Any]:
    """Write one permission for a group or a CIDR."""
    found: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    if source.startswith("sg-"):
        return {**found, "UserIdGroupPairs": [{"GroupId": source}]}
    return {**found, "IpRanges": [{"CidrIp": source}]}


SESSIONS = "test_a_value_put_through_one_task_is_read_through_the_other"
ROW = "test_the_session_is_a_row_of_the_sessions_table_and_no_file"
COOKIE = "test_the_session_cookie_is_secure_and_named_as_configured"
LINKS = "test_links_and_redirects_are_https_with_the_public_host"
SPOOFED_ADDRESS = "test_a_spoofed_client_address_is_not_believed"
SPOOFED_HOST = "test_a_spoofed_host_is_not_believed"
ADDRESS = "test_the_client_address_is_the_one_that_the_edge_appended"
CACHE = "test_what_one_task_puts_into_the_cache_every_task_sees"
TLS = "test_the_app_speaks_tls_on_both_hops_and_verifies_names"
WAYS = "test_every_declared_way_is_open"
HOLES = "test_nothing_else_is_let_in"
ADMITTED = "test_the_security_groups_admit_nobody_else"
JOB = "test_a_job_that_web_dispatches_runs_once_in_the_worker"
FLAGS = "test_the_workers_flags_fit_the_queue"
DEAD = "test_a_job_past_max_receive_count_lies_in_the_dead_letter_queue"
IN_FLIGHT = "test_a_job_in_flight_finishes_and_none_is_lost_when_scaled_to_0_and_back"
MINUTES = "test_each_minute_has_one_tick_and_one_run_of_the_release"
ONE_SERVER = "test_two_ticks_in_one_minute_do_not_run_an_on_one_server_command_twice"
TASKS_GROUP = "sg-0a40c1e2f3b4a5102"

MISTAKES = (
    Mistake(
        "a secret lacks the key that the task asks for",
        text("cutover.toml", 'password = { generate = "password" }\n', ""),
        cause='secret key "password" is missing in tickets/db',
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a secret is plain text, not JSON",
        pattern(
            "cutover.toml",
            r'\[secrets\."tickets/db"\]\nusername = .*\npassword = .*\n',
            '[secrets]\n"tickets/db" = "tickets:not-json"\n',
        ),
        cause="the secret tickets/db, from which it takes the key",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app connects to the proxy without TLS",
        variable("MYSQL_ATTR_SSL_CA", None),
        cause="the app speaks to the database in plain text",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app connects to Aurora, past the proxy",
        variable("DB_HOST", "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"),
        cause="DB_HOST",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the CA file that the app names is not in the image",
        variable("MYSQL_ATTR_SSL_CA", "/etc/ssl/certs/rds-global-bundle.pem"),
        cause="rds-global-bundle.pem",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app verifies no certificate of the database",
        text(
            "app/config/database.php",
            "Mysql::ATTR_SSL_VERIFY_SERVER_CERT => true,\n            ])",
            "])  + [Mysql::ATTR_SSL_VERIFY_SERVER_CERT => false]",
        ),
        cause="verif",
        red=(TLS,),
    ),
    Mistake(
        "APP_KEY is not given to the task",
        no_secret("APP_KEY"),
        cause="APP_KEY",
        red=(SESSIONS, COOKIE),
    ),
    Mistake(
        "sessions are kept in files",
        variable("SESSION_DRIVER", "file"),
        cause="SESSION_DRIVER",
        red=(SESSIONS, ROW),
        green=(COOKIE, LINKS),
    ),
    Mistake(
        "sessions are kept in the cookie",
        variable("SESSION_DRIVER", "cookie"),
        cause="SESSION_DRIVER",
        red=(ROW,),
    ),
    Mistake(
        "the session cookie is not secure",
        variable("SESSION_SECURE_COOKIE", "false"),
        cause="Secure",
        red=(COOKIE,),
        green=(SESSIONS,),
    ),
    Mistake(
        "the session cookie has another name than on the old host",
        pattern(
            "app/config/session.php", r"^    'cookie' => .*$", "    'cookie' => 'laravel_session',"
        ),
        cause="laravel_session",
        red=(COOKIE,),
    ),
    Mistake(
        "no proxy is trusted",
        variable("TRUSTED_PROXIES", None),
        cause="trust",
        red=(LINKS, ADDRESS),
    ),
    Mistake(
        "every proxy is trusted",
        variable("TRUSTED_PROXIES", "*"),
        cause="TRUSTED_PROXIES",
        red=(SPOOFED_ADDRESS,),
        green=(LINKS,),
    ),
    Mistake(
        "X-Forwarded-Host is trusted",
        text(
            "app/bootstrap/app.php",
            "headers: Request::HEADER_X_FORWARDED_AWS_ELB",
            "headers: Request::HEADER_X_FORWARDED_AWS_ELB | Request::HEADER_X_FORWARDED_HOST",
        ),
        cause="X-Forwarded-Host",
        red=(SPOOFED_HOST,),
        green=(LINKS,),
    ),
    Mistake(
        "the cache is each task's own",
        variable("CACHE_STORE", "file"),
        cause="CACHE_STORE",
        red=(CACHE,),
    ),
    Mistake(
        "the health check asks for a route that is not there",
        text("app/ecs/target-group.json", '"/healthz"', '"/health"'),
        cause="404",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the container's health check uses a tool that the image lacks",
        setting(
            "healthCheck",
            {"command": ["CMD-SHELL", "wget -q localhost:8080/healthz"], "interval": 5},
        ),
        cause="health check",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "PHP-FPM hides the environment from the app",
        text("app/docker/etc/php/8.4/fpm/php-fpm.conf", "clear_env = no", "clear_env = yes"),
        cause="clear_env",
        red=("test_php_fpm_sees_every_variable_that_the_command_line_sees",),
        green=(SESSIONS,),
    ),
    Mistake(
        "the entrypoint warms no cache",
        pattern("app/docker/usr/local/bin/entrypoint", r"^.*php artisan optimize.*\n", ""),
        cause="cache",
        red=("test_caches_are_warm_and_hold_the_tasks_own_values",),
    ),
    Mistake(
        "the configuration is cached when the image is built",
        pattern(
            "app/Dockerfile",
            r"^USER www-data",
            "RUN mkdir -p storage/framework/views && php artisan config:cache"
            r" && chown -R www-data: storage bootstrap/cache\nUSER www-data",
        ),
        cause="php artisan config:cache ran when the image was built",
        red=("test_no_cache_was_made_when_the_image_was_built",),
    ),
    Mistake(
        "a .env file is baked into the image",
        text(
            "app/Dockerfile",
            "USER www-data",
            "RUN echo APP_DEBUG=true > /srv/app/.env\nUSER www-data",
        ),
        cause=".env",
        red=("test_no_dotenv_file_is_in_any_layer",),
    ),
    Mistake(
        "debugging is on in production",
        variable("APP_DEBUG", "true"),
        cause="APP_DEBUG",
        red=("test_an_error_page_reveals_nothing", "test_debugging_is_off_in_every_task"),
    ),
    Mistake(
        "the configuration is cached when the image is built, before storage is there",
        pattern(
            "app/Dockerfile", r"^USER www-data", r"RUN php artisan config:cache\nUSER www-data"
        ),
        cause="php artisan config:cache ran when the image was built",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task definition lets PHP-FPM start as root",
        setting("user", "root"),
        cause="the container runs as root",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a secret is a plain variable of the task definition",
        variable("DB_PASSWORD_OLD", "hunter2-hunter2"),
        cause="DB_PASSWORD_OLD",
        red=("test_no_secret_is_a_plain_variable_of_a_task_definition",),
    ),
    Mistake(
        "jobs are run by the web task itself",
        variable("QUEUE_CONNECTION", "sync"),
        cause="QUEUE_CONNECTION",
        red=("test_a_job_that_web_dispatches_runs_once_in_the_worker",),
    ),
    Mistake(
        "the queue's visibility time-out is shorter than a job may take",
        pattern("app/aws/queues.json", r'"VisibilityTimeout": "\d+"', '"VisibilityTimeout": "30"'),
        cause="isibility",
        red=("test_the_workers_flags_fit_the_queue",),
    ),
    Mistake(
        "a failing job is taken away by the queue before Laravel gives it up",
        text("app/ecs/worker.json", '"--tries=3"', '"--tries=8"'),
        cause="queue:work's --tries (8) is more than the queue's maxReceiveCount (5)",
        red=(FLAGS,),
        green=(JOB,),
    ),
    Mistake(
        "the queue has no dead-letter queue",
        pattern("app/aws/queues.json", r',\s*"RedrivePolicy": \{[^}]*\}', ""),
        cause="has no dead-letter queue",
        red=(FLAGS, DEAD),
        green=(JOB,),
    ),
    Mistake(
        "the worker listens to another queue",
        variable("SQS_QUEUE", "tickets-job", task="worker"),
        cause="lacks sqs:ReceiveMessage on arn:aws:sqs:us-east-1:876000000876:tickets-job",
        red=(JOB,),
    ),
    Mistake(
        "the worker is killed before its job can finish",
        container("worker", lambda found: found.__setitem__("stopTimeout", 2)),
        cause="stopTimeout",
        red=(FLAGS, IN_FLIGHT),
        green=(JOB,),
    ),
    Mistake(
        "the rule's cron expression is Unix's",
        text("app/aws/schedule.json", "rate(1 minute)", "cron(* * * * *)"),
        cause="EventBridge's cron has six",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule's override names a container that is not there",
        text("app/aws/schedule.json", '"name": "app"', '"name": "scheduler"'),
        cause="the rule tickets-schedule cannot run its task: Override for container named",
        red=(MINUTES,),
    ),
    Mistake(
        "the scheduler's locks are each task's own",
        variable("CACHE_STORE", "file", task="scheduler"),
        cause="CACHE_STORE is not shared by the scheduler's tasks",
        red=(ONE_SERVER,),
    ),
    Mistake(
        "an environment value is a number",
        text("app/ecs/web.json", '"value": "3306"', '"value": 3306'),
        cause="environment",
        exit_code=USAGE,
    ),
    Mistake(
        "a valueFrom has too many colons",
        text("app/ecs/web.json", ":username::", ":username:::"),
        cause="valueFrom",
        exit_code=USAGE,
    ),
    Mistake(
        "the tasks' security group is open to the world",
        group("tickets-tasks", lambda rules: rules.append(admits("0.0.0.0/0", 8080))),
        cause="a security group opens too much",
        red=(HOLES, ADMITTED),
        green=(WAYS,),
    ),
    Mistake(
        "the database's security group admits the tasks too",
        group("tickets-database", lambda rules: rules.append(admits(TASKS_GROUP, 3306))),
        cause="the security group of mysql admits tasks on port 3306",
        red=(ADMITTED,),
        green=(WAYS, HOLES),
    ),
    Mistake(
        "no security group admits the load balancer to the tasks",
        group("tickets-tasks", list.clear),
        cause="the tasks' security group does not admit the load balancer's",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "no security group admits the tasks to the proxy",
        group("tickets-proxy", list.clear),
        cause="the task cannot reach DB_HOST on port 3306: a security group or a wrong port",
        exit_code=NOT_STARTED,
    ),
)
