"""Secrets reach the tasks as ECS passes them on, and a bad one stops a release and not the shop."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.images.inspect.secrets import SECRET_NAME
from harness.report import emulated, not_covered, proved
from harness.target.resources.deployment import Rollout
from harness.target.resources.ecs import find_tasks, task_id
from harness.target.resources.secret_faults import Rotation, SecretTrials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import Containers, ExecResult
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.deployment import Progress
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Differences

FROM_ELSEWHERE = ("DB_HOST", "DB_DATABASE")
ANSWERS_FROM_NEW_TASKS = 6
FINGERPRINT = [
    "php",
    "-r",
    "echo substr(hash_hmac('sha256', getenv('APP_KEY'), 'cutover-probe'), 0, 16);",
]

NOT_THERE = not_covered("its task definitions and secrets cannot be read from outside")
as_control = emulated("control fetches secrets as ECS's agent does, from an emulated service")
on_aws = pytest.mark.truth(local=as_control, aws=proved, url=NOT_THERE)


@dataclass(frozen=True)
class Defect:
    """One way in which a secret can be wrong."""

    name: str
    text: str
    """SecretString of the bad version."""
    words: str
    """What ECS says of it."""
    cause: str
    """What the harness says of it."""


MISSING_KEY = Defect(
    name="a missing key",
    text='{"username": "tickets"}',
    words="did not contain json key password",
    cause='the web task never started: secret key "password" is missing in {secret}',
)
PLAIN_STRING = Defect(
    name="a plain string",
    text="tickets:a-password",
    words="invalid character",
    cause="the web task never started: the secret {secret}, from which it takes the key"
    ' "password", is not a JSON object',
)


@pytest.fixture
def rollout(access: Access, ecs: Any) -> Iterator[Rollout]:
    """Give deployments of the web service; nothing of them is left."""
    made = Rollout(access, ecs=ecs, service=access.services["web"])
    yield made
    made.put_back()


@pytest.fixture
def trials(access: Access, aws: Callable[[str], Any], web_tier: WebTier) -> Iterator[SecretTrials]:
    """Give bad versions and doomed copies of the database secret; nothing of them is left."""
    made = SecretTrials(
        aws("secretsmanager"),
        name=access.secrets["db"],
        iam=aws("iam"),
        reader=web_tier.definition().get("executionRoleArn", "").rpartition("/")[2],
    )
    yield made
    made.remove()


@pytest.fixture
def rotation(
    access: Access, aws: Callable[[str], Any], containers: Containers, release: Callable[[], None]
) -> Iterator[Rotation]:
    """Give a rotation of the database secret; one that did not finish is taken back."""
    made = Rotation(
        aws("secretsmanager"),
        name=access.secrets["db"],
        schema=access.database,
        sql=containers.sql,
    )
    yield made
    if made.take_back():
        release()


@pytest.fixture
def release(
    access: Access, ecs: Any, eventually: Callable[..., Any], differences: Differences
) -> Iterator[Callable[[], None]]:
    """Force a new deployment of every service, as a rotation's last step does."""
    rollouts = {
        kind: Rollout(access, ecs=ecs, service=name) for kind, name in access.services.items()
    }

    def run() -> None:
        for one in rollouts.values():
            one.begin()

    yield run
    # Every scenario begins with healthy web tasks; of the others it expects that they stay.
    others = [one for kind, one in rollouts.items() if kind != "web"]
    eventually(
        lambda: [one.service for one in others if not one.is_settled()],
        until=lambda unsettled: not unsettled,
        what="Not every service settled on its new tasks",
        within_s=differences.replacement_s,
    )


