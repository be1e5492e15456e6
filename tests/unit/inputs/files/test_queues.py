"""The file of the queues: order, forms and rejections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs.files import queues
from tests.unit.inputs.files.documents import write

DEAD = {"QueueName": "dead"}
JOBS = {
    "QueueName": "jobs",
    "Attributes": {
        "VisibilityTimeout": "120",
        "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:r:a:dead", "maxReceiveCount": 5},
    },
}


def test_documents_are_sent_as_text(tmp_path: Path) -> None:
    file = queues.read(write(tmp_path, {"CreateQueue": [DEAD, JOBS]}))
    sent = file.calls[1].sent["Attributes"]
    assert sent["VisibilityTimeout"] == "120"
    assert json.loads(sent["RedrivePolicy"])["maxReceiveCount"] == 5


def test_the_dead_letter_queue_is_known_from_either_form() -> None:
    policy = json.dumps(JOBS["Attributes"]["RedrivePolicy"])  # type: ignore[index]
    as_text = {"QueueName": "jobs", "Attributes": {"RedrivePolicy": policy}}
    assert queues.dead_letter_queue(JOBS) == "dead"
    assert queues.dead_letter_queue(as_text) == "dead"
    assert queues.dead_letter_queue(DEAD) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"CreateQueue": [JOBS, DEAD]},
            "CreateQueue[0].Attributes.RedrivePolicy names the queue dead, which is not above it",
        ),
        (
            {"CreateQueue": {"QueueName": "jobs", "Attributes": {"VisibilityTimeout": 120}}},
            "CreateQueue.Attributes.VisibilityTimeout is a number, and must be a string",
        ),
        ({"CreateQueues": [DEAD]}, "CreateQueues is no operation for this file"),
        ({"CreateQueue": [{"Name": "jobs"}]}, "CreateQueue[0].Name is no field that AWS knows"),
        ({"CreateQueue": "jobs"}, "CreateQueue is a string, and must be an object"),
        (
            {"CreateQueue": {"QueueName": "a", "Attributes": {"RedrivePolicy": "{"}}},
            "CreateQueue.Attributes.RedrivePolicy is not a JSON object",
        ),
        ({}, "has no CreateQueue"),
    ],
)
def test_a_wrong_queue_is_refused_with_its_place(tmp_path: Path, content: Any, said: str) -> None:
    document = write(tmp_path, content)
    with pytest.raises(ConfigError) as failure:
        queues.read(document)
    assert str(document.path) in str(failure.value)
    assert said in str(failure.value)
