"""Task definitions hold production's own values, even where a rehearsal's overlay hides them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.images.inspect import ca_bundle
from harness.report import not_covered, proved
from scenarios.named_resources import AWS_DOMAINS, LOCAL_HOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.resources.web_tier import WebTier

REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION")
ENDPOINTS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL")
SHARED = (
    *("DB_CONNECTION", "DB_DATABASE", "CACHE_STORE", "CACHE_PREFIX", "QUEUE_CONNECTION"),
    *("FILESYSTEM_DISK", "AWS_BUCKET", "MAIL_MAILER"),
)
"""Variables that name a store which all tasks share."""
NOT_DEBUGGING = ("", "0", "false", "(false)", "null", "(null)", "empty", "(empty)")
"""Values that Laravel's env() and (bool) read as false."""
LOG_LEVELS = (
    *("debug", "info", "notice", "warning"),
    *("error", "critical", "alert", "emergency"),
)
r"""Illuminate\Log\ParsesLogConfiguration: with any other, each line is an emergency's."""
FORMATTER = "LOG_STDERR_FORMATTER"
ENV_OPTION = re.compile(r"(?:^|\s)--env[= ]([\w-]+)")
OWN_FORMATTERS = "Monolog\\Formatter\\"
OF_MANY_LINES = ("LineFormatter", "HtmlFormatter")
"""Monolog's formatters that spread an exception's stack trace over lines."""
FORMATTERS = (
    *("ChromePHPFormatter", "ElasticaFormatter", "ElasticsearchFormatter", "FlowdockFormatter"),
    *("FluentdFormatter", "GelfMessageFormatter", "GoogleCloudLoggingFormatter", "JsonFormatter"),
    *("LogglyFormatter", "LogmaticFormatter", "LogstashFormatter", "MongoDBFormatter"),
    *("NormalizerFormatter", "ScalarFormatter", "SyslogFormatter", "WildfireFormatter"),
)

_CURL = re.compile(r"\bcurl\b(?P<options>[^|;&]*)(?P<next>\|\||&&|[|;&]?)")
_JUDGES = re.compile(r"\s(?:-[A-Za-z]*[fw][A-Za-z]*|--fail(?:-with-body)?|--write-out)(?![\w-])")

as_read = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("its task definitions cannot be read from outside")
)
needs_definitions = pytest.mark.requires("ecs")


class Variable(NamedTuple):
    """A plain environment variable of a container."""

    task: str
    """The type of task: web, worker or scheduler."""
    name: str
    value: str


@pytest.fixture
def variables(task_definitions: dict[str, dict[str, Any]]) -> list[Variable]:
    """Return the plain variables of every container in every task definition."""
    return [
        Variable(task, entry["name"], without_quotes(entry["value"]))
        for task, definition in task_definitions.items()
        for container in definition["containerDefinitions"]
        for entry in container.get("environment", [])
    ]


def without_quotes(value: str) -> str:
    """Return a value as Laravel's env() has it: without quotes, as they are in a .env file."""
    return re.sub(r"""\A(['"])(.*)\1\Z""", r"\2", value)


@as_read
@needs_definitions
@pytest.mark.read_only
def test_task_definitions_use_aws_endpoints(variables: list[Variable]) -> None:
    for task, name, value in variables:
        if name in ENDPOINTS or name.startswith("AWS_ENDPOINT_URL_"):
            host = urlsplit(value).hostname or value
            expect(
                host.endswith(AWS_DOMAINS),
                f"the task definition of {task} sets {name} to {value!r}",
                cause=SettingCause(
                    name,
                    f"{name} of the {task} task sends its AWS calls to {host}, which is not AWS:"
                    " remove it from the task definition",
                ),
                certain=True,
            )
        elif name == "AWS_URL" and value:
            host = urlsplit(value).hostname or ""
            expect(
                not LOCAL_HOST.fullmatch(host),
                f"the task definition of {task} sets AWS_URL to {value!r}",
                cause=SettingCause(
                    "AWS_URL",
                    f"AWS_URL of the {task} task makes links to {host}, a host of local"
                    " development: remove it from the task definition, or set the bucket's public"
                    " address",
                ),
                certain=True,
            )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_task_definitions_set_region_and_sqs_prefix(
    variables: list[Variable], access: Access
) -> None:
    values = {**dict.fromkeys(REGIONS, access.region), "SQS_PREFIX": sqs_prefix(access)}
    for variable in variables:
        if variable.name in values:
            expect_value(variable, values[variable.name])


