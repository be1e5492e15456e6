"""Another region, account and partition."""

from __future__ import annotations

from tests.mistakes.edits import BUCKET, Edit, combine
from tests.variants.edits import rename, update
from tests.variants.variant import Variant


def move(region: str) -> Edit:
    """Move everything to a region other than us-east-1."""
    where = {"LocationConstraint": region}
    return combine(
        rename(("us-east-1", region)),
        update(BUCKET, "CreateBucket", CreateBucketConfiguration=where),
    )


PLACES = [
    Variant("everything is in eu-central-1", move("eu-central-1")),
    Variant("the account is another one", rename(("876000000876", "210987654321"))),
]
GOVERNMENT = [
    Variant(
        "everything is in AWS GovCloud",
        combine(move("us-gov-west-1"), rename(("arn:aws:", "arn:aws-us-gov:"))),
    ),
]
