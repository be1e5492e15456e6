"""The file of the queues: CreateQueue, a dead-letter queue before the queue that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.inputs.files.api_calls import Call, CallFile, checked, document_in
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.document import Document

_OPERATION = "CreateQueue"


def read(document: Document) -> CallFile:
    """Check the queues' file; a dead-letter queue comes before the queue that names it.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(
        document, (_OPERATION,), api="sqs", needed=_OPERATION, checks=(_of_dead_letter_queues,)
    )


def dead_letter_queue(create_queue: Mapping[str, Any]) -> str:
    """Name of the dead-letter queue in a CreateQueue input; empty when it has none."""
    return str(redrive_policy(create_queue).get("deadLetterTargetArn", "")).rpartition(":")[2]


def redrive_policy(create_queue: Mapping[str, Any]) -> dict[str, Any]:
    """Redrive policy in a CreateQueue input, a document or its text; empty when it has none."""
    return document_in(create_queue.get("Attributes", {}).get("RedrivePolicy"))


def redrive_allow_policy(create_queue: Mapping[str, Any]) -> dict[str, Any]:
    """Redrive allow policy in a CreateQueue input, in either form; empty when it has none."""
    return document_in(create_queue.get("Attributes", {}).get("RedriveAllowPolicy"))


def names(inputs: Sequence[Mapping[str, Any]], *, wanted: str) -> dict[str, str]:
    """Name the jobs' queue, or else one that is no other's dead-letter queue, and its own."""
    dead = {dead_letter_queue(queue) for queue in inputs}
    for queue in sorted(inputs, key=lambda candidate: candidate["QueueName"] != wanted):
        if queue["QueueName"] not in dead:
            own = dead_letter_queue(queue)
            return {"queue": queue["QueueName"], **({"dead_letter_queue": own} if own else {})}
    return {}


def _of_dead_letter_queues(calls: Sequence[Call]) -> Iterator[Problem]:
    queues: set[str] = set()
    for call in calls:
        dead = dead_letter_queue(call.input)
        if dead and dead not in queues:
            yield Problem(
                f"{call.key}.Attributes.RedrivePolicy",
                f"names the queue {dead}, which is not above it",
                "SQS takes a redrive policy only when the queue that it names exists: put that"
                " queue above it, or what the AWS CLI prints for it into this file",
            )
        queues.add(str(call.input.get("QueueName", "")))