def expect_value(variable: Variable, setting: str) -> None:
    """Compare a variable with production's value; a trailing slash makes no difference."""
    task, name, value = variable
    expect(
        value.rstrip("/") == setting.rstrip("/"),
        f"the task definition of {task} sets {name} to {value!r}, not to {setting!r}",
        cause=SettingCause(
            name,
            f"{name} of the {task} task is {value} in its task definition, and must be {setting}",
        ),
        certain=True,
    )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_sqs_prefix_is_in_the_task_definition(variables: list[Variable], access: Access) -> None:
    if "SQS_PREFIX" not in access.overlay.get("environment", {}):
        return
    on_sqs = {
        variable.task for variable in variables if variable[1:] == ("QUEUE_CONNECTION", "sqs")
    }
    prefixed = {variable.task for variable in variables if variable.name == "SQS_PREFIX"}
    for task in sorted(on_sqs):
        expect(
            task in prefixed,
            f"the task definition of {task} does not set SQS_PREFIX; the overlay does",
            cause=SettingCause(
                "SQS_PREFIX",
                f"SQS_PREFIX of the {task} task must be {sqs_prefix(access)}, and its task"
                " definition has none: the overlay, which sets it here, does not exist on AWS",
            ),
            certain=True,
        )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_shared_stores_match_in_every_task_definition(variables: list[Variable]) -> None:
    for name in SHARED:
        values = {variable.task: variable.value for variable in variables if variable.name == name}
        summary = ", ".join(f"{task}={value}" for task, value in values.items())
        expect(
            len(set(values.values())) <= 1,
            f"{name} is not the same in every task definition: {summary}",
            cause=SettingCause(
                name,
                f"{name} differs between the task definitions ({summary}): data that one type of"
                " task stores there is missing for the others",
            ),
            certain=True,
        )


def sqs_prefix(access: Access) -> str:
    """Return the common start of all queue URLs in the account and region."""
    suffix = ".cn" if access.region.startswith("cn-") else ""
    return f"https://sqs.{access.region}.amazonaws.com{suffix}/{access.account_id}"


@as_read
@needs_definitions
@pytest.mark.read_only
def test_app_url_is_the_public_url(variables: list[Variable], access: Access) -> None:
    for variable in variables:
        if variable.name == "APP_URL":
            url = without_port(variable.value)
            # A service beside the web service may have a host of its own.
            hosts = () if variable.task == access.web else access.hosts.get(variable.task, ())
            if urlsplit(url).scheme != "https" or urlsplit(url).hostname not in hosts:
                expect_value(variable._replace(value=url), access.public_url)


def without_port(url: str) -> str:
    """Return a URL without the port that https has anyway."""
    return re.sub(r"^(https://[^/:]+):443(?=/|$)", r"\1", url)


@as_read
@needs_definitions
@pytest.mark.read_only
def test_task_definitions_are_set_for_production(variables: list[Variable]) -> None:
    for task, name, value in variables:
        is_set = (name == "APP_ENV" and value != "production") or (
            name == "APP_DEBUG" and value.lower() not in NOT_DEBUGGING
        )
        expect(
            not is_set,
            f"the task definition of {task} sets {name} to {value!r}",
            cause=SettingCause(
                name,
                f"the {task} task's definition says {name}={value}: production has"
                " APP_ENV=production and APP_DEBUG=false",
            ),
            certain=True,
        )
        expect(
            name != "LOG_LEVEL" or value in LOG_LEVELS,
            f"the task definition of {task} sets LOG_LEVEL to {value!r}",
            cause=SettingCause(
                "LOG_LEVEL",
                f"LOG_LEVEL of the {task} task is {value}, which Laravel does not know: it logs to"
                f" its emergency log alone; write one of {', '.join(LOG_LEVELS)}",
            ),
            certain=True,
        )
        cause = formatter_cause(task, value) if name == FORMATTER else ""
        expect(not cause, f"{FORMATTER} of {task} is {value!r}", cause=cause, certain=True)


