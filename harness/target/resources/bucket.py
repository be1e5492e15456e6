"""A bucket: deleted for a while with its settings restored, and its lifecycle rules."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
_ENVIRONMENT_FILE = ".env"
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html"""
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
"""Classes from which an object cannot be read until somebody restores it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html.
"""


@contextmanager
def deleted(s3: Any, *, bucket: str) -> Iterator[None]:
    """Delete a bucket with all that is in it, and make it anew after the block.

    Its environment files come back too: no task of theirs would start without them.

    Args:
        s3: A client of S3 that may do so.
        bucket: Its name.
    """
    before = _settings(s3, bucket=bucket)
    place = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"]
    # S3 takes no constraint for us-east-1, and answers none
    # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html).
    where = {"CreateBucketConfiguration": {"LocationConstraint": place}} if place else {}
    files = _empty(s3, bucket=bucket)
    s3.delete_bucket(Bucket=bucket)
    try:
        yield
    finally:
        s3.create_bucket(Bucket=bucket, **where)
        for name, parameters in before.items():
            getattr(s3, f"put_{name}")(Bucket=bucket, **parameters)
        for key, content in files.items():
            s3.put_object(Bucket=bucket, Key=key, Body=content)


def _settings(s3: Any, *, bucket: str) -> dict[str, dict[str, Any]]:
    settings = {}
    for name, answered, parameter in _SETTINGS:
        try:
            answer = getattr(s3, f"get_{name}")(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            if not _NOT_SET.search(error.response["Error"]["Code"]):
                raise
            continue
        if answered in answer:
            value = answer[answered]
            settings[name] = {parameter: value if parameter == answered else {answered: value}}
    return settings


def _empty(s3: Any, *, bucket: str) -> dict[str, bytes]:
    """Delete all objects, and return the environment files among them."""
    files = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if (
                version.get("IsLatest")
                and "Size" in version
                and version["Key"].endswith(_ENVIRONMENT_FILE)
            ):
                files[version["Key"]] = s3.get_object(Bucket=bucket, Key=version["Key"])[
                    "Body"
                ].read()
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    return files


def lifecycle_rules(s3: Any, *, bucket: str) -> list[Mapping[str, Any]]:
    """Return a bucket's lifecycle rules; none where it has no configuration."""
    try:
        return list(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return []


def losses(rules: Iterable[Mapping[str, Any]], *, key: str, needed_days: int) -> list[str]:
    """Return how rules take the current version of an object away, or out of reach, too soon.

    Args:
        rules: As GetBucketLifecycleConfiguration answers them.
        key: The object's key. It has no tags, so that a rule for a tag is not about it.
        needed_days: For how many days after the upload the app needs the object.

    Returns:
        One sentence's end for each, for instance ``rule "old" deletes it after 1 day(s)``.
    """
    enabled = (rule for rule in rules if rule["Status"] == "Enabled" and _about(rule, key))
    return [loss for rule in enabled for loss in _losses(rule, needed_days)]


def _about(rule: Mapping[str, Any], key: str) -> bool:
    filtered = rule.get("Filter") or {}
    both = filtered.get("And", filtered)
    prefix = both.get("Prefix", rule.get("Prefix", ""))
    return "Tag" not in both and not both.get("Tags") and key.startswith(prefix)


def _losses(rule: Mapping[str, Any], needed_days: int) -> Iterator[str]:
    name = rule.get("ID", "without an ID")
    for how, action in (
        ("deletes it", rule.get("Expiration") or {}),
        *(
            (f"moves it to {transition['StorageClass']}, out of the app's reach,", transition)
            for transition in rule.get("Transitions") or ()
            if transition["StorageClass"] in _ARCHIVES
        ),
    ):
        if "Date" in action:
            yield f"rule {name!r} {how} on {action['Date']}"
        elif "Days" in action and action["Days"] < needed_days:
            yield f"rule {name!r} {how} after {action['Days']} day(s)"
