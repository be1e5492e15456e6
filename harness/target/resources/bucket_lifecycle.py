"""Which of a bucket's lifecycle rules takes an object away while the app still needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEEDED_DAYS = 365
"""An event is announced, and its files are asked for, up to a year ahead."""
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
"""Classes from which an object cannot be read until somebody restores it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html.
"""


def rules(s3: Any, *, bucket: str) -> list[Mapping[str, Any]]:
    """Return a bucket's lifecycle rules; none where it has no configuration."""
    try:
        found: list[Mapping[str, Any]] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)[
            "Rules"
        ]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return []
    return found


def losses(found: Iterable[Mapping[str, Any]], *, key: str) -> list[str]:
    """Say how rules take the current version of an object away, or out of reach, too soon.

    Args:
        found: As GetBucketLifecycleConfiguration answers them.
        key: The object's key. It has no tags, so that a rule for a tag is not about it.

    Returns:
        One sentence's end for each, for instance ``rule "old" deletes it after 1 day(s)``.
    """
    enabled = (rule for rule in found if rule["Status"] == "Enabled" and _about(rule, key))
    return [said for rule in enabled for said in _losses(rule)]


def _about(rule: Mapping[str, Any], key: str) -> bool:
    filtered = rule.get("Filter") or {}
    both = filtered.get("And", filtered)
    prefix = both.get("Prefix", rule.get("Prefix", ""))
    return "Tag" not in both and not both.get("Tags") and key.startswith(prefix)


def _losses(rule: Mapping[str, Any]) -> Iterator[str]:
    name = rule.get("ID", "without an ID")
    for how, one in (
        ("deletes it", rule.get("Expiration") or {}),
        *(
            (f"moves it to {one['StorageClass']}, out of the app's reach,", one)
            for one in rule.get("Transitions") or ()
            if one["StorageClass"] in _ARCHIVES
        ),
    ):
        if "Date" in one:
            yield f"rule {name!r} {how} on {one['Date']}"
        elif "Days" in one and one["Days"] < NEEDED_DAYS:
            yield f"rule {name!r} {how} after {one['Days']} day(s)"
