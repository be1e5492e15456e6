"""The evidence of a red queue or scheduler scenario, and the cause that is drawn from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis import background_collectors
from harness.diagnosis.evidence import EvidenceSources
from harness.diagnosis.scope import Scope
from harness.standins.contract import RefusedCall
from harness.target.access import Access
from harness.target.clients import emulator
from harness.target.resources import ecs
from harness.target.resources.ecs import PROVOKED_BY_HARNESS as PROVOKED
from tests.unit.pages import Paged

NOW = datetime.now(UTC)
ACCESS = Access(
    public_url="https://tickets.example",
    cluster="tickets",
    services={"web": "tickets-web", "worker": "tickets-worker"},
    resources={"scheduler": "tickets-scheduler"},
)


def stopped(name: str, **changed: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:r:a:task/tickets/{name}",
        "taskDefinitionArn": "arn:aws:ecs:r:a:task-definition/t:3",
        "stoppingAt": NOW,
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "exitCode": 1}],
        **changed,
    }


class FakeEcs(Paged):
    """Two kinds of tasks behind the web tier."""

    def __init__(self, **tasks: list[dict[str, Any]]) -> None:
        self.tasks = tasks

    def list_tasks(self, **given: Any) -> dict[str, Any]:
        name = given.get("serviceName") or given["family"]
        tasks = self.tasks.get(name.removeprefix("tickets-"), [])
        return {"taskArns": [task["taskArn"] for task in tasks]}

    def describe_tasks(self, **given: Any) -> dict[str, Any]:
        every = [task for kind in self.tasks.values() for task in kind]
        names = {arn.rpartition("/")[2] for arn in given["tasks"]}
        return {"tasks": [task for task in every if task["taskArn"].rpartition("/")[2] in names]}


def target(ecs: FakeEcs, *, since: datetime = NOW - timedelta(minutes=1)) -> EvidenceSources:
    web: Any = SimpleNamespace(ecs=ecs)
    return EvidenceSources(ACCESS, Scope(since), web=web, clients={"secretsmanager": FakeSecrets()})


def lines(**tasks: list[dict[str, Any]]) -> list[str]:
    return [str(task) for task in background_collectors.stopped_tasks(target(FakeEcs(**tasks)))]


def test_a_worker_and_a_tick_that_failed_are_shown_with_their_ends() -> None:
    failed = stopped("b", stopCode="TaskFailedToStart", stoppedReason="no key", containers=[])
    assert lines(worker=[stopped("a")], scheduler=[failed]) == [
        "worker task a (t:3); EssentialContainerExited: Essential container in task exited;"
        " app: exit code 1",
        "scheduler task b (t:3); TaskFailedToStart: no key",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"startedBy": ecs.STARTED_BY_HARNESS},
        {"stopCode": "UserInitiated"},
        {"containers": [{"name": "app", "exitCode": 0}]},
        {"stoppingAt": NOW - timedelta(hours=1)},
    ],
    ids=["a scenario's own", "told to stop", "done", "old"],
)
def test_a_task_that_did_not_fail_is_not_shown(changed: dict[str, Any]) -> None:
    assert lines(scheduler=[stopped("a", **changed)]) == []


def test_a_workers_end_is_shown_with_its_reason_and_also_when_it_was_a_good_one() -> None:
    killed = [{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: killed"}]
    done = [{"name": "app", "exitCode": 0}]
    group = "service:tickets-worker"
    both = [
        stopped("a", group=group, containers=killed),
        stopped("b", group=group, containers=done),
    ]
    assert [line.rpartition("; ")[2] for line in lines(worker=both)] == [
        "app: exit code 137 OutOfMemoryError: killed",
        "app: exit code 0",
    ]


class FakeSecrets:
    """One secret, with one key."""

    class exceptions:  # noqa: N801 - as boto3 has it
        ResourceNotFoundException = KeyError
        InvalidRequestException = ValueError

    def get_secret_value(self, **given: Any) -> dict[str, str]:
        return {"SecretString": '{"password": "x"}'}


def test_the_secret_of_a_tick_that_did_not_start_is_named() -> None:
    failed = stopped("a", stopCode="TaskFailedToStart", startedBy="events-rule/x")
    ecs = FakeEcs(scheduler=[{**failed, "taskDefinitionArn": "tickets-scheduler:1"}])
    arn = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"
    container = {"name": "app", "secrets": [{"name": "A", "valueFrom": f"{arn}:pasword::"}]}
    definition = {"taskDefinitionArn": "x/tickets-scheduler:1", "containerDefinitions": [container]}
    ecs.describe_task_definition = lambda **options: {"taskDefinition": definition}  # type: ignore[attr-defined]
    (secret,) = background_collectors.secrets(target(ecs))
    assert (secret.group, secret.secret, secret.fault) == (
        "scheduler",
        "tickets/db",
        "has no key pasword; its keys: password",
    )
    later = NOW + timedelta(seconds=1)
    assert not list(background_collectors.secrets(target(ecs, since=later)))


@pytest.mark.parametrize(
    ("command", "overlay", "read"),
    [
        (["php", "artisan", "queue:work", "--tries=3"], {}, ("sqs: https://b/1/jobs",)),
        (["queue:work", "--queue=high,low"], {}, ("sqs: https://b/1/high", "sqs: https://b/1/low")),
        (["artisan", "queue:work", "database"], {}, ("database: jobs",)),
        (["artisan", "queue:work", "sqs"], {"SQS_PREFIX": "http://c/1"}, ("sqs: http://c/1/jobs",)),
    ],
)
def test_the_way_of_a_job_is_read_from_both_definitions(
    command: list[str], overlay: dict[str, str], read: tuple[str, ...]
) -> None:
    def container(prefix: str, *words: str) -> dict[str, Any]:
        values = {"QUEUE_CONNECTION": "sqs", "SQS_PREFIX": prefix, "SQS_QUEUE": "jobs"}
        environment = [{"name": name, "value": value} for name, value in values.items()]
        return {"name": "app", "environment": environment, "command": list(words)}

    fake: Any = FakeEcs(worker=[{**stopped("a"), "lastStatus": "RUNNING"}])
    fake.describe_services = lambda **_: {"services": [{"taskDefinition": "t:3"}]}
    containers = [{"name": "log-router"}, container("https://b/1/", *command)]
    worker = {"family": "tickets-worker", "containerDefinitions": containers}
    fake.describe_task_definition = lambda **_: {"taskDefinition": worker}
    web: Any = SimpleNamespace(ecs=fake, container=lambda: container("https://a/1"))
    access = replace(
        ACCESS,
        worker="worker",
        php_containers={"tickets-worker": "app"},
        overlay={"environment": overlay},
    )
    (path,) = background_collectors.job_path(EvidenceSources(access, Scope(NOW), web=web))
    prefix = overlay.get("SQS_PREFIX", "https://a/1")
    assert (path.written, path.read, path.workers) == (f"sqs: {prefix}/jobs", read, 1)


def test_rights_that_tasks_in_scope_lacked_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(task: str, *, at: datetime = NOW) -> RefusedCall:
        return RefusedCall(task, "role", "s3:GetObject", "arn", at.isoformat())

    tasks = {
        "web": [stopped("in-scope", taskDefinitionArn="a:task-definition/shop-web:1")],
        "worker": [
            stopped("other", taskDefinitionArn="a:task-definition/shop-worker:1"),
            stopped("ours", taskDefinitionArn="a:task-definition/shop-web:1", startedBy=PROVOKED),
        ],
    }
    calls = [
        call("in-scope"),
        call("in-scope", at=NOW - timedelta(hours=1)),
        call("other"),
        call("ours"),
        call("unknown"),
    ]
    monkeypatch.setattr(emulator, "refused_calls", lambda _url: calls)
    sources = replace(
        target(FakeEcs(**tasks)), scope=Scope(NOW - timedelta(minutes=1), frozenset({"web"}))
    )
    sources.__dict__["families"] = {"shop-web": "web", "shop-worker": "worker"}
    (right,) = background_collectors.missing_rights(sources)
    assert (right.group, right.task, right.action) == ("web", "in-scope", "s3:GetObject")
