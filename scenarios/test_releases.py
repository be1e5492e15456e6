"""Releases without downtime: one with an invalid secret, the way back, a rotation of a secret."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.clients.http import GATEWAY_CAUSES, status_cause
from harness.target.resources.deployment import Deployment
from harness.target.resources.ecs import services_of
from harness.target.resources.secret_faults import Rotation, SecretFaults
from harness.target.resources.web_tier import target_groups
from scenarios.deployment_settings import (
    WHOLE,
    answer_without_downtime,
    breaker_cause,
    downtime_cause,
    minimum_healthy,
)
from scenarios.jobs import stopping_cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.aws.value_from import SecretReference
    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.deployment import Progress
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Differences

ANSWERS_FROM_NEW_TASKS = 6
BAD_GATEWAY = 502
NOT_THERE = not_covered("its task definitions and secrets cannot be read from outside")
as_control = emulated("control fetches secrets as ECS's agent does, from an emulated service")
on_aws = pytest.mark.truth(local=as_control, aws=proved, url=NOT_THERE)


@dataclass(frozen=True)
class Defect:
    """One way in which a secret can be wrong."""

    name: str
    text: str
    """SecretString of the bad version."""
    reason: str
    """Part of the stoppedReason that ECS gives for it; ``{key}`` is the JSON key."""


MISSING_KEY = Defect(
    name="a missing key",
    text='{"another": "value"}',
    reason="did not contain json key {key}",
)
PLAIN_STRING = Defect(
    name="a plain string",
    text="app:a-password",
    reason="invalid character",
)


@pytest.fixture
def deployment(web_tier: WebTier) -> Iterator[Deployment]:
    """Deployments of the web service, restored after the scenario."""
    web = Deployment(web_tier)
    yield web
    web.restore()


def _keyed_secret(access: Access) -> tuple[str, SecretReference]:
    assert access.keyed_secret, "a scenario that requires json_key ran without one"
    return access.keyed_secret


@pytest.fixture
def secret_faults(
    access: Access, aws: Callable[[str], Any], web_tier: WebTier
) -> Iterator[SecretFaults]:
    """Invalid versions and copies of a secret of the web task, removed after the scenario."""
    _, reference = _keyed_secret(access)
    faults = SecretFaults(
        aws("secretsmanager"),
        name=reference.name,
        iam=aws("iam"),
        reader=web_tier.definition().get("executionRoleArn", "").rpartition("/")[2],
    )
    yield faults
    faults.remove()


@pytest.fixture
def rotation(
    access: Access, aws: Callable[[str], Any], containers: Containers, release: Callable[[], None]
) -> Iterator[Rotation]:
    """A rotation of the database secret; an unfinished one is rolled back."""
    database = Rotation(
        aws("secretsmanager"),
        name=access.secrets["db"],
        schema=access.database,
        sql=containers.sql,
    )
    yield database
    if database.roll_back():
        release()


@pytest.fixture
def release(
    access: Access,
    ecs: Any,
    aws: Callable[[str], Any],
    eventually: Callable[..., Any],
    differences: Differences,
) -> Iterator[Callable[[], None]]:
    """Force a new deployment of every service, as a rotation's last step does."""
    services = services_of(access, ecs=ecs)

    def run() -> None:
        for service in services.values():
            service.replace_all()

    yield run
    # The plugin waits for the web tasks before each scenario, and for no other service's.
    rest = [service for kind, service in services.items() if kind != access.web]
    groups = {service.name: target_groups(service, elbv2=aws("elbv2")) for service in rest}
    drained_s = [
        group.healthy_within_s() + group.drains_for_s()
        for service_groups in groups.values()
        for group in service_groups
    ]
    eventually(
        lambda: [service.name for service in rest if not service.is_stable()],
        until=lambda unsettled: not unsettled,
        what="Not every service settled on its new tasks",
        within_s=differences.task_replacement_timeout_s + max(drained_s, default=0),
        cause=lambda _: stopping_cause(service for service in rest if not groups[service.name]),
    )


