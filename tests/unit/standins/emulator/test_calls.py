"""Which rights a call needs."""

from __future__ import annotations

from typing import Any

import pytest

from harness.standins.emulator.calls import Call, needs, sender_of

OBJECT = {"Bucket": "uploads", "Key": "a/b.jpg"}
HERE = "us-east-1:876000000876"


def asked(service: str, operation: str, *, key: str = "", **params: Any) -> list[str]:
    call = Call(service, operation, account="876000000876", region="us-east-1", params=params)
    rights = needs(call, identity=lambda address: address.rpartition("@")[2], key=key)
    return [f"{need.action} {need.resource}" for need in rights]


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("PutObject", OBJECT, ["s3:PutObject arn:aws:s3:::uploads/a/b.jpg"]),
        ("HeadObject", OBJECT, ["s3:GetObject arn:aws:s3:::uploads/a/b.jpg"]),
        ("UploadPart", OBJECT, ["s3:PutObject arn:aws:s3:::uploads/a/b.jpg"]),
        (
            "GetObject",
            {**OBJECT, "VersionId": "1"},
            ["s3:GetObjectVersion arn:aws:s3:::uploads/a/b.jpg"],
        ),
        (
            "PutObject",
            {**OBJECT, "ACL": "private"},
            [
                "s3:PutObject arn:aws:s3:::uploads/a/b.jpg",
                "s3:PutObjectAcl arn:aws:s3:::uploads/a/b.jpg",
            ],
        ),
        (
            "CopyObject",
            {**OBJECT, "CopySource": "other/c%20d?versionId=1"},
            ["s3:PutObject arn:aws:s3:::uploads/a/b.jpg", "s3:GetObject arn:aws:s3:::other/c%20d"],
        ),
        (
            "DeleteObjects",
            {"Bucket": "uploads", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}},
            ["s3:DeleteObject arn:aws:s3:::uploads/a", "s3:DeleteObject arn:aws:s3:::uploads/b"],
        ),
        ("ListObjectsV2", {"Bucket": "uploads"}, ["s3:ListBucket arn:aws:s3:::uploads"]),
        ("GetBucketLocation", {"Bucket": "uploads"}, ["s3:GetBucketLocation arn:aws:s3:::uploads"]),
        ("ListBuckets", {}, ["s3:ListAllMyBuckets *"]),
    ],
)
def test_s3(operation: str, params: dict[str, Any], expected: list[str]) -> None:
    assert asked("s3", operation, **params) == expected


def test_arns_are_of_the_regions_partition() -> None:
    call = Call("s3", "GetObject", account="1", region="cn-north-1", params=OBJECT)
    (need,) = needs(call, identity=str)
    assert need.resource == "arn:aws-cn:s3:::uploads/a/b.jpg"
    assert Call("sqs", "X", "1", "us-gov-west-1").arn("q") == "arn:aws-us-gov:sqs:us-gov-west-1:1:q"


def test_sqs_names_the_queue_however_its_url_is_written() -> None:
    arn = f"arn:aws:sqs:{HERE}:tickets-jobs"
    url = "http://emulator:4566/876000000876/tickets-jobs"
    assert asked("sqs", "SendMessageBatch", QueueUrl=url) == [f"sqs:SendMessage {arn}"]
    assert asked("sqs", "GetQueueUrl", QueueName="tickets-jobs") == [f"sqs:GetQueueUrl {arn}"]
    assert asked("sqs", "ListQueues") == ["sqs:ListQueues *"]


def test_ses_asks_for_the_identity_that_was_verified() -> None:
    raw = {"Data": b"From: =?utf-8?q?876_Events?= <tickets@876events.example>\r\n\r\nhello"}
    expected = [f"ses:SendRawEmail arn:aws:ses:{HERE}:identity/876events.example"]
    assert asked("ses", "SendRawEmail", RawMessage=raw) == expected
    assert asked("ses", "SendRawEmail", Source="T <tickets@876events.example>") == expected


def test_the_sender_is_a_condition() -> None:
    call = Call("ses", "SendRawEmail", "1", "us-east-1", {"Source": "T <a@b.example>"})
    assert sender_of(call) == "a@b.example"
    (need,) = needs(call, identity=lambda _: "")
    assert need.context == {"ses:fromaddress": ("a@b.example",), "ses:recipients": ()}
    assert need.resource == "arn:aws:ses:us-east-1:1:identity/a@b.example"


def test_who_one_is_may_be_asked_by_everyone_and_other_services_by_action() -> None:
    assert asked("sts", "GetCallerIdentity") == []
    assert asked("kms", "Decrypt", KeyId="k") == ["kms:Decrypt "]
    secret = f"arn:aws:secretsmanager:{HERE}:secret:tickets/db-Ab3dE5"
    assert asked("secretsmanager", "GetSecretValue", SecretId=secret) == [
        f"secretsmanager:GetSecretValue {secret}"
    ]
    assert asked("secretsmanager", "GetSecretValue", SecretId="tickets/db") == [
        "secretsmanager:GetSecretValue "
    ]


KEY = f"arn:aws:kms:{HERE}:key/1234"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", []),
        ("alias/aws/s3", []),
        (f"arn:aws:kms:{HERE}:alias/aws/s3", []),
        ("1234", [f"kms:GenerateDataKey {KEY}"]),
        (KEY, [f"kms:GenerateDataKey {KEY}"]),
        ("alias/uploads", ["kms:GenerateDataKey "]),
        (f"arn:aws:kms:{HERE}:alias/uploads", ["kms:GenerateDataKey "]),
    ],
)
def test_a_customers_key_asks_for_rights_of_its_own(key: str, expected: list[str]) -> None:
    assert asked("s3", "PutObject", key=key, **OBJECT)[1:] == expected


def test_what_a_queue_with_a_key_asks_for() -> None:
    url = {"QueueUrl": "http://emulator:4566/876000000876/tickets-jobs"}
    assert asked("sqs", "SendMessage", key=KEY, **url)[1:] == [
        f"kms:GenerateDataKey {KEY}",
        f"kms:Decrypt {KEY}",
    ]
    assert asked("sqs", "ReceiveMessage", key=KEY, **url)[1:] == [f"kms:Decrypt {KEY}"]
    assert asked("sqs", "DeleteMessage", key=KEY, **url)[1:] == []


@pytest.mark.parametrize(
    "params",
    [
        {"Destinations": ["A <a@b.example>", "c@d.example"]},
        {"Destination": {"ToAddresses": ["a@b.example"], "CcAddresses": ["c@d.example"]}},
        {"RawMessage": {"Data": b"To: A <a@b.example>\r\nCc: c@d.example\r\n\r\nx"}},
    ],
)
def test_the_recipients_are_a_condition(params: dict[str, Any]) -> None:
    call = Call("ses", "SendRawEmail", "1", "us-east-1", {"Source": "e@f.example", **params})
    (need,) = needs(call, identity=str, key="")
    assert need.context["ses:recipients"] == ("a@b.example", "c@d.example")
