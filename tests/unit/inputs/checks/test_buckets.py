"""Settings of a bucket that S3 refuses, or that shut tasks out, and their neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.checks import buckets
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import judge, with_resource


def keys(app: Production) -> list[str]:
    return edits.keys(buckets.CHECKS, app)


def with_bucket(app: Production, directory: Path, calls: dict[str, Any]) -> Production:
    return with_resource(app, directory / "bucket.json", calls)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


NAME = "876events-tickets-uploads"


@pytest.mark.parametrize("name", ["Uploads", "a_b", "ab", "-ab", "a..b", "10.0.0.1"])
def test_buckets_that_s3_refuses(app: Production, tmp_path: Path, name: str) -> None:
    broken = with_bucket(app, tmp_path, {"CreateBucket": {"Bucket": name}})
    assert keys(broken) == ["CreateBucket.Bucket"]


def test_a_bucket_in_us_east_1_has_no_location_constraint(app: Production, tmp_path: Path) -> None:
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-east-1"}}
    broken = with_bucket(app, tmp_path, {"CreateBucket": {"Bucket": "uploads-876", **place}})
    (problem,) = buckets.names(broken)
    assert problem.key == "CreateBucket.CreateBucketConfiguration.LocationConstraint"
    assert problem.message == 'is "us-east-1", which S3 refuses: a bucket without one is there'
    assert problem.hint == "leave CreateBucketConfiguration out"


def cors(*methods: str) -> dict[str, Any]:
    rule = {"AllowedMethods": list(methods), "AllowedOrigins": ["https://a.example"]}
    return {"PutBucketCors": {"CORSConfiguration": {"CORSRules": [rule]}}}


def shared_with(origin: str) -> dict[str, Any]:
    rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": [origin]}
    return {"PutBucketCors": {"CORSConfiguration": {"CORSRules": [rule]}}}


def moves(days: int, storage_class: str) -> dict[str, Any]:
    moved = [{"Days": days, "StorageClass": storage_class}]
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": moved}
    return {"PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [rule]}}}


def expires(days: int) -> dict[str, Any]:
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}
    return {"PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [rule]}}}


def key(algorithm: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": algorithm, "KMSMasterKeyID": "alias/uploads"}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    return {"PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": rules}}}


def policy(resource: Any) -> dict[str, Any]:
    secure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": secure}
    document = {"Version": "2012-10-17", "Statement": [{**deny, "Resource": resource}]}
    return {"PutBucketPolicy": {"Policy": document}}


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (cors("GET", "OPTIONS"), 'AllowedMethods has "OPTIONS", which S3 does not take'),
        (cors("GET", "PUT", "HEAD"), ""),
        (shared_with("https://a.example/"), "browsers send no path and no slash at the end"),
        (shared_with("a.example"), "browsers send the scheme, too"),
        (shared_with("https://a.example:8443"), ""),
        (shared_with("https://*.a.example"), ""),
        (shared_with("*"), ""),
        (moves(7, "STANDARD_IA"), "Transitions[0].Days is 7, and S3 moves nothing to STANDARD_IA"),
        (moves(30, "STANDARD_IA"), ""),
        (moves(0, "INTELLIGENT_TIERING"), ""),
        (expires(0), "Rules[0].Expiration.Days is 0, and S3 takes a day at the least"),
        (expires(1), ""),
        (key("AES256"), 'KMSMasterKeyID is set, and SSEAlgorithm is "AES256"'),
        (key("aws:kms"), ""),
        (policy("arn:aws:s3:::other/*"), 'Statement[0].Resource is "arn:aws:s3:::other/*"'),
        (policy([f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]), ""),
        (policy("arn:aws:s3:::*/*"), ""),
        ({"CreateBucket": {"ACL": "public-read"}}, 'CreateBucket.ACL is "public-read"'),
        (
            {"CreateBucket": {"ACL": "public-read", "ObjectOwnership": "ObjectWriter"}},
            "",
        ),
        ({"CreateBucket": {"ACL": "private"}}, ""),
    ],
)
def test_the_settings_of_a_bucket(
    app: Production, tmp_path: Path, calls: dict[str, Any], said: str
) -> None:
    named = {operation: {"Bucket": NAME, **call} for operation, call in calls.items()}
    changed = with_bucket(app, tmp_path, {"CreateBucket": {"Bucket": NAME}, **named})
    judge(edits.messages(buckets.CHECKS, changed), said)


def with_bucket_policy(app: Production, folder: Path, condition: dict[str, Any]) -> Production:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put = {"Bucket": "uploads", "Policy": policy}
    calls = {"CreateBucket": {"Bucket": "uploads"}, "PutBucketPolicy": put}
    return with_bucket(app, folder, calls)


OFFICE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}


def test_a_buckets_policy_for_public_addresses_shuts_tasks_out(
    app: Production, tmp_path: Path
) -> None:
    (problem,) = buckets.public_addresses(with_bucket_policy(app, tmp_path, OFFICE))
    assert problem.message == (
        "denies whoever has none of its public addresses (aws:SourceIp), and tasks reach S3 through"
        f" the VPC's endpoint in {app.files['phases.network']}, without any: every upload and"
        " download fails"
    )


@pytest.mark.parametrize(
    "condition",
    [
        {**OFFICE, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ],
)
def test_a_buckets_policy_that_spares_the_endpoint_is_fine(
    app: Production, tmp_path: Path, condition: dict[str, Any]
) -> None:
    assert list(buckets.public_addresses(with_bucket_policy(app, tmp_path, condition))) == []


def test_without_an_endpoint_tasks_may_have_such_an_address(
    app: Production, tmp_path: Path
) -> None:
    documents = {
        key: document for key, document in app.documents.items() if key != "phases.network"
    }
    alone = replace(with_bucket_policy(app, tmp_path, OFFICE), documents=documents)
    assert list(buckets.public_addresses(alone)) == []
