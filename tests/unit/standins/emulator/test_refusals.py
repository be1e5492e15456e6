"""The calls that AWS refuses of everyone."""

from __future__ import annotations

from typing import Any

import pytest

from harness.standins.emulator import refusals
from harness.standins.emulator.calls import Call


def call(service: str, operation: str, **params: Any) -> Call:
    return Call(service, operation, account="876000000876", region="us-east-1", params=params)


def code(made: Call, *, owner_enforced: bool = True) -> str:
    refusal = refusals.of_call(
        made, owner_enforced=lambda _: owner_enforced, has_set=lambda name: name == "known"
    )
    return refusal.code if refusal else ""


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ""),
        ({"ACL": "private"}, ""),
        ({"ACL": "bucket-owner-full-control"}, ""),
        ({"ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"GrantRead": "uri=all"}, "AccessControlListNotSupported"),
    ],
)
def test_a_bucket_without_acls_takes_none(params: dict[str, str], expected: str) -> None:
    request = call("s3", "PutObject", Bucket="uploads", Key="a", **params)
    assert code(request) == expected
    assert code(request, owner_enforced=False) == ""


def test_a_message_is_delayed_for_a_quarter_of_an_hour_at_most() -> None:
    assert code(call("sqs", "SendMessage", DelaySeconds=900)) == ""
    assert code(call("sqs", "SendMessage", DelaySeconds=901)) == "InvalidParameterValue"
    many = call("sqs", "SendMessageBatch", Entries=[{"Id": "a"}, {"Id": "b", "DelaySeconds": 3600}])
    assert code(many) == "InvalidParameterValue"


def test_a_configuration_set_must_exist() -> None:
    assert code(call("ses", "SendRawEmail")) == ""
    assert code(call("ses", "SendRawEmail", ConfigurationSetName="known")) == ""
    unknown = call("ses", "SendRawEmail", ConfigurationSetName="tickets")
    assert code(unknown) == "ConfigurationSetDoesNotExist"


@pytest.mark.parametrize("filler", [b"a", "a"])
def test_a_mail_is_10_megabytes_at_most(filler: Any) -> None:
    fits = call("ses", "SendRawEmail", RawMessage={"Data": filler * refusals.LARGEST_MAIL})
    assert code(fits) == ""
    large = call("ses", "SendRawEmail", RawMessage={"Data": filler * (refusals.LARGEST_MAIL + 1)})
    assert code(large) == "InvalidParameterValue"


def test_a_presigned_url_lives_a_week_at_most() -> None:
    request = call("s3", "GetObject")
    assert refusals.of_query(request, {"X-Amz-Expires": "604800"}) is None
    refusal = refusals.of_query(request, {"X-Amz-Expires": "604801"})
    assert refusal is not None
    assert "less than a week" in refusal.message


def test_a_key_that_aws_never_gave_is_unknown_and_no_key_gets_nothing() -> None:
    s3, sqs = call("s3", "GetObject"), call("sqs", "SendMessage")
    assert refusals.of_caller(s3, key="876000000876", is_known=True) is None
    unknown = refusals.of_caller(s3, key="AKIAEXAMPLE", is_known=False)
    assert unknown is not None
    assert unknown.code == "InvalidAccessKeyId"
    unknown = refusals.of_caller(sqs, key="AKIAEXAMPLE", is_known=False)
    assert unknown is not None
    assert unknown.code == "InvalidClientTokenId"
    nobody = refusals.of_caller(s3, key="", is_known=False)
    assert nobody is not None
    assert nobody.status == 403
    nobody = refusals.of_caller(sqs, key="", is_known=False)
    assert nobody is not None
    assert nobody.code == "MissingAuthenticationToken"


def test_a_bucket_is_in_one_region() -> None:
    request = call("s3", "PutObject")
    assert refusals.of_region(request, bucket_region=request.region) is None
    assert refusals.of_region(request, bucket_region="") is None
    assert refusals.of_region(call("s3", "GetBucketLocation"), bucket_region="eu-west-1") is None
    elsewhere = refusals.of_region(request, bucket_region="eu-west-1")
    assert elsewhere is not None
    assert (elsewhere.code, elsewhere.status) == ("PermanentRedirect", 301)
