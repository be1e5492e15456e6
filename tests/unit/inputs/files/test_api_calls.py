"""Calls of files, as boto3 makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs.document import read_json
from harness.inputs.files import bucket, identity, queues
from harness.inputs.files import schedule as schedules
from harness.inputs.files.api_calls import Call

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
