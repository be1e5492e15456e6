"""Task definitions: their values, and the exact words when one is wrong."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition, fargate_memory_mib
from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    ValueFromError,
    parse_value_from,
    require_version_id,
)
from harness.core.errors import ConfigError
from harness.inputs.document import read_json
from harness.inputs.files import task_definitions

SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"
WEB: dict[str, Any] = {
    "family": "tickets-web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": "arn:aws:iam::876000000876:role/tickets-execution",
    "taskRoleArn": "arn:aws:iam::876000000876:role/tickets-web-task",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "876000000876.dkr.ecr.us-east-1.amazonaws.com/tickets:2026.11.0",
            "stopTimeout": 40,
            "environment": [{"name": "APP_ENV", "value": "production"}],
            "secrets": [{"name": "DB_USERNAME", "valueFrom": f"{SECRET}:username::"}],
        }
    ],
}

Change = Callable[[dict[str, Any]], None]


def written(tmp_path: Path, change: Change) -> Path:
    raw = copy.deepcopy(WEB)
    change(raw)
    path = tmp_path / "web.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def load(path: Path) -> TaskDefinition:
    return task_definitions.read(read_json(path))


def app(raw: dict[str, Any]) -> dict[str, Any]:
    container = raw["containerDefinitions"][0]
    assert isinstance(container, dict)
    return container


def test_load_gives_typed_access_and_keeps_the_raw_input(tmp_path: Path) -> None:
    definition = load(written(tmp_path, lambda raw: None))

    assert definition.raw == WEB
    assert definition.source == str(tmp_path / "web.json")
    assert (definition.family, definition.cpu_units, definition.memory_mib) == (
        "tickets-web",
        512,
        1024,
    )
    assert definition.task_role_arn.endswith("role/tickets-web-task")
    container = definition.container("app")
    assert container.essential
    assert container.stop_timeout_s == 40
    assert container.environment == {"APP_ENV": "production"}
    assert container.secrets == {"DB_USERNAME": f"{SECRET}:username::"}
    assert container.health_check is None


def test_stop_timeout_is_fargates_default_when_not_said() -> None:
    assert (
        TaskDefinition({"containerDefinitions": [{"name": "a"}]}).container("a").stop_timeout_s
        == 30
    )


def test_units_may_be_written_out(tmp_path: Path) -> None:
    path = written(tmp_path, lambda raw: raw.update(cpu=".5 vCPU", memory="2 GB"))

    definition = load(path)
    assert (definition.cpu_units, definition.memory_mib) == (512, 2048)


@pytest.mark.parametrize(
    ("cpu", "first", "last", "count"),
    [(256, 512, 2048, 3), (1024, 2048, 8192, 7), (8192, 16384, 61440, 12), (500, 0, 0, 0)],
)
def test_fargate_memory(cpu: int, first: int, last: int, count: int) -> None:
    valid = fargate_memory_mib(cpu)

    assert len(valid) == count
    if valid:
        assert (valid[0], valid[-1]) == (first, last)


WRONG: list[tuple[str, Change, str, str]] = [
    (
        "number as value",
        lambda raw: app(raw)["environment"].append({"name": "DB_PORT", "value": 3306}),
        "containerDefinitions[0].environment[1].value is a number, and must be a string"
        " (variable DB_PORT)",
        "put it in quotes (ecs RegisterTaskDefinition)",
    ),
    (
        "boolean as value",
        lambda raw: app(raw)["environment"].append({"name": "APP_DEBUG", "value": False}),
        "containerDefinitions[0].environment[1].value is a boolean, and must be a string"
        " (variable APP_DEBUG)",
        "put it in quotes (ecs RegisterTaskDefinition)",
    ),
    (
        "value missing",
        lambda raw: app(raw)["environment"].append({"name": "APP_DEBUG"}),
        "containerDefinitions[0].environment[1].value is missing (variable APP_DEBUG)",
        "add the key value",
    ),
    (
        "variable twice",
        lambda raw: app(raw)["environment"].append({"name": "DB_USERNAME", "value": "x"}),
        'containerDefinitions[0].secrets[0].name repeats the variable "DB_USERNAME" of'
        " containerDefinitions[0].environment[1].name",
        "keep one of the two; a variable is set either in environment or in secrets",
    ),
    (
        "memory that Fargate lacks",
        lambda raw: raw.update(memory="512"),
        'memory is "512", which Fargate does not offer with cpu 512',
        "with cpu 512 Fargate offers memory 1024, 2048, 3072, 4096",
    ),
    (
        "cpu that Fargate lacks",
        lambda raw: raw.update(cpu="300"),
        'cpu is "300", which Fargate does not offer',
        "Fargate offers cpu 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    (
        "cpu missing",
        lambda raw: raw.pop("cpu"),
        "cpu is missing",
        "Fargate needs a task cpu, one of 256, 512, 1024, 2048, 4096, 8192, 16384, as a string",
    ),
    (
        "memory as a number",
        lambda raw: raw.update(memory=1024),
        "memory is a number, and must be a string",
        "put it in quotes (ecs RegisterTaskDefinition)",
    ),
    (
        "bridge network",
        lambda raw: raw.update(networkMode="bridge"),
        'networkMode is "bridge"; Fargate knows only awsvpc',
        'set "networkMode": "awsvpc"',
    ),
    (
        "for EC2 only",
        lambda raw: raw.update(requiresCompatibilities=["EC2"]),
        'requiresCompatibilities is ["EC2"], without FARGATE',
        'set "requiresCompatibilities": ["FARGATE"]',
    ),
    (
        "no execution role",
        lambda raw: raw.pop("executionRoleArn"),
        "executionRoleArn is missing, and a container has secrets",
        "ECS fetches secrets with the execution role; name it by ARN",
    ),
    (
        "no containers",
        lambda raw: raw.update(containerDefinitions=[]),
        "containerDefinitions is missing or empty",
        "it is a list with at least one container",
    ),
    (
        "nothing essential",
        lambda raw: app(raw).update(essential=False),
        "containerDefinitions has no essential container",
        'at least one container needs "essential": true',
    ),
    (
        "no image",
        lambda raw: app(raw).pop("image"),
        "containerDefinitions[0].image is missing",
        "each container needs its image",
    ),
    (
        "name twice",
        lambda raw: raw["containerDefinitions"].append(dict(app(raw))),
        'containerDefinitions[1].name repeats the name "app"',
        "container names are unique within a task definition",
    ),
    (
        "name as valueFrom",
        lambda raw: app(raw)["secrets"][0].update(valueFrom="tickets/db"),
        'containerDefinitions[0].secrets[0].valueFrom is "tickets/db", which is no name of an SSM'
        " parameter (variable DB_USERNAME)",
        "write the name of an SSM parameter, its ARN, or arn:aws:secretsmanager:REGION:ACCOUNT"
        ":secret:NAME-SUFFIX, or the same followed by"
        " :JSON-KEY:VERSION-STAGE:VERSION-ID with all three colons",
    ),
    (
        "one colon too many",
        lambda raw: app(raw)["secrets"][0].update(valueFrom=f"{SECRET}:username:::"),
        f'containerDefinitions[0].secrets[0].valueFrom is "{SECRET}:username:::", with 4 parts'
        " after the secret where ECS wants none or three: json-key, version-stage, version-id"
        " (variable DB_USERNAME)",
        "write arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX, or the same followed by"
        " :JSON-KEY:VERSION-STAGE:VERSION-ID with all three colons",
    ),
    (
        "a variable with a sign of equality in its name",
        lambda raw: app(raw).update(environment=[{"name": "A=B", "value": "1"}]),
        'containerDefinitions[0].environment[0].name is "A=B", which is no name of a variable: no'
        " process has it",
        "name the variable",
    ),
    (
        "a relative directory",
        lambda raw: app(raw).update(workingDirectory="app"),
        'containerDefinitions[0].workingDirectory is "app", and must be absolute: the container'
        " would not start",
        'write "/app", or the like',
    ),
    (
        "an empty program",
        lambda raw: app(raw).update(command=[""]),
        "containerDefinitions[0].command begins with an empty word: the container would not start",
        "write the program, or leave it out",
    ),
]


@pytest.mark.parametrize(
    ("change", "said", "hint"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_wrong_definition_is_named_with_its_remedy(
    tmp_path: Path, change: Change, said: str, hint: str
) -> None:
    path = written(tmp_path, change)

    with pytest.raises(ConfigError) as caught:
        load(path)

    key = said.split(" ", 1)[0]
    assert caught.value.what == f"{path}: {said}"
    assert caught.value.where in (f"{path}:1: {key}", f"{path}: {key}")
    assert caught.value.hint == hint


C = "containerDefinitions[0]"
AWSLOGS = {
    "awslogs-group": "/ecs/tickets-web",
    "awslogs-region": "us-east-1",
    "awslogs-stream-prefix": "web",
}

LONG = {"prefix": "stream-prefix"}


def log(driver: str = "awslogs", **options: Any) -> dict[str, Any]:
    settings = {
        **AWSLOGS,
        **{f"awslogs-{LONG.get(name, name)}": value for name, value in options.items()},
    }
    log_options = {name: value for name, value in settings.items() if value is not None}
    return {"logConfiguration": {"logDriver": driver, "options": log_options}}


def check(**changed: Any) -> dict[str, Any]:
    return {"healthCheck": {"command": ["CMD", "true"], **changed}}


def needs(name: str, condition: str) -> dict[str, Any]:
    return {"dependsOn": [{"containerName": name, "condition": condition}]}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"stopTimeout": 180}, f"{C}.stopTimeout is 180, and must be from 2 to 120"),
    (
        {"environment": [{"name": "DB_CONNECTION", "value": "pgsql"}]},
        f'{C}.environment[0].value is "pgsql", and a rehearsal has MySQL only',
    ),
    (
        {"environment": [{"name": "QUEUE_CONNECTION", "value": "sqs "}]},
        f'{C}.environment[0].value is "sqs ", and Laravel takes the space at an end for a part of'
        " it (QUEUE_CONNECTION)",
    ),
    (
        {"environment": [{"name": "MAIL_FROM_NAME", "value": "${APP_NAME}"}]},
        f"{C}.environment[0].value has ${{APP_NAME}}, which ECS hands to the app as it is"
        " (MAIL_FROM_NAME)",
    ),
    (
        {"environment": [{"name": "A", "value": "x-{{resolve:ssm:/shop/a}}"}]},
        f"{C}.environment[0].value has {{{{resolve:ssm:/shop/a}}}}, which ECS hands to the app",
    ),
    ({"image": "<IMAGE1_NAME>"}, f'{C}.image is "<IMAGE1_NAME>", and ECS refuses such a name'),
    ({"image": "https://ghcr.io/a/b:1"}, f'{C}.image is "https://ghcr.io/a/b:1", and the name'),
    ({"image": "ghcr.io/A/b:1"}, f'{C}.image is "ghcr.io/A/b:1", which is no name of an image'),
    ({"name": "my app"}, f'{C}.name is "my app"'),
    ({"secrets": [{"name": "A=B", "valueFrom": "p"}]}, f'{C}.secrets[0].name is "A=B", which is'),
    (
        {"environment": [{"name": "${NAME}", "value": "p"}]},
        f'{C}.environment[0].name is "${{NAME}}", which is no name of a variable',
    ),
    (log(group="/ecs/we b"), f'{C}.logConfiguration.options.awslogs-group is "/ecs/we b"'),
    (log(prefix="a:b"), f'{C}.logConfiguration.options.awslogs-stream-prefix is "a:b"'),
    ({"stopTimeout": 1}, f"{C}.stopTimeout is 1, and must be from 2 to 120"),
    ({"stopTimeout": "40"}, f"{C}.stopTimeout is a string, and must be a whole number"),
    (
        check(command=["CMD", "curl -f localhost || exit 1"]),
        f"{C}.healthCheck.command is in the exec form (CMD) and written for a shell",
    ),
    (
        check(command=["CMD", "curl", "-f", "localhost", "||", "exit", "1"]),
        f"{C}.healthCheck.command is in the exec form (CMD) and written for a shell",
    ),
    (check(interval=1), f"{C}.healthCheck.interval is 1, and must be from 5 to 300"),
    (check(timeout=1), f"{C}.healthCheck.timeout is 1, and must be from 2 to 60"),
    (check(retries=11), f"{C}.healthCheck.retries is 11, and must be from 1 to 10"),
    (check(startPeriod=301), f"{C}.healthCheck.startPeriod is 301, and must be from 0 to 300"),
    (check(command=["curl", "x"]), f"{C}.healthCheck.command is not a list of strings"),
    (check(command="CMD-SHELL x"), f"{C}.healthCheck.command is a string, and must be a list"),
    (check(command=["CMD"]), f"{C}.healthCheck.command is not a list of strings"),
    ({"healthCheck": []}, f"{C}.healthCheck is a list, and must be an object"),
    (
        {"portMappings": [{"containerPort": 8080, "hostPort": 80}]},
        f"{C}.portMappings[0].hostPort is 80, and the containerPort 8080",
    ),
    ({"portMappings": [{}]}, f"{C}.portMappings[0].containerPort is missing"),
    (
        {"portMappings": [{"containerPort": 80800, "hostPort": 80}]},
        f"{C}.portMappings[0].containerPort is 80800, and must be from 1 to 65535",
    ),
    ({"portMappings": [8080]}, f"{C}.portMappings[0] is a number, and must be an object"),
    ({"portMappings": {"containerPort": 80}}, f"{C}.portMappings is an object, and must be a list"),
    (log("json-file"), f'{C}.logConfiguration.logDriver is "json-file"; Fargate knows awslogs'),
    ({"logConfiguration": {}}, f"{C}.logConfiguration.logDriver is missing"),
    (log(group=None), f"{C}.logConfiguration.options.awslogs-group is missing"),
    (log(region=None), f"{C}.logConfiguration.options.awslogs-region is missing"),
    (
        log(prefix=None),
        f"{C}.logConfiguration.options.awslogs-stream-prefix is missing",
    ),
    (
        log(region=1),
        f"{C}.logConfiguration.options.awslogs-region is a number, and must be a string",
    ),
    (
        log(**{"create-group": "false"}),
        f'{C}.logConfiguration.options.awslogs-create-group is "false", which ECS, or the log'
        " driver, refuses",
    ),
    (
        log(log_key="log"),
        f"{C}.logConfiguration.options.awslogs-log_key is no option of awslogs: ECS refuses the"
        " task definition",
    ),
    (
        log(**{"datetime-format": "%Y", "multiline-pattern": "^Y"}),
        f"{C}.logConfiguration.options.awslogs-multiline-pattern is set, and awslogs-datetime-",
    ),
    (
        {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "1"}}},
        f"{C}.logConfiguration.options.splunk-url is missing, and on Fargate splunk cannot do",
    ),
    (
        {
            "logConfiguration": {
                "logDriver": "splunk",
                "options": {"splunk-url": "https://splunk.876events.example:8088"},
                "secretOptions": [{"name": "splunk-token", "valueFrom": "arn:aws:s3:::a"}],
            }
        },
        f'{C}.logConfiguration.secretOptions[0].valueFrom is "arn:aws:s3:::a"',
    ),
    (needs("init", "START"), f'{C}.dependsOn[0].containerName is "init", and no container has'),
    (needs("app", "READY"), f'{C}.dependsOn[0].condition is "READY", which ECS does not know'),
    (needs("app", "HEALTHY"), f'{C}.dependsOn[0].condition is HEALTHY, and the container "app"'),
    (needs("app", "SUCCESS"), f'{C}.dependsOn[0].condition is SUCCESS, and the container "app"'),
    (needs("app", "START"), "containerDefinitions wait for each other in dependsOn: app -> app"),
    (
        {"mountPoints": [{"sourceVolume": "code", "containerPath": "/srv"}]},
        f'{C}.mountPoints[0].sourceVolume is "code", and the task has no such volume',
    ),
    (
        {"volumesFrom": [{"sourceContainer": "php"}]},
        f'{C}.volumesFrom[0].sourceContainer is "php", and the task has no such container',
    ),
]


@pytest.mark.parametrize(("changed", "said"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_fargate_refuses_in_a_container_is_named(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, lambda raw: app(raw).update(changed))

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}: {said}")
    assert caught.value.where.endswith(f": {said.split(' ', 1)[0]}")
    assert caught.value.hint


@pytest.mark.parametrize(
    "changed",
    [
        {"stopTimeout": 120},
        check(interval=5, timeout=60, retries=10, startPeriod=0),
        {"portMappings": [{"containerPort": 8080, "hostPort": 8080}]},
        {"portMappings": [{"containerPort": 8080, "hostPort": 0}]},
        {"portMappings": [{"containerPortRange": "8080-8090"}]},
        {"environment": [{"name": "APP_NAME", "value": "Shop "}, {"name": "A", "value": "$a{b}"}]},
        log(),
        log(endpoint="https://logs.example", **{"create-group": "true"}),
        {**log("awsfirelens", group=None), "firelensConfiguration": {"type": "fluentbit"}},
        {},
    ],
)
def test_what_fargate_takes_is_taken(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert load(written(tmp_path, lambda raw: app(raw).update(changed))).family == "tickets-web"


def test_a_placeholder_in_a_task_definition_is_named(tmp_path: Path) -> None:
    shell = ["sh", "-c", "exec php-fpm ${OPTIONS}"]
    assert load(written(tmp_path, lambda raw: app(raw).update(command=shell)))
    with pytest.raises(ConfigError, match=re.escape('taskRoleArn is "${ROLE}"')):
        load(written(tmp_path, lambda raw: raw.update(taskRoleArn="${ROLE}")))


@pytest.mark.parametrize("path", ["data", "./data"])
def test_a_mount_at_no_absolute_path_is_named(tmp_path: Path, path: str) -> None:
    def mount(raw: dict[str, Any]) -> None:
        raw["volumes"] = [{"name": "data"}]
        app(raw)["mountPoints"] = [{"sourceVolume": "data", "containerPath": path}]

    with pytest.raises(ConfigError, match=rf'containerPath is "{path}", and must be absolute'):
        load(written(tmp_path, mount))


def test_a_family_that_ecs_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='family is "shop web!"'):
        load(written(tmp_path, lambda raw: raw.update(family="shop web!")))


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.29-alpine",
        "localhost:5000/a/b_c__d.e-f:V1",
        f"876000000876.dkr.ecr.us-east-1.amazonaws.com/a/b@sha256:{'0' * 64}",
        f"ghcr.io/a/b:1@sha256:{'a' * 64}",
    ],
)
def test_names_of_images_are_taken(tmp_path: Path, image: str) -> None:
    assert load(written(tmp_path, lambda raw: app(raw).update(image=image)))


def test_a_secret_without_a_source_is_named(tmp_path: Path) -> None:
    secrets = [{"name": "STRIPE_KEY", "valueFrom": ""}]
    with pytest.raises(ConfigError, match=r"secrets\[0\].valueFrom is empty"):
        load(written(tmp_path, lambda raw: app(raw).update(secrets=secrets)))


@pytest.mark.parametrize("field", ["environment", "secrets"])
def test_a_variable_without_a_name_is_named(tmp_path: Path, field: str) -> None:
    item = {"name": "", "value": "x"} if field == "environment" else {"name": " ", "valueFrom": "p"}
    with pytest.raises(ConfigError, match=rf"{field}\[0\].name is empty"):
        load(written(tmp_path, lambda raw: app(raw).update({field: [item]})))


@pytest.mark.parametrize(
    ("tail", "json_key", "stage", "version_id"),
    [
        ("", "", "", ""),
        (":username::", "username", "", ""),
        ("::AWSPREVIOUS:", "", "AWSPREVIOUS", ""),
        (":::0123456789abcdef0123456789abcdef", "", "", "0123456789abcdef0123456789abcdef"),
        (":username:AWSPREVIOUS:", "username", "AWSPREVIOUS", ""),
        (":username::0123456789abcdef0123456789abcdef", "username", "", "0123456789abcdef" * 2),
    ],
)
def test_each_form_of_value_from(tail: str, json_key: str, stage: str, version_id: str) -> None:
    assert parse_value_from(SECRET + tail) == SecretReference(
        arn=SECRET,
        region="us-east-1",
        account="876000000876",
        name="tickets/db",
        json_key=json_key,
        version_stage=stage,
        version_id=version_id,
    )


@pytest.mark.parametrize(
    ("text", "names", "region"),
    [
        ("app-key", ("app-key",), ""),
        ("/shop/app-key", ("/shop/app-key",), ""),
        ("arn:aws:ssm:eu-west-1:876000000876:parameter/shop/key", ("/shop/key",), "eu-west-1"),
        ("arn:aws:ssm:eu-west-1:876000000876:parameter/key", ("key", "/key"), "eu-west-1"),
    ],
)
def test_value_from_of_a_parameter(text: str, names: tuple[str, ...], region: str) -> None:
    reference = parse_value_from(text)
    assert isinstance(reference, ParameterReference)
    assert (reference.text, reference.names, reference.region) == (text, names, region)
    assert reference.resource == f"parameter/{names[0].removeprefix('/')}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SECRET}:username", "with 1 parts after the secret"),
        (f"{SECRET}:username:", "with 2 parts after the secret"),
        (f"{SECRET}:u:AWSCURRENT:0123", "with both a version stage and a version id"),
        ("arn:aws:s3:::bucket", "which is not the ARN of a secret"),
        (SECRET.replace("us-east-1", "useast"), '"useast" is not a region'),
        (SECRET.replace("876000000876", "876"), '"876" is not a 12-digit account id'),
        ("arn:aws:ssm:us-east-1:876000000876:document/x", "not the ARN of an SSM parameter"),
        ("arn:aws:ssm:us-east-1:876:parameter/x", '"876" is not a 12-digit account id'),
        ("arn:aws:ssm:us-east-1:876000000876:parameter//shop/x", 'two slashes after "parameter"'),
        ("", "no name of an SSM parameter"),
    ],
)
def test_value_from_that_ecs_would_misread(text: str, said: str) -> None:
    with pytest.raises(ValueFromError) as caught:
        parse_value_from(text)

    assert said in caught.value.message
    assert caught.value.hint


def test_a_stage_in_the_place_of_a_version_id_is_named() -> None:
    reference = parse_value_from(f"{SECRET}:u::AWSCURRENT")
    assert isinstance(reference, SecretReference)
    with pytest.raises(ValueFromError, match='"AWSCURRENT" stands for a version id') as caught:
        require_version_id(reference)
    assert f"{SECRET}:u:AWSCURRENT:" in caught.value.hint
