"""A bucket that is gone for a while, and then as it was set up: empty, with its settings."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


_SETTINGS = (
    ("public_access_block", "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
    ("bucket_ownership_controls", "OwnershipControls", "OwnershipControls"),
    (
        "bucket_encryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
    ),
    ("bucket_policy", "Policy", "Policy"),
    ("bucket_versioning", "Status", "VersioningConfiguration"),
    ("bucket_cors", "CORSRules", "CORSConfiguration"),
    ("bucket_lifecycle_configuration", "Rules", "LifecycleConfiguration"),
)
"""How boto3 calls each setting, the member that its get answers, and the one that its put takes.

Where the two have different names, what is put holds the answer's member under its name.
"""
_NOT_SET = re.compile("NoSuch|NotFound")
"""S3's codes for a setting that was never made."""


@contextmanager
def taken_away(s3: Any, *, bucket: str) -> Iterator[None]:
    """Delete a bucket with all that is in it, and make it anew after the block.

    Args:
        s3: A client of S3 that may do so.
        bucket: Its name.
    """
    before = _settings(s3, bucket=bucket)
    _empty(s3, bucket=bucket)
    s3.delete_bucket(Bucket=bucket)
    try:
        yield
    finally:
        s3.create_bucket(Bucket=bucket)
        for name, given in before.items():
            getattr(s3, f"put_{name}")(Bucket=bucket, **given)


def _settings(s3: Any, *, bucket: str) -> dict[str, dict[str, Any]]:
    found = {}
    for name, answered, given in _SETTINGS:
        try:
            answer = getattr(s3, f"get_{name}")(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            if not _NOT_SET.search(error.response["Error"]["Code"]):
                raise
            continue
        if answered in answer:
            value = answer[answered]
            found[name] = {given: value if given == answered else {answered: value}}
    return found


def _empty(s3: Any, *, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
