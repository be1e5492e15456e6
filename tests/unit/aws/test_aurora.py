"""max_connections of Aurora's instance classes."""

from __future__ import annotations

import pytest

from harness.aws.aurora import max_connections


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
