"""A bucket comes back with the settings that it had; lifecycle rules that delete uploads."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.target.resources import bucket

KEY = {"Key": "a", "VersionId": "1"}
OBJECT = "events/7/poster/a.jpg"


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
            "get_bucket_location": {"LocationConstraint": "eu-central-1"},
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
    with bucket.deleted(s3, bucket="b"):
        assert s3.calls == [
            ("delete_object", {"Bucket": "b", "Key": "a", "VersionId": "1"}),
            ("delete_object", {"Bucket": "b", "Key": "a", "VersionId": "2"}),
            ("delete_bucket", {"Bucket": "b"}),
        ]
        s3.calls.clear()
    block = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    assert s3.calls == [
        (
            "create_bucket",
            {
                "Bucket": "b",
                "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"},
            },
        ),
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


def test_environment_files_come_back_with_their_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [
        {"Key": "production.env", "VersionId": "2", "IsLatest": True, "Size": 3},
        {"Key": "production.env", "VersionId": "1", "IsLatest": False, "Size": 3},
        {"Key": "a.jpg", "VersionId": "1", "IsLatest": True, "Size": 3},
    ]
    gone = [{"Key": "old.env", "VersionId": "1", "IsLatest": True}]
    s3 = FakeS3()
    s3.answers["get_object"] = {"Body": io.BytesIO(b"A=1")}
    pages = [{"Versions": versions, "DeleteMarkers": gone}]
    monkeypatch.setattr(FakeS3, "paginate", lambda *_, **__: pages)
    with bucket.deleted(s3, bucket="b"):
        s3.calls.clear()
    assert [call for call in s3.calls if call[0] == "put_object"] == [
        ("put_object", {"Bucket": "b", "Key": "production.env", "Body": b"A=1"})
    ]


def test_what_cannot_be_read_is_not_taken_for_unset() -> None:
    s3 = FakeS3("AccessDenied")
    with pytest.raises(ClientError), bucket.deleted(s3, bucket="b"):
        pass
    assert s3.calls == []


def rule(**said: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **said}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (rule(Expiration={"Days": 1}), ["rule 'r' deletes it after 1 day(s)"]),
        (rule(Expiration={"Days": 1}, Filter={}), ["rule 'r' deletes it after 1 day(s)"]),
        (
            {"Status": "Enabled", "Prefix": "events/", "Expiration": {"Date": "2027-01-01"}},
            ["rule 'without an ID' deletes it on 2027-01-01"],
        ),
        (
            rule(
                Filter={"And": {"Prefix": "events/", "ObjectSizeGreaterThan": 5}},
                Transitions=[
                    {"Days": 30, "StorageClass": "GLACIER_IR"},
                    {"Days": 90, "StorageClass": "GLACIER"},
                ],
            ),
            ["rule 'r' moves it to GLACIER, out of the app's reach, after 90 day(s)"],
        ),
        (rule(Expiration={"Days": 1}, Filter={"Prefix": "tmp/"}), []),
        (rule(Expiration={"Days": 1}, Status="Disabled"), []),
        (rule(Expiration={"Days": 3650}), []),
        (rule(Expiration={"ExpiredObjectDeleteMarker": True}), []),
        (rule(Expiration={"Days": 1}, Filter={"Tag": {"Key": "temporary", "Value": "1"}}), []),
        (rule(Expiration={"Days": 1}, Filter={"And": {"Tags": [{"Key": "a", "Value": "1"}]}}), []),
        (rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}), []),
        (rule(NoncurrentVersionExpiration={"NoncurrentDays": 30}), []),
        (rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}]), []),
    ],
)
def test_what_takes_an_upload_away(said: dict[str, Any], expected: list[str]) -> None:
    assert bucket.losses([said], key=OBJECT, needed_days=365) == expected
