"""Queues that SQS refuses, or that are another's, and their harmless neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.checks import queues
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import with_resource


def keys(app: Production) -> list[str]:
    return edits.keys(queues.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


def with_queues(app: Production, directory: Path, *given: dict[str, Any]) -> Production:
    return with_resource(app, directory / "queues.json", {"CreateQueue": list(given)})


def redrive(dead: str, count: int) -> dict[str, Any]:
    arn = f"arn:aws:sqs:us-east-1:876000000876:{dead}"
    return {"RedrivePolicy": {"deadLetterTargetArn": arn, "maxReceiveCount": count}}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"QueueName": "jobs.new"}, ".QueueName"),
        ({"QueueName": "jobs.fifo"}, ".QueueName"),
        ({"QueueName": "jobs", "Attributes": {"FifoQueue": "true"}}, ".QueueName"),
        ({"QueueName": "j" * 81}, ".QueueName"),
        ({"QueueName": "jobs", "Attributes": {"VisibilityTimeout": "50000"}}, "VisibilityTimeout"),
        ({"QueueName": "jobs", "Attributes": {"DelaySeconds": "901"}}, "DelaySeconds"),
        ({"QueueName": "jobs", "Attributes": redrive("dead", 0)}, "maxReceiveCount"),
        ({"QueueName": "jobs", "Attributes": {"RedrivePolicy": "{}"}}, "RedrivePolicy"),
        ({"QueueName": "jobs", "Attributes": {"QueueArn": "arn"}}, "QueueArn"),
        (
            {"QueueName": "jobs", "Attributes": {"FifoThroughputLimit": "perQueue"}},
            "FifoThroughputLimit",
        ),
        (
            {"QueueName": "jobs", "Attributes": {"KmsDataKeyReusePeriodSeconds": "1"}},
            "KmsDataKeyReusePeriodSeconds",
        ),
        ({"QueueName": "jobs", "Attributes": {"SqsManagedSseEnabled": "ENABLED"}}, "SseEnabled"),
        ({"QueueName": "jobs", "Attributes": {"FifoQueue": "no"}}, "FifoQueue"),
        (
            {
                "QueueName": "jobs",
                "Attributes": {"RedrivePolicy": json.dumps(redrive("dead", 0)["RedrivePolicy"])},
            },
            "maxReceiveCount",
        ),
    ],
)
def test_queues_that_sqs_refuses(
    app: Production, tmp_path: Path, given: dict[str, Any], key: str
) -> None:
    names = keys(with_queues(app, tmp_path, {"QueueName": "dead"}, given))
    assert [name.endswith(key) for name in names] == [True]


def test_queues_that_sqs_takes(app: Production, tmp_path: Path) -> None:
    fine = with_queues(
        app,
        tmp_path,
        {"QueueName": "dead.fifo", "Attributes": {"FifoQueue": "true"}},
        {
            "QueueName": "jobs.fifo",
            "Attributes": {
                "FifoQueue": "true",
                "VisibilityTimeout": "0",
                **redrive("dead.fifo", 3),
            },
        },
    )
    assert keys(fine) == []


def allow(permission: str, *sources: str) -> dict[str, Any]:
    arns = [f"arn:aws:sqs:us-east-1:876000000876:{source}" for source in sources]
    policy = {"redrivePermission": permission, **({"sourceQueueArns": arns} if arns else {})}
    return {"RedriveAllowPolicy": json.dumps(policy)}


@pytest.mark.parametrize("permission", [("denyAll",), ("byQueue", "other")])
def test_a_dead_letter_queue_that_takes_no_letters(
    app: Production, tmp_path: Path, permission: tuple[str, ...]
) -> None:
    source = {"QueueName": "jobs", "Attributes": redrive("dead", 3)}
    dead = {"QueueName": "dead", "Attributes": allow(*permission)}
    (problem,) = queues.attributes(with_queues(app, tmp_path, dead, source))
    assert problem.key == "CreateQueue[0].Attributes.RedriveAllowPolicy"
    assert problem.message == (
        f"says {permission[0]}, and is the dead-letter queue of jobs: SQS refuses the RedrivePolicy"
        " of that queue"
    )
    assert problem.hint == (
        "allow it: redrivePermission byQueue, and the ARN of jobs in sourceQueueArns"
    )


@pytest.mark.parametrize("permission", [("allowAll",), ("byQueue", "jobs")])
def test_a_dead_letter_queue_that_takes_them(
    app: Production, tmp_path: Path, permission: tuple[str, ...]
) -> None:
    source = {"QueueName": "jobs", "Attributes": {**redrive("dead", 3), **allow("denyAll")}}
    dead = {"QueueName": "dead", "Attributes": allow(*permission)}
    assert keys(with_queues(app, tmp_path, dead, source)) == []


def test_a_receipt_rule_needs_the_events_of_mails(app: Production) -> None:
    broken = replace(app, config=replace(app.config, mail_events_queue=""))
    assert edits.messages(queues.CHECKS, broken) == [
        "aws.mail_receipt_rule is set, and aws.mail_events_queue is not: a mail is known by its"
        " events"
    ]
    assert edits.messages(queues.CHECKS, replace(broken, mail_receipt=None)) == []


@pytest.mark.parametrize(
    ("name", "noun"), [("tickets-jobs", "jobs"), ("tickets-jobs-dead", "dead jobs")]
)
def test_events_of_mails_have_a_queue_of_their_own(app: Production, name: str, noun: str) -> None:
    broken = replace(app, config=replace(app.config, mail_events_queue=name))
    assert edits.messages(queues.CHECKS, broken) == [
        f'aws.mail_events_queue is "{name}", the queue of the app\'s {noun}: a replay would hide'
        " them"
    ]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "alias/jobs"}, 1),
        ({"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/jobs"}, 0),
        ({"KmsMasterKeyId": "alias/jobs"}, 0),
    ],
)
def test_a_queue_has_one_encryption(
    app: Production, tmp_path: Path, attributes: dict[str, str], found: int
) -> None:
    changed = with_queues(app, tmp_path, {"QueueName": "tickets-jobs", "Attributes": attributes})
    assert keys(changed) == ["CreateQueue[0].Attributes.KmsMasterKeyId"] * found
