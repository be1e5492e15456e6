"""What a task definition says of AWS: what is wrong, in words, and what is nobody's business."""

from __future__ import annotations

from typing import Any

import pytest

from harness import taskvariables
from harness.causes import likely_cause

PREFIX = "https://sqs.eu-central-1.amazonaws.com/123456789012"


def definition(**variables: str) -> dict[str, Any]:
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    return {"containerDefinitions": [{"name": "app", "environment": environment}, {"name": "x"}]}


def queue_prefix(*, needed: bool = False, **variables: str) -> list[str]:
    found = definition(**variables)
    return list(taskvariables.queue_prefix(found, kind="web", wanted=PREFIX, needed=needed))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://localstack:4566"),
        ("AWS_ENDPOINT_URL_S3", "http://minio:9000"),
        ("AWS_ENDPOINT", "http://127.0.0.1:9000"),
        ("AWS_ENDPOINT", "https://amazonaws.com.evil.example"),
        ("AWS_URL", "http://localhost:9000/local"),
        ("AWS_URL", "http://minio:9000/uploads"),
    ],
)
def test_an_endpoint_of_local_development_is_named_with_its_remedy(name: str, value: str) -> None:
    (said,) = taskvariables.endpoints(definition(**{name: value}), kind="worker")
    cause = likely_cause([said]) or ""
    assert cause.startswith(f"{name} is {value} in the worker task definition")
    assert "take it" in cause


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_ENDPOINT_URL_SQS", "https://vpce-0a1.sqs.eu-central-1.vpce.amazonaws.com"),
        ("AWS_ENDPOINT", "https://s3.dualstack.eu-central-1.amazonaws.com"),
        ("AWS_ENDPOINT_URL_S3", "https://s3.eu-central-1.api.aws"),
        ("AWS_URL", "https://cdn.example.com"),
        ("APP_URL", "http://localhost"),
    ],
)
def test_an_endpoint_of_aws_is_right(name: str, value: str) -> None:
    assert not list(taskvariables.endpoints(definition(**{name: value}), kind="web"))


def test_the_queues_are_those_of_the_account_and_region() -> None:
    assert queue_prefix(SQS_PREFIX=PREFIX) == queue_prefix(SQS_PREFIX=f"{PREFIX}/") == []
    (said,) = queue_prefix(SQS_PREFIX=PREFIX.replace("eu-central-1", "us-east-1"))
    assert likely_cause([said]) == (
        "SQS_PREFIX is https://sqs.us-east-1.amazonaws.com/123456789012 in the web task definition,"
        f" and must be {PREFIX}: on AWS the overlay, which replaces it here, is not there"
    )


def test_a_prefix_that_only_the_overlay_sets_is_missed() -> None:
    assert queue_prefix(QUEUE_CONNECTION="sqs") == []
    assert queue_prefix(QUEUE_CONNECTION="database", needed=True) == []
    (said,) = queue_prefix(QUEUE_CONNECTION="sqs", needed=True)
    assert "SQS_PREFIX is not set in the web task definition" in (likely_cause([said]) or "")


@pytest.mark.parametrize(
    ("region", "prefix"),
    [
        ("eu-central-1", PREFIX),
        ("cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn/123456789012"),
    ],
)
def test_the_prefix_of_a_partition(region: str, prefix: str) -> None:
    assert taskvariables.prefix_of(region=region, account_id="123456789012") == prefix


def test_the_region_is_the_same_everywhere() -> None:
    wrong = definition(AWS_DEFAULT_REGION="eu-west-1", AWS_REGION="us-east-1")
    (said,) = taskvariables.regions(wrong, kind="scheduler", wanted="us-east-1")
    assert likely_cause([said]) == (
        "AWS_DEFAULT_REGION is eu-west-1 in the scheduler task definition, and must be us-east-1,"
        " where the bucket, the queues and the mail identity are"
    )
