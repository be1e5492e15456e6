"""The bucket's file: its settings, and rejections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs.files import bucket
from tests.unit.inputs.files.documents import write

BLOCK = {"BlockPublicAcls": True}


def test_settings_without_an_effect_on_the_app_are_checked_and_not_called(tmp_path: Path) -> None:
    logging = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
    content: dict[str, Any] = {
        "CreateBucket": {"Bucket": "uploads"},
        "PutBucketLogging": {"Bucket": "uploads", "BucketLoggingStatus": logging},
    }
    file = bucket.read(write(tmp_path, content))
    assert [call.operation for call in file.calls] == ["CreateBucket"]
    del content["PutBucketLogging"]["BucketLoggingStatus"]
    with pytest.raises(ConfigError, match="BucketLoggingStatus is missing"):
        bucket.read(write(tmp_path, content))


def test_a_list_of_rules_has_one(tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "CreateBucket": {"Bucket": "one"},
        "PutBucketLifecycleConfiguration": {
            "Bucket": "one",
            "LifecycleConfiguration": {"Rules": []},
        },
    }
    with pytest.raises(ConfigError, match=r"LifecycleConfiguration\.Rules is empty, and S3"):
        bucket.read(write(tmp_path, content))
    rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 7}}
    content["PutBucketLifecycleConfiguration"]["LifecycleConfiguration"]["Rules"] = [rule]
    assert bucket.read(write(tmp_path, content))


def test_settings_are_of_a_bucket_that_the_file_makes(tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "CreateBucket": [{"Bucket": "one"}],
        "PutPublicAccessBlock": {"Bucket": "two", "PublicAccessBlockConfiguration": BLOCK},
    }
    with pytest.raises(ConfigError, match=r'Bucket is "two", and CreateBucket\[0\] has "one"'):
        bucket.read(write(tmp_path, content))
    content["CreateBucket"].append({"Bucket": "two"})
    assert bucket.names(bucket.read(write(tmp_path, content))) == ["one", "two"]


@pytest.mark.parametrize("blocked", [True, False])
def test_a_public_policy_is_refused_where_it_is_blocked(tmp_path: Path, blocked: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    path = write(
        tmp_path,
        {
            "CreateBucket": {"Bucket": "one"},
            "PutPublicAccessBlock": {
                "Bucket": "one",
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": blocked,
                },
            },
            "PutBucketPolicy": {"Bucket": "one", "Policy": {"Statement": [statement]}},
        },
    )
    if not blocked:
        assert bucket.read(path)
        return
    with pytest.raises(ConfigError, match="PutBucketPolicy lets everyone in"):
        bucket.read(path)