@pytest.fixture
def refused(
    rollout: Rollout,
    visitor: Browser,
    web_tier: WebTier,
    access: Access,
    eventually: Callable[..., Any],
) -> Callable[..., Progress]:
    """Release with DB_PASSWORD from elsewhere, which must be refused while visitors are served."""

    def run(reference: Callable[[str], str]) -> Progress:
        # ECS rolls back to the last deployment that has ended, and so not to one under way.
        eventually(
            rollout.is_settled,
            until=bool,
            what="An earlier deployment of the web service did not end",
            within_s=web_tier.settled_within_s(),
        )
        old, answers = web_tier.running(), []

        def point(definition: dict[str, Any]) -> None:
            for one in definition["containerDefinitions"][0].get("secrets", ()):
                if (
                    f":secret:{access.secrets['db']}-" in one["valueFrom"]
                    and "pass" in one["valueFrom"]
                ):
                    one["valueFrom"] = reference(":".join(one["valueFrom"].split(":")[:7]))

        def ask() -> Progress:
            answers.append(visitor.get("/login").status_code)
            return rollout.progress()

        rollout.begin(rollout.revise(point))
        seen: Progress = eventually(
            ask,
            until=lambda found: found.started or found.stuck or (found.refusals and found.replaced),
            what="The release was neither refused nor rolled back",
            within_s=web_tier.settled_within_s(),
        )
        assert not seen.started, "a task started although its secret is bad"
        assert not seen.stuck, "The release was refused, and was not rolled back"
        reason = seen.refusals[0].rstrip(".")
        assert any(reason in said for said in seen.events), (
            f"the service's events do not say why no task starts: {seen.events}"
        )
        assert set(answers) == {200}, f"visitors saw {sorted(set(answers))} during the release"
        assert web_tier.running() == old, "the old tasks did not stay"
        return seen

    return run


