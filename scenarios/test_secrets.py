"""Secrets reach tasks as ECS injects them, and nothing else holds them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.aws.value_from import SecretReference, parse_value_from
from harness.diagnosis.expect import SettingCause, expect
from harness.images.inspect.secret_names import is_plain_secret
from harness.report import emulated, not_covered, proved
from harness.target.resources.ecs import find_tasks, php_container, task_id
from scenarios.checks import STALE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult

FROM_ELSEWHERE = ("DB_HOST", "DB_DATABASE")
FINGERPRINT = r"""
$keys = [(string) getenv('APP_KEY')];
if ($keys[0] !== '') {
    // What the entrypoint has set besides, and what it has cached.
    preg_match('/(?:^|\0)APP_KEY=([^\0]*)/', (string) @file_get_contents('/proc/1/environ'), $own);
    $keys[] = $own[1] ?? $keys[0];
    try {
        $cached = @include 'bootstrap/cache/config.php';
        $keys[] = $cached['app']['key'] ?? $keys[0];
    } catch (Throwable) {
    }
}
$print = fn (string $key) => substr(hash_hmac('sha256', $key, 'cutover-probe'), 0, 16);
echo implode(' ', array_unique(array_map($print, $keys)));
"""
"""PHP that prints a hash of each APP_KEY that a task has."""

NOT_THERE = not_covered("its task definitions and secrets cannot be read from outside")
as_control = emulated("control fetches secrets as ECS's agent does, from an emulated service")
on_aws = pytest.mark.truth(local=as_control, aws=proved, url=NOT_THERE)


@pytest.fixture
def definitions(
    task_definitions: dict[str, dict[str, Any]], access: Access
) -> dict[str, dict[str, Any]]:
    """Laravel's container in each task definition."""
    return {
        task: php_container(definition, access=access)
        for task, definition in task_definitions.items()
    }


def strict_json(text: str) -> Any:
    """Parse JSON as the strictest reader does: no JavaScript constants, no duplicate keys.

    Raises:
        ValueError: It is not strict JSON.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in items]
        if len(set(names)) < len(names):
            raise ValueError("duplicate keys")
        return dict(items)

    def constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


def account_problem(text: str) -> str:
    """Return why a SecretString is no database account; empty if it is one."""
    try:
        keys = strict_json(text)
    except ValueError as error:
        # Its words may quote the secret.
        return f"is not JSON ({type(error).__name__})"
    if not isinstance(keys, dict):
        return "is not a JSON object"
    for key in ("username", "password"):
        value = keys.get(key)
        if not isinstance(value, str):
            return f"has no string under the key {key}"
        if not value or value != value.strip():
            return f"has an empty {key}, or blanks around it"
    return ""


@on_aws
@pytest.mark.requires("ecs", "secrets", "db_account")
@pytest.mark.read_only
def test_database_secret_holds_only_the_account(
    definitions: dict[str, dict[str, Any]], access: Access, aws: Callable[[str], Any]
) -> None:
    name = access.secrets["db"]
    problem = account_problem(aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    expect(
        not problem,
        f"the secret {name} {problem}",
        cause=f"the secret {name} is not strict JSON with username and password, which ECS and RDS"
        " Proxy both need",
        certain=True,
    )
    for task, container in definitions.items():
        references = [
            parse_value_from(entry["valueFrom"]) for entry in container.get("secrets", ())
        ]
        keys = {
            reference.json_key
            for reference in references
            if isinstance(reference, SecretReference) and reference.name == name
        }
        lacking = ", ".join(sorted({"username", "password"} - keys))
        expect(
            not lacking,
            f"the {task} task takes {sorted(keys)} from {name}",
            cause=f"the {task} task's definition does not take {lacking} from {name}: a rotation"
            " changes both, and the task would keep the old one",
            certain=True,
        )
        variables = {
            entry["name"]
            for kind in ("environment", "secrets")
            for entry in container.get(kind) or ()
        }
        # A file of a bucket may have them; its text is not the definition's.
        names = () if container.get("environmentFiles") else FROM_ELSEWHERE
        missing = ", ".join(name for name in names if name not in variables)
        expect(
            not missing,
            f"the {task} task's definition does not set {missing}",
            cause=f"{missing} must be a variable of the {task} task's definition: a secret that RDS"
            " manages holds the account only",
            certain=True,
        )


@on_aws
@pytest.mark.requires("ecs", "secrets")
@pytest.mark.read_only
def test_no_secret_is_a_plain_variable(
    task_definitions: dict[str, dict[str, Any]], secret_texts: dict[str, str]
) -> None:
    values = set(secret_texts.values())
    plain = [
        (task, entry["name"], entry["value"])
        for task, definition in task_definitions.items()
        for container in definition["containerDefinitions"]
        for entry in container.get("environment", ())
    ]
    assert task_definitions, "there is no task definition"
    for task, name, value in plain:
        expect(
            not is_plain_secret(name, value) and value not in values,
            f"the {task} task's definition holds the secret {name} as a plain variable",
            cause=SettingCause(
                name,
                f"{name} is among the plain variables of a task definition, where everyone"
                " who may describe it can read it: name it under secrets",
            ),
            certain=True,
        )


@pytest.mark.truth(local=as_control, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_app_key_is_the_same_in_every_web_task(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    first = probe.facts()
    assert first["app_key_fingerprint"], f"APP_KEY is missing in task {first['task']}"
    second = ask_another_task(probe.facts, than=first["task"])
    expect(
        second["app_key_fingerprint"] == first["app_key_fingerprint"],
        f"APP_KEY differs between the tasks {first['task']} and {second['task']}",
        cause=STALE_KEY,
        certain=True,
    )


@on_aws
@pytest.mark.requires("ecs", "exec", "secrets")
@pytest.mark.read_only
def test_app_key_is_the_secrets_in_every_service(
    access: Access,
    ecs: Any,
    run_in_task: Callable[..., ExecResult],
    app_key: str,
) -> None:
    expected = hmac.new(b"cutover-probe", app_key.encode(), hashlib.sha256).hexdigest()[:16]
    for kind, service in access.services.items():
        running = find_tasks(ecs, cluster=access.cluster, serviceName=service)
        assert running, f"no {kind} task runs"
        for task in (task_id(entry["taskArn"]) for entry in running):
            expect(
                run_in_task(["php", "-r", FINGERPRINT], task=task).stdout == expected,
                f"APP_KEY of the {kind} task {task} is not the secret's",
                cause=STALE_KEY,
                certain=True,
            )
