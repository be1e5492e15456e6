"""ARNs: their parts, and the partition of a region."""

from __future__ import annotations

import pytest

from harness.aws import arn


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_region_is_of_one_partition(region: str, partition: str) -> None:
    assert arn.partition_of(region) == partition
