"""The jobs' queue from outside: the polls of the queues beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.target.access import Access
from harness.target.resources.job_queue import JobQueue


class Sqs:
    """Three queues, each with its time of a long poll; any other is not there."""

    POLLS: ClassVar = {"shop-high": "20", "shop-default": "5", "shop-low": "0"}

    class exceptions:  # noqa: N801 - boto3's name
        """boto3's exceptions of the client."""

        class QueueDoesNotExist(Exception):
            """No queue has the name."""

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        """Return an address with the name."""
        if QueueName not in self.POLLS:
            raise self.exceptions.QueueDoesNotExist
        return {"QueueUrl": f"https://sqs.example/1/{QueueName}"}

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Return the time of a long poll."""
        name = QueueUrl.rpartition("/")[2]
        return {"Attributes": {"ReceiveMessageWaitTimeSeconds": self.POLLS[name]}}


def test_a_worker_of_several_queues_polls_one_after_the_other() -> None:
    access = Access(public_url="https://shop.example", resources={"queue": "shop-default"})
    queue = JobQueue(access, sqs=Sqs())
    assert queue.polls_of_others_s(["shop-default"]) == 0
    assert queue.polls_of_others_s(["shop-high", "shop-default", "shop-low", "gone"]) == 20
    assert queue.polls_of_others_s(["https://sqs.example/1/shop-high"]) == 20
