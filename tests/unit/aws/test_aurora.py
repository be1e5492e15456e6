"""Aurora: max_connections of its instance classes, and its endpoints."""

from __future__ import annotations

import pytest

from harness.aws.aurora import endpoint_elsewhere, max_connections


@pytest.mark.parametrize(
    ("instance_class", "most"),
    [
        ("db.t4g.medium", 90),
        ("db.r7g.large", 1000),
        ("db.r5.24xlarge", 7000),
        ("db.x2g.large", 2000),
        ("db.t3.24xlarge", None),
        ("db.serverless", None),
        ("r5.large", None),
        ("", None),
    ],
)
def test_a_class_has_its_documented_default(instance_class: str, most: int | None) -> None:
    assert max_connections(instance_class) == most


def test_an_endpoint_of_another_partition_is_known() -> None:
    reader = "shop.cluster-ro-c1example.cn-north-1.rds.amazonaws.com.cn"
    writer = reader.replace("-ro-", "-")
    assert endpoint_elsewhere(reader, proxy="", cluster=writer) == (reader, writer)
    assert endpoint_elsewhere(writer, proxy="", cluster=writer) == ("", "")
