"""A bucket that is taken away comes back with the settings that it had, and with no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.target.resources import bucket

KEY = {"Key": "a", "VersionId": "1"}


class FakeS3:
    """A bucket with versions, and with some settings."""

    def __init__(self, code: str = "NoSuchCORSConfiguration") -> None:
        self.code = code
        self.exceptions = SimpleNamespace(ClientError=ClientError)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, dict[str, Any]] = {
            "get_public_access_block": {
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}
            },
            "get_bucket_versioning": {"Status": "Enabled"},
            "get_bucket_lifecycle_configuration": {"Rules": [{"ID": "one"}]},
        }

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> dict[str, Any]:
            if name.startswith("get_"):
                if name not in self.answers:
                    raise ClientError({"Error": {"Code": self.code}}, name)
                return self.answers[name]
            self.calls.append((name, given))
            return {}

        return call

    def get_paginator(self, name: str) -> Any:
        assert name == "list_object_versions"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Versions": [KEY]}, {"DeleteMarkers": [{**KEY, "VersionId": "2"}]}]


def test_a_bucket_comes_back_with_what_it_had() -> None:
    s3 = FakeS3()
    with bucket.taken_away(s3, bucket="b"):
        assert s3.calls == [
            ("delete_object", {"Bucket": "b", "Key": "a", "VersionId": "1"}),
            ("delete_object", {"Bucket": "b", "Key": "a", "VersionId": "2"}),
            ("delete_bucket", {"Bucket": "b"}),
        ]
        s3.calls.clear()
    block = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    assert s3.calls == [
        ("create_bucket", {"Bucket": "b"}),
        ("put_public_access_block", {"Bucket": "b", **block}),
        (
            "put_bucket_versioning",
            {"Bucket": "b", "VersioningConfiguration": {"Status": "Enabled"}},
        ),
        (
            "put_bucket_lifecycle_configuration",
            {"Bucket": "b", "LifecycleConfiguration": {"Rules": [{"ID": "one"}]}},
        ),
    ]


def test_what_cannot_be_read_is_not_taken_for_unset() -> None:
    s3 = FakeS3("AccessDenied")
    with pytest.raises(ClientError), bucket.taken_away(s3, bucket="b"):
        pass
    assert s3.calls == []