@pytest.fixture
def definitions(task_definitions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the app's container in each task definition."""
    return {kind: one["containerDefinitions"][0] for kind, one in task_definitions.items()}


def strict_json(text: str) -> Any:
    """Parse JSON as the strictest reader does: no constants of JavaScript, no key twice."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"the keys {sorted(twice)} are there twice"
        return dict(found)

    def constant(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


@on_aws
@pytest.mark.requires("ecs", "secrets")
@pytest.mark.read_only
def test_the_database_secret_is_strict_json_and_the_app_takes_nothing_but_the_account_from_it(
    definitions: dict[str, dict[str, Any]], access: Access, aws: Callable[[str], Any]
) -> None:
    name = access.secrets["db"]
    text = aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        keys = strict_json(text)
    except ValueError as error:
        raise AssertionError(f"the secret {name} is not JSON: {type(error).__name__}") from None
    assert isinstance(keys, dict), f"the secret {name} is not a JSON object"
    for key in ("username", "password"):
        value = keys.get(key)
        assert isinstance(value, str), f"the secret {name} has no text under the key {key}"
        assert value == value.strip() != "", f"the key {key} of {name} is empty or has blanks"
    for kind, container in definitions.items():
        taken = {
            one["valueFrom"].split(":")[7]
            for one in container.get("secrets", ())
            if f":secret:{name}-" in one["valueFrom"]
        }
        assert taken == {"username", "password"}, (
            f"the {kind} task takes {sorted(taken)} from {name}, and should take the account only"
        )
        plain = {one["name"] for one in container.get("environment", ())}
        missing = [one for one in FROM_ELSEWHERE if one not in plain]
        assert not missing, f"the {kind} task has no {', '.join(missing)} in its environment"


@on_aws
@pytest.mark.requires("ecs", "secrets")
@pytest.mark.read_only
def test_no_secret_is_a_plain_variable_of_a_task_definition(
    definitions: dict[str, dict[str, Any]], access: Access, secret: Callable[[str], dict[str, str]]
) -> None:
    values = {
        value
        for short in access.secrets
        for key, value in secret(short).items()
        if key != "username"
    }
    for kind, container in definitions.items():
        for one in container["environment"]:
            name = one["name"]
            assert not SECRET_NAME.search(name), (
                f"the {kind} task definition has the secret {name} as a plain variable"
            )
            assert one["value"] not in values, (
                f"the {kind} task definition has the secret value of {name} as a plain variable"
            )


@pytest.mark.truth(local=as_control, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_app_key_is_the_same_in_every_web_task(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    here = probe.facts()
    assert here["app_key_fingerprint"], f"APP_KEY is missing in task {here['task']}"
    there = ask_another_task(probe.facts, than=here["task"])
    assert there["app_key_fingerprint"] == here["app_key_fingerprint"], (
        f"APP_KEY differs between the tasks {here['task']} and {there['task']}"
    )


@on_aws
@pytest.mark.requires("ecs", "exec", "secrets")
@pytest.mark.read_only
def test_app_key_is_the_secrets_in_the_tasks_of_every_service(
    access: Access,
    ecs: Any,
    run_in_task: Callable[..., ExecResult],
    secret: Callable[[str], dict[str, str]],
) -> None:
    key = secret("app")["app_key"]
    expected = hmac.new(b"cutover-probe", key.encode(), hashlib.sha256).hexdigest()[:16]
    for kind, service in access.services.items():
        running = find_tasks(ecs, cluster=access.cluster, serviceName=service)
        assert running, f"no {kind} task runs"
        for one in running:
            task = task_id(one["taskArn"])
            seen = run_in_task(FINGERPRINT, task=task).stdout
            assert seen == expected, f"APP_KEY of the {kind} task {task} is not the secret's"


@on_aws
@pytest.mark.requires("http", "ecs", "elb", "secrets")
@pytest.mark.mutates(alone=True)
@pytest.mark.parametrize("defect", [MISSING_KEY, PLAIN_STRING], ids=lambda one: one.name)
def test_a_release_with_a_bad_secret_never_starts_and_the_old_tasks_keep_serving(
    defect: Defect,
    trials: SecretTrials,
    refused: Callable[..., Progress],
    explain: Callable[[], str],
    access: Access,
) -> None:
    stage = trials.version(defect.text)
    seen = refused(lambda arn: f"{arn}:password:{stage}:")
    assert defect.words in seen.refusals[0], f"ECS says of the secret: {seen.refusals[0]}"
    assert explain() == defect.cause.format(secret=access.secrets["db"])


@pytest.mark.truth(
    local=as_control,
    aws=not_covered("the execution role may read no copy, and the secret itself is the proxy's"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "ecs", "elb", "secrets")
@pytest.mark.mutates(alone=True)
def test_a_release_with_a_secret_that_is_to_be_deleted_never_starts_and_the_old_tasks_keep_serving(
    trials: SecretTrials, refused: Callable[..., Progress], explain: Callable[[], str]
) -> None:
    copy = trials.doomed_copy()
    seen = refused(lambda _: f"{copy}:password::")
    assert "marked for deletion" in seen.refusals[0], f"ECS says: {seen.refusals[0]}"
    name = copy.split(":secret:")[1].rsplit("-", 1)[0]
    assert explain() == (
        f"the web task never started: the secret {name}, from which it takes the key"
        ' "password", is scheduled for deletion'
    )


@pytest.mark.truth(
    local=emulated(
        "MySQL Router passes sign-ins on; RDS Proxy must have the other user's secret first"
    ),
    aws=not_covered("the database's accounts are changed by the rotation function there"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "secrets", "containers", "sql")
@pytest.mark.mutates(alone=4)
def test_a_rotated_password_is_in_new_tasks_only_and_no_request_fails_in_the_right_order(
    probe: ProbeClient,
    web_tier: WebTier,
    rotation: Rotation,
    release: Callable[[], None],
    ask_another_task: Callable[..., dict[str, Any]],
    eventually: Callable[..., Any],
) -> None:
    running = web_tier.running()
    old, new = rotation.begin()
    here = probe.database()
    for told in (here, ask_another_task(probe.database, than=here["task"])):
        user = account(told)
        assert user == old, f"task {told['task']} runs since before the rotation, and uses {user}"
    release()
    answers = [here] * ANSWERS_FROM_NEW_TASKS

    def ask() -> list[dict[str, Any]]:
        answers.append(probe.database())
        return answers[-ANSWERS_FROM_NEW_TASKS:]

    eventually(
        ask,
        until=lambda told: all(one["task"] not in running for one in told),
        what="A forced new deployment did not replace the tasks",
        within_s=web_tier.steady_within_s(),
    )
    used = {account(told) for told in answers if told["task"] not in running}
    assert used == {new}, f"tasks that started after the rotation use {used}, and not {new}"
    rotation.finish()


def account(told: dict[str, Any]) -> str:
    """Return the name of the account that the server sees."""
    return str(told["user"]).partition("@")[0]
