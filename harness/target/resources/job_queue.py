"""The app's queue as its operator sees it through SQS, and its jobs as the probe shows them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.core.expectation import ExpectationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient

FIFO = ".fifo"
"""The end of a FIFO queue's name."""
LONGEST_DELAY_S = 900
"""A message can be delayed for no longer."""
LONG_JOB_S = 32
"""Longer than a queue hides a message by default: 30 s."""
_LOOKED_AT = 10
_HIDDEN_S = 1
_MOST_LOOKS = 10


class JobQueue:
    """The queue of the jobs, and its dead-letter queue."""

    def __init__(self, access: Access, *, sqs: Any) -> None:
        self._sqs = sqs
        self.name = access.resources["queue"]
        self._url = sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        self._dead = access.resources.get("dead_letter_queue", "")

    def attributes(self) -> dict[str, str]:
        """Return all attributes."""
        return self._attributes_of(self._url)

    def _attributes_of(self, url: str) -> dict[str, str]:
        attributes: dict[str, str] = self._sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["All"]
        )["Attributes"]
        return attributes

    def polls_of_others_s(self, names: Collection[str]) -> int:
        """Return how long a worker of these queues waits at most at those beside this one.

        A poll of an empty queue lasts for its ReceiveMessageWaitTimeSeconds, one queue after the
        other; a queue that is not there ends at once.
        """
        total = 0
        for name in {name.rpartition("/")[2] for name in names} - {self.name}:
            try:
                url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            except self._sqs.exceptions.QueueDoesNotExist:
                continue
            total += int(self._attributes_of(url).get("ReceiveMessageWaitTimeSeconds", 0))
        return total

    def visibility_s(self) -> int:
        """Return the visibility time-out."""
        return int(self.attributes()["VisibilityTimeout"])

    def most_receives(self) -> int:
        """Return after how many receives a message goes to the dead-letter queue.

        Raises:
            ExpectationError: The queue has none.
        """
        policy = self.attributes().get("RedrivePolicy")
        if not policy:
            raise ExpectationError(
                f"the queue {self.name} has no redrive policy",
                cause=f"the queue {self.name} has no dead-letter queue: a job that kills its"
                " workers comes back for days",
                certain=True,
            )
        return int(json.loads(policy)["maxReceiveCount"])

    def kept_s(self) -> tuple[int, int | None]:
        """Return for how long the queue keeps a message, and the dead-letter queue if there is one.

        A message that is moved keeps its age:
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        kept_s = int(self.attributes()["MessageRetentionPeriod"])
        if not self._dead:
            return kept_s, None
        return kept_s, int(self._attributes_of(self._dead_url)["MessageRetentionPeriod"])

    @contextmanager
    def visibility(self, seconds: int) -> Iterator[None]:
        """Lower the visibility time-out of messages that are received inside the block."""
        before = self.visibility_s()
        self._set_visibility(seconds)
        try:
            yield
        finally:
            self._set_visibility(before)

    def _set_visibility(self, seconds: int) -> None:
        self._sqs.set_queue_attributes(
            QueueUrl=self._url, Attributes={"VisibilityTimeout": str(seconds)}
        )

    def take_dead(self, job: str) -> dict[str, Any]:
        """Return a job's message in the dead-letter queue, and remove it; nothing if not there."""
        return next((message for _, message in self._removed(self._receive_dead(), [job])), {})

    def remove_dead(self, jobs: Collection[str]) -> Iterator[str]:
        """Remove the messages of jobs from the dead-letter queue, and yield the id of each."""
        for _ in range(_MOST_LOOKS):
            messages = self._receive_dead()
            if not messages:
                return
            yield from (job for job, _ in self._removed(messages, jobs))

    def _receive_dead(self) -> list[dict[str, Any]]:
        if not self._dead:
            return []
        answer = self._sqs.receive_message(
            QueueUrl=self._dead_url,
            MaxNumberOfMessages=_LOOKED_AT,
            VisibilityTimeout=_HIDDEN_S,
            AttributeNames=["ApproximateReceiveCount"],
        )
        return list(answer.get("Messages", []))

    def _removed(
        self, messages: list[dict[str, Any]], jobs: Collection[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for message in messages:
            job = next((job_id for job_id in jobs if job_id in message["Body"]), "")
            if job:
                handle = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._dead_url, ReceiptHandle=handle)
                yield job, dict(message)

    @cached_property
    def _dead_url(self) -> str:
        return str(self._sqs.get_queue_url(QueueName=self._dead)["QueueUrl"])


class Jobs:
    """Jobs of the probe: one web task dispatches them, any web task reports on them."""

    def __init__(self, probe: ProbeClient) -> None:
        self._probe = probe

    def dispatch(self, **options: Any) -> str:
        """Have a web task dispatch a job with this behaviour; return its id."""
        return self._probe.dispatch(options)

    def state_of(self, job: str) -> dict[str, Any]:
        """Return a job's runs, its effects, and whether it is in failed_jobs."""
        return self._probe.ask("GET", f"jobs/{job}")
