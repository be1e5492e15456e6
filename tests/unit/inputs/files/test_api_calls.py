"""Calls of files, as boto3 makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.document import Document, read_json
from harness.inputs.files import bucket, identity, queues
from harness.inputs.files import schedule as schedules
from harness.inputs.files.api_calls import Call, CallFile
from harness.inputs.problem import InputError

APP = Path(__file__).resolve().parents[4] / "app" / "aws"


def test_the_reference_apps_files_are_good() -> None:
    assert bucket.read(read_json(APP / "bucket.json")).inputs_of("CreateBucket")
    assert len(queues.read(read_json(APP / "queues.json")).calls) == 2
    assert identity.read(read_json(APP / "identity.json")).calls
    assert schedules.read(read_json(APP / "schedule.json")).inputs_of("PutTargets")


@pytest.mark.parametrize(
    ("operation", "method"),
    [
        ("CreateBucket", "create_bucket"),
        ("PutPublicAccessBlock", "put_public_access_block"),
        ("VerifyEmailIdentity", "verify_email_identity"),
    ],
)
def test_an_operation_is_called_by_boto3s_name(operation: str, method: str) -> None:
    assert Call(operation, {}).method == method


@pytest.mark.parametrize(
    ("read", "data", "said"),
    [
        (
            bucket.read,
            {
                "CreateBucket": {"Bucket": "shop"},
                "PutBucketPolicy": {"Bucket": "shop", "Policy": '{"Statement": null}'},
            },
            "PutBucketPolicy.Policy has no Statement, and AWS takes no such policy",
        ),
        (
            queues.read,
            {"CreateQueue": {"QueueName": "jobs", "Attributes": {"Policy": "everyone"}}},
            "CreateQueue.Attributes.Policy is not a JSON object",
        ),
        (
            identity.read,
            {"VerifyEmailIdentity": {"EmailAddress": "shop"}},
            'VerifyEmailIdentity.EmailAddress is "shop", which is no mail address',
        ),
        (
            identity.read,
            {"VerifyDomainIdentity": {"Domain": "https://shop.example"}},
            'VerifyDomainIdentity.Domain is "https://shop.example", which is no domain',
        ),
    ],
)
def test_texts_that_aws_takes_in_no_call(
    tmp_path: Path, read: Callable[[Document], CallFile], data: dict[str, Any], said: str
) -> None:
    path = tmp_path / "calls.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError) as refused:
        read(read_json(path))
    assert [str(problem) for problem in refused.value.problems] == [said]
