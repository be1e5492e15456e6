"""What a red queue or scheduler scenario shows, and the cause that is drawn from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.diagnosis import background_evidence
from harness.diagnosis.causes import likely_cause
from harness.target.access import Access
from harness.target.resources import ecs
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
        found = self.tasks.get(name.removeprefix("tickets-"), [])
        return {"taskArns": [one["taskArn"] for one in found]}

    def describe_tasks(self, **given: Any) -> dict[str, Any]:
        every = [one for kind in self.tasks.values() for one in kind]
        return {"tasks": [one for one in every if one["taskArn"] in given["tasks"]]}


def lines(**tasks: list[dict[str, Any]]) -> list[str]:
    since = NOW - timedelta(minutes=1)
    return list(background_evidence.stopped_lines(ACCESS, ecs=FakeEcs(**tasks), since=since))


def test_a_worker_and_a_tick_that_failed_are_shown_with_their_ends() -> None:
    failed = stopped("b", stopCode="TaskFailedToStart", stoppedReason="no key", containers=[])
    assert lines(worker=[stopped("a")], scheduler=[failed]) == [
        "worker task a EssentialContainerExited: Essential container in task exited;"
        " app: exit code 1",
        "scheduler task b TaskFailedToStart: no key",
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
    both = [stopped("a", containers=killed), stopped("b", containers=done)]
    assert [one.partition("; ")[2] for one in lines(worker=both)] == [
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
    ecs.describe_task_definition = lambda **given: {"taskDefinition": definition}  # type: ignore[attr-defined]
    client, since = FakeSecrets(), NOW - timedelta(minutes=1)
    found = list(background_evidence.secret_lines(ACCESS, ecs=ecs, client=client, since=since))
    cause = likely_cause(["retrieved secret did not contain json key pasword", *found])
    assert 'secret key "pasword" is missing in tickets/db' in (cause or "")
    assert not list(background_evidence.secret_lines(ACCESS, ecs=ecs, client=client, since=NOW))


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        (
            "the visibility time-out is 30 s and the job time-out 90 s: a job that takes longer",
            "the queue's visibility time-out (30 s) is not longer than queue:work's --timeout",
        ),
        ("tries=8 is more than maxReceiveCount=5: jobs", "--tries (8) is more than the queue's"),
        (
            "the queue keeps a message for 60 s, and a job that is delayed and delivered again may"
            " wait for 1500 s: SQS",
            "the queue's MessageRetentionPeriod (60 s) is shorter than a job may wait (1500 s)",
        ),
        (
            "the dead-letter queue keeps a message for 60 s and the queue for 345600 s: its age",
            "the dead-letter queue's MessageRetentionPeriod (60 s) is shorter than the queue's",
        ),
        (
            "stopTimeout is 30 s, and a long poll and the longest job take 95 s: a deployment",
            "the worker's stopTimeout (30 s) is shorter",
        ),
        (
            "of 12 jobs some ran in what is no worker: 0123, 4567",
            "something besides the workers takes jobs off the queue: 0123, 4567",
        ),
        ("two ticks came within 0.1 s:", "PutTargets was called again"),
        (
            "schedule:run is run by another than the rule's tasks: a task of service:tickets-web"
            " (0123), a task of service:tickets-web (4567)",
            "the tasks of tickets-web run the scheduler too",
        ),
        (
            "schedule:run is run by another than the rule's tasks: what is no task of the"
            " cluster (no task id)",
            "runs the scheduler: what is no task of the cluster (no task id)",
        ),
        (
            "no tick came for 120 s:\nWARNING rule tickets-schedule: tick abc of 2026: RunTask:"
            " ClientException: TaskDefinition not found.",
            "the rule tickets-schedule cannot run its task: TaskDefinition not found.",
        ),
        (
            "An error occurred (ClientException) when calling the RunTask operation:"
            " TaskDefinition not found.",
            "the rule's target names a task definition, or a revision of it,",
        ),
        ("no tick came for 120 s:", "the rule started no task for 120 s"),
        (
            "release-expired-holds ran 2 times in 2026-11-23T04:28:00.000000Z, in one minute",
            "CACHE_STORE is not shared by the scheduler's tasks",
        ),
        ("job 01abc was not done, within 60 s. The last answer: {'runs': []}", "no worker took"),
        (
            "job 01abc was not done, within 60 s. The last answer: {'runs': [{'outcome': None}]}",
            "a worker died in the middle of the job",
        ),
        ("the job in flight did not finish before its worker stopped", "the worker was killed"),
    ],
)
def test_the_cause_is_named(seen: str, cause: str) -> None:
    assert cause in (likely_cause([seen]) or "")


def test_an_engine_that_hangs_is_not_taken_for_a_wrong_command() -> None:
    said = (
        "web task abc TaskFailedToStart: CannotStartContainerError: Error response from daemon:"
        " UnixHTTPConnectionPool(host='localhost', port=None): Read timed out. (read timeout=60)"
    )
    assert (likely_cause([said]) or "").startswith("the Docker engine does not answer")