@dataclass(frozen=True)
class FailedRelease:
    """A release that should fail, and its effect on visitors and on the old tasks."""

    progress: Progress
    statuses: set[int]
    """HTTP statuses of the public page during the release."""
    keeps_tasks: bool
    """Whether the old tasks ran on."""
    refusal: str = ""
    """The cause of an answer that is none of a deployment's; empty where there was none."""

    @property
    def page_cause(self) -> str:
        """The cause of answers that the old tasks gave while they ran on."""
        if not self.keeps_tasks:
            return ""
        # nginx has a 502 of its own, too, for which no process need have stopped.
        own = self.statuses & {*GATEWAY_CAUSES} - {BAD_GATEWAY}
        gateway = next((GATEWAY_CAUSES[status] for status in own), "")
        return (
            self.refusal
            or gateway
            or (
                f"the tasks that ran on answered {sorted(self.statuses)} themselves: the public"
                " page fails now and then, with the release or without it"
            )
        )


@pytest.fixture
def attempt_release(
    deployment: Deployment,
    visitor: Browser,
    web_tier: WebTier,
    access: Access,
    public_page: str,
    eventually: Callable[..., Any],
) -> Callable[[Callable[[SecretReference], str]], FailedRelease]:
    """Release with another valueFrom for a variable, and wait until ECS has rolled back."""
    controller = (web_tier.describe().get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        pytest.skip(f"not covered: {controller} makes the releases, and rolls them back")
    variable, secret = _keyed_secret(access)

    def run(reference: Callable[[SecretReference], str]) -> FailedRelease:
        # ECS rolls back to the last deployment that has ended, so an earlier one must end first.
        eventually(
            web_tier.is_stable,
            until=bool,
            what="An earlier deployment of the web service did not end",
            within_s=web_tier.settled_within_s(),
        )
        old, statuses, refusals = web_tier.running(), set[int](), set[str]()

        def ask() -> Progress:
            answer = visitor.get(public_page, follow=True)
            statuses.add(answer.status_code)
            refusals.add(status_cause(answer))
            return deployment.progress()

        definition = deployment.revise(
            partial(replace_value_from, variable=variable, value_from=reference(secret))
        )
        deployment.begin(definition)
        progress: Progress = eventually(
            ask,
            until=lambda it: it.started or it.stuck or (it.refusals and it.replaced),
            what="The release neither failed nor was rolled back",
            within_s=web_tier.settled_within_s(),
            cause=lambda _: breaker_cause(web_tier.describe()),
            certain=True,
        )
        keeps_tasks, refusal = web_tier.running() == old, max(refusals)
        return FailedRelease(progress, statuses, keeps_tasks=keeps_tasks, refusal=refusal)

    return run


def replace_value_from(definition: dict[str, Any], *, variable: str, value_from: str) -> None:
    """Give a variable another valueFrom in every container that takes it from a secret."""
    for container in definition["containerDefinitions"]:
        for entry in container.get("secrets", ()):
            if entry["name"] == variable:
                entry["valueFrom"] = value_from


def expect_rollback(release: FailedRelease, web_tier: WebTier) -> None:
    """Check that ECS rolled the release back, said why, and kept the old tasks in service."""
    progress = release.progress
    assert not progress.started, "a task started although its secret is invalid"
    expect(
        not progress.stuck,
        "The release failed and was not rolled back",
        cause=breaker_cause(web_tier.describe()),
        certain=True,
    )
    reason = progress.refusals[0].rstrip(".")
    assert any(reason in event for event in progress.events), (
        f"the service's events do not give the reason, {reason}: {progress.events}"
    )
    # A service that may stop a part of its tasks is served by the others.
    keeps = release.keeps_tasks or minimum_healthy(web_tier.describe()) < WHOLE
    expect(
        release.statuses == {200} and keeps,
        f"the old tasks {'ran on' if release.keeps_tasks else 'stopped'}, and visitors got"
        f" {sorted(release.statuses)} during the release",
        cause=downtime_cause(web_tier.describe(), release.statuses) or release.page_cause,
        certain=True,
    )


@on_aws
@pytest.mark.requires("http", "ecs", "elb", "secrets", "json_key")
@pytest.mark.mutates(exclusive=True)
@pytest.mark.parametrize("defect", [MISSING_KEY, PLAIN_STRING], ids=lambda defect: defect.name)
def test_release_fails_on_invalid_secret(
    defect: Defect,
    access: Access,
    secret_faults: SecretFaults,
    attempt_release: Callable[[Callable[[SecretReference], str]], FailedRelease],
    web_tier: WebTier,
    observe: Callable[..., None],
) -> None:
    stage = secret_faults.version(defect.text)
    release = attempt_release(lambda secret: f"{secret.arn}:{secret.json_key}:{stage}:")
    expect_rollback(release, web_tier)
    reason = release.progress.refusals[0]
    observe("stoppedReason", text=reason)
    observe("statuses", set=release.statuses)
    _, reference = _keyed_secret(access)
    assert defect.reason.format(key=reference.json_key) in reason, f"stoppedReason: {reason}"


@pytest.mark.truth(
    local=as_control,
    aws=not_covered("the execution role may read no copy, and the secret itself is the proxy's"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "ecs", "elb", "secrets", "json_key")
@pytest.mark.mutates(exclusive=True)
def test_release_fails_when_secret_is_scheduled_for_deletion(
    secret_faults: SecretFaults,
    attempt_release: Callable[[Callable[[SecretReference], str]], FailedRelease],
    web_tier: WebTier,
    observe: Callable[..., None],
) -> None:
    copy = secret_faults.copy_scheduled_for_deletion()
    release = attempt_release(lambda secret: f"{copy}:{secret.json_key}::")
    expect_rollback(release, web_tier)
    reason = release.progress.refusals[0]
    observe("stoppedReason", text=reason)
    assert "marked for deletion" in reason, f"stoppedReason: {reason}"


@pytest.mark.truth(
    local=emulated("control replaces tasks as ECS does, and nginx sends visitors to healthy ones"),
    aws=proved,
    url=NOT_THERE,
)
@pytest.mark.requires("http", "ecs", "elb")
@pytest.mark.mutates(exclusive=True)
def test_return_to_the_former_revision_fails_no_request(
    deployment: Deployment,
    visitor: Browser,
    web_tier: WebTier,
    public_page: str,
    eventually: Callable[..., Any],
) -> None:
    former = web_tier.describe()["taskDefinition"]
    statuses, refusals = set[int](), set[str]()

    def ask(old: set[str]) -> bool:
        answer = visitor.get(public_page, follow=True)
        statuses.add(answer.status_code)
        refusals.add(status_cause(answer))
        return web_tier.is_stable() and not web_tier.running() & old

    for definition in (deployment.revise(add_variable), former):
        old = web_tier.running()
        deployment.begin(definition)
        eventually(
            partial(ask, old),
            until=bool,
            what="A deployment did not replace the tasks of the web service",
            within_s=web_tier.settled_within_s(),
        )
    expect(
        statuses == {200},
        f"visitors got {sorted(statuses)} while the service went to a revision and back",
        cause=downtime_cause(web_tier.describe(), statuses) or max(refusals),
        certain=True,
    )
    assert web_tier.describe()["taskDefinition"] == former


def add_variable(definition: dict[str, Any]) -> None:
    """Add a variable that no app reads, so that a revision differs from the one before it."""
    for container in definition["containerDefinitions"]:
        container.setdefault("environment", []).append({"name": "CUTOVER_REVISION", "value": "1"})


@pytest.mark.truth(
    local=emulated(
        "MySQL Router passes sign-ins on; RDS Proxy must have the other user's secret first"
    ),
    aws=not_covered("the database's accounts are changed by the rotation function there"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "secrets", "db_account", "containers", "sql")
@pytest.mark.mutates(exclusive=True, order=4)
def test_secret_rotation_without_downtime(
    probe: ProbeClient,
    web_tier: WebTier,
    rotation: Rotation,
    release: Callable[[], None],
    ask_tasks: Callable[..., list[dict[str, Any]]],
    eventually: Callable[..., Any],
) -> None:
    running = web_tier.running()
    old, new = rotation.begin()
    before, *_ = at_first = ask_tasks(probe.database)
    for facts in at_first:
        user = account(facts)
        assert user == old, f"task {facts['task']} started before the rotation, and uses {user}"
    release()
    answers = [before] * ANSWERS_FROM_NEW_TASKS

    def ask() -> list[dict[str, Any]]:
        answers.append(answer_without_downtime(probe.database, web_tier))
        return answers[-ANSWERS_FROM_NEW_TASKS:]

    eventually(
        ask,
        until=lambda latest: all(facts["task"] not in running for facts in latest),
        what="A forced new deployment did not replace the tasks",
        within_s=web_tier.steady_within_s(),
    )
    used = {account(facts) for facts in answers if facts["task"] not in running}
    expect(
        used == {new},
        f"tasks that started after the rotation use {used}, and not {new}",
        cause="new tasks do not take the user name from the secret, and a rotation changes it with"
        " the password",
        certain=True,
    )
    rotation.finish()


def account(facts: dict[str, Any]) -> str:
    """Return the name of the account that the server reports."""
    return str(facts["user"]).partition("@")[0]
