"""Queues, as SQS takes them, and those that the app's worker and its mails need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.inputs.files.queues import dead_letter_queue, redrive_allow_policy, redrive_policy
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_QUEUE_NAME = re.compile(r"[\w-]{1,80}|[\w-]{1,75}\.fifo", flags=re.ASCII)
_QUEUE_RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}
_QUEUE_VALUES: Mapping[str, tuple[str, ...]] = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_OF_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_OF_SQS = (
    *("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"),
    *("ApproximateNumberOfMessagesNotVisible", "CreatedTimestamp", "LastModifiedTimestamp"),
    "QueueArn",
)
"""Attributes that SQS tells, and nobody sets."""
_RECEIVE_COUNT = (1, 1000)


def attributes(production: Production) -> Iterator[Problem]:
    """Names and attributes of SQS queues.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    file = production.resources.get("queues")
    if file is None:
        return
    kinds: dict[str, bool] = {}
    inputs = file.inputs_of("CreateQueue")
    sources: dict[str, list[str]] = {}
    for queue in inputs:
        sources.setdefault(dead_letter_queue(queue), []).append(str(queue["QueueName"]))
    for number, queue in enumerate(inputs):
        name, attributes = str(queue["QueueName"]), queue.get("Attributes") or {}
        fifo = str(attributes.get("FifoQueue", "false")).lower() == "true"
        kinds[name] = fifo
        faults = (
            *_of_attributes(name, attributes, fifo=fifo),
            *_of_redrive_policy(queue, fifo=fifo, kinds=kinds),
            *_of_redrive_permission(queue, sources=sources.get(name, ())),
        )
        for key, message, hint in faults:
            place = production.files["resources.queues"]
            yield Problem(f"CreateQueue[{number}]{key}", message, hint, file=place)


def _of_attributes(
    name: str, attributes: Mapping[str, Any], *, fifo: bool
) -> Iterator[tuple[str, str, str]]:
    if not _QUEUE_NAME.fullmatch(name) or name.endswith(".fifo") != fifo:
        yield (
            ".QueueName",
            f'is "{name}"' + (", and FifoQueue is true" if fifo else ""),
            "write up to 80 letters, digits, hyphens and underscores; .fifo at the end of a FIFO"
            " queue's name, and of no other",
        )
    for key, (least, most) in _QUEUE_RANGES.items():
        value = str(attributes.get(key, least))
        if not value.isdigit() or not least <= int(value) <= most:
            yield f".Attributes.{key}", f'is "{value}"', f'write "{least}" to "{most}"'
    for key in attributes:
        if key in _OF_SQS:
            message = "is an attribute that SQS tells, and CreateQueue refuses"
            yield f".Attributes.{key}", message, "leave it out"
        elif key in _OF_FIFO and not fifo:
            message = "is for FIFO queues, and SQS refuses it for others"
            yield f".Attributes.{key}", message, "leave it out"
    for key, choices in _QUEUE_VALUES.items():
        value = str(attributes.get(key, choices[0]))
        if value.lower() not in map(str.lower, choices):
            yield (
                f".Attributes.{key}",
                f'is "{value}"',
                "write " + " or ".join(f'"{choice}"' for choice in choices),
            )
    own = str(attributes.get("SqsManagedSseEnabled", "false")).lower() == "true"
    if own and attributes.get("KmsMasterKeyId"):
        yield (
            ".Attributes.KmsMasterKeyId",
            'is set, and SqsManagedSseEnabled is "true": SQS takes one encryption at a time',
            'leave KmsMasterKeyId out, or write SqsManagedSseEnabled "false"',
        )


def _of_redrive_policy(
    queue: Mapping[str, Any], *, fifo: bool, kinds: Mapping[str, bool]
) -> Iterator[tuple[str, str, str]]:
    policy = redrive_policy(queue)
    if not policy:
        if (queue.get("Attributes") or {}).get("RedrivePolicy"):
            hint = "name deadLetterTargetArn and maxReceiveCount, or leave it out"
            yield ".Attributes.RedrivePolicy", "is empty: SQS refuses it", hint
        return
    count = str(policy.get("maxReceiveCount", ""))
    least, most = _RECEIVE_COUNT
    if not count.isdigit() or not least <= int(count) <= most:
        yield (
            ".Attributes.RedrivePolicy.maxReceiveCount",
            f'is "{count}"',
            f"write {least} to {most}",
        )
    dead = dead_letter_queue(queue)
    if dead in kinds and kinds[dead] != fifo:
        yield (
            ".Attributes.RedrivePolicy.deadLetterTargetArn",
            f"names {dead}: the dead-letter queue of a {'FIFO' if fifo else 'standard'} queue"
            " must be one too",
            "name a queue of the same type",
        )


def _of_redrive_permission(
    queue: Mapping[str, Any], *, sources: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the reasons for which this queue takes no dead letters of those that name it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    policy = redrive_allow_policy(queue)
    permission = policy.get("redrivePermission", "allowAll")
    names = {str(arn).rpartition(":")[2] for arn in policy.get("sourceQueueArns") or ()}
    for source in sources:
        if permission == "denyAll" or (permission == "byQueue" and source not in names):
            yield (
                ".Attributes.RedriveAllowPolicy",
                f"says {permission}, and is the dead-letter queue of {source}: SQS refuses the"
                " RedrivePolicy of that queue",
                f"allow it: redrivePermission byQueue, and the ARN of {source} in sourceQueueArns",
            )


def of_worker(production: Production) -> Iterator[Problem]:
    """A worker that takes its jobs from SQS has a queue."""
    if not production.worker or "resources.queues" in production.files:
        return
    definition = production.services[production.worker].definition
    for place, name, value in definition.variables:
        if (name, value) == ("QUEUE_CONNECTION", "sqs"):
            yield Problem(
                place,
                f'is "sqs" (QUEUE_CONNECTION), so that the service {production.worker} takes'
                " its jobs from SQS, and no queue is configured",
                "set resources.queues to the file with CreateQueue's input",
                file=definition.source,
            )


def mail_events(production: Production) -> Iterator[Problem]:
    """The events of mails have a queue of their own, and a receipt rule has one beside it."""
    name = production.config.mail_events_queue
    if production.mail_receipt and not name:
        yield Problem(
            "aws.mail_receipt_rule",
            "is set, and aws.mail_events_queue is not: a mail is known by its events",
            "make a queue for SES's events, and name it in aws.mail_events_queue (docs/aws.md)",
            file=str(production.config.file),
        )
    if not name or production.web not in production.services:
        return
    names = production.resource_names
    for key, noun in (("queue", "jobs"), ("dead_letter_queue", "dead jobs")):
        if name == names.get(key):
            yield Problem(
                "aws.mail_events_queue",
                f'is "{name}", the queue of the app\'s {noun}: a replay would hide them',
                "make a queue for SES's events, and name it here (docs/aws.md)",
                file=str(production.config.file),
            )


CHECKS = (
    attributes,
    of_worker,
    mail_events,
)