@as_read
@needs_definitions
@pytest.mark.read_only
def test_commands_run_in_their_tasks_own_environment(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    containers = (
        (task, container)
        for task, definition in task_definitions.items()
        for container in definition["containerDefinitions"]
    )
    for task, container in containers:
        own = {entry["name"]: entry["value"] for entry in container.get("environment") or ()}
        for name in ENV_OPTION.findall(" ".join(container.get("command") or ())):
            expect(
                own.get("APP_ENV", name) == name,
                f"the command of {task} has --env={name}, and its APP_ENV is {own.get('APP_ENV')}",
                cause=SettingCause(
                    "APP_ENV",
                    f"the {task} task's command has --env={name}, which Laravel takes in the place"
                    f" of APP_ENV={own.get('APP_ENV')}: leave it out",
                ),
                certain=True,
            )


def formatter_cause(task: str, name: str) -> str:
    """Return why a formatter does not suit CloudWatch Logs; empty if it does, or is the app's."""
    own = name.lstrip("\\").removeprefix(OWN_FORMATTERS)
    if own == name.lstrip("\\") and "\\\\" not in name:
        return ""
    if own in OF_MANY_LINES:
        return SettingCause(
            FORMATTER,
            f"{FORMATTER} of the {task} task is {own}, which spreads a stack trace over many lines:"
            f" CloudWatch Logs makes an event of each; write {OWN_FORMATTERS}JsonFormatter",
        )
    if own not in FORMATTERS:
        return SettingCause(
            FORMATTER,
            f"{FORMATTER} of the {task} task is {name}, which Monolog does not have: Laravel logs"
            f" to its emergency log alone; write {OWN_FORMATTERS}JsonFormatter",
        )
    return ""


@as_read
@needs_definitions
@pytest.mark.read_only
def test_every_container_has_a_log_configuration(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    for task, definition in task_definitions.items():
        for container in definition["containerDefinitions"]:
            expect(
                # A side-car that may end, such as an agent, often keeps no log on purpose.
                not container.get("essential", True)
                or (container.get("logConfiguration") or {}).get("logDriver"),
                f"the container {container['name']} of the {task} task has no logConfiguration",
                cause=f"the {task} task's definition has no logConfiguration: on Fargate all of"
                " its output is lost",
                certain=True,
            )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_container_health_checks_notice_an_error(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    for task, definition in task_definitions.items():
        for container in definition["containerDefinitions"]:
            command = (container.get("healthCheck") or {}).get("command") or ()
            expect(
                not takes_any_status(command),
                f"the health check of {container['name']} in the {task} task is {command[-1:]}",
                cause=f"the {task} task's container health check runs curl without -f: it takes an"
                " answer of 500 for health",
                certain=True,
            )


def takes_any_status(command: Sequence[str]) -> bool:
    """Whether a health check runs curl, and neither curl nor a program after it judges the status.

    Source: https://curl.se/docs/manpage.html#-f.
    """
    for call in _CURL.finditer(" ".join(command)):
        is_judged = _JUDGES.search(call["options"]) or call["next"] == "|"
        if not is_judged:
            return True
    return False


@pytest.mark.truth(
    local=proved,
    aws=not_covered("nothing is put over the image's files there"),
    url=not_covered("nothing is put over the image's files there"),
)
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_image_ca_bundle_trusts_amazon_roots(
    access: Access, containers: Containers, web_tier: WebTier
) -> None:
    image = containers.image_of(min(web_tier.running()))
    for path in access.overlay["files"]:
        problem = ca_bundle.problem(path, containers.file_of_image(image.id, path))
        expect(not problem, problem, cause=problem, certain=True)
