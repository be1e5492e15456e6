"""Another region, account and partition."""

from __future__ import annotations

from tests.variants.edits import rename
from tests.variants.variant import Variant

PLACES = [
    Variant("everything is in eu-central-1", rename(("us-east-1", "eu-central-1"))),
    Variant("the account is another one", rename(("876000000876", "210987654321"))),
]
GOVERNMENT = [
    Variant(
        "everything is in AWS GovCloud",
        rename(("us-east-1", "us-gov-west-1"), ("arn:aws:", "arn:aws-us-gov:")),
    ),
]
