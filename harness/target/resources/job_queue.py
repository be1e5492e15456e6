"""The app's queue as its operator sees it through SQS, and its jobs as the probe shows them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.core.expectation import ExpectationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient

LONGEST_DELAY_S = 900
"""A message can be delayed for no longer."""
LONG_JOB_S = 32
"""Longer than a queue hides a message by default: 30 s."""
_LOOKED_AT = 10
_HIDDEN_S = 1


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
        found: dict[str, str] = self._sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["All"]
        )["Attributes"]
        return found

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
        url = self._sqs.get_queue_url(QueueName=self._dead)["QueueUrl"]
        return kept_s, int(self._attributes_of(url)["MessageRetentionPeriod"])

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
        if not self._dead:
            return {}
        url = self._sqs.get_queue_url(QueueName=self._dead)["QueueUrl"]
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_LOOKED_AT,
            VisibilityTimeout=_HIDDEN_S,
            AttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            if job in message["Body"]:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return dict(message)
        return {}


class Jobs:
    """Jobs of the probe: one web task dispatches them, any web task reports on them."""

    def __init__(self, probe: ProbeClient) -> None:
        self._probe = probe

    def dispatch(self, **options: Any) -> str:
        """Have a web task dispatch a job with this behaviour; return its id."""
        answer = self._probe.ask("POST", "jobs", payload=options)
        return str(answer["id"])

    def state_of(self, job: str) -> dict[str, Any]:
        """Return a job's runs, its effects, and whether it is in failed_jobs."""
        return self._probe.ask("GET", f"jobs/{job}")
