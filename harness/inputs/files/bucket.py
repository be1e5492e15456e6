"""The file of the app's bucket, or buckets: CreateBucket and the operations that set them up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.aws.iam_policy import is_open, statements
from harness.inputs.files.api_calls import Call, CallFile, checked, document_in
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.document import Document

_CREATE = "CreateBucket"
_OPERATIONS = (
    *(_CREATE, "PutPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketEncryption"),
    *("PutBucketCors", "PutBucketLifecycleConfiguration", "PutBucketPolicy"),
    *("PutBucketVersioning", "PutBucketTagging"),
)
SETTINGS: Mapping[str, tuple[str, str]] = {
    "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", ""),
    "OwnershipControls": ("PutBucketOwnershipControls", ""),
    "ServerSideEncryptionConfiguration": ("PutBucketEncryption", ""),
    "CORSRules": ("PutBucketCors", "CORSConfiguration"),
    "Rules": ("PutBucketLifecycleConfiguration", "LifecycleConfiguration"),
    "Policy": ("PutBucketPolicy", ""),
    "Status": ("PutBucketVersioning", "VersioningConfiguration"),
}
"""Field that ``aws s3api get-*`` prints -> the operation that takes it, and below which key."""
_WITH_RULES = {
    "LifecycleConfiguration": "Rules",
    "CORSConfiguration": "CORSRules",
    "ServerSideEncryptionConfiguration": "Rules",
    "OwnershipControls": "Rules",
}
"""Field -> its list that S3 takes with one rule or more."""


def read(document: Document) -> CallFile:
    """Check the bucket's file.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(
        document,
        _OPERATIONS,
        api="s3",
        needed=_CREATE,
        checks=(_of_other_buckets, _of_rules, _of_public_access),
    )


def policy_of(put_bucket_policy: Mapping[str, Any]) -> dict[str, Any]:
    """Policy in a PutBucketPolicy input, a document or its text."""
    return document_in(put_bucket_policy.get("Policy"))


def names(file: CallFile) -> list[str]:
    """Return the names of the buckets that a file makes."""
    return [str(request["Bucket"]) for request in file.inputs_of(_CREATE)]


def _of_other_buckets(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find settings of a bucket that the file does not make."""
    buckets = {call.input.get("Bucket"): call.key for call in calls if call.operation == _CREATE}
    for call in calls:
        name = call.input.get("Bucket")
        if buckets and name is not None and name not in buckets:
            details = ", ".join(f'{key} has "{bucket}"' for bucket, key in buckets.items())
            hint = "correct the name, or make that bucket here, too: CreateBucket takes a list"
            yield Problem(f"{call.key}.Bucket", f'is "{name}", and {details}', hint)


def _of_rules(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find lists of rules without one, which S3 calls malformed."""
    for call in calls:
        for name, field in _WITH_RULES.items():
            if (call.input.get(name) or {field: None}).get(field) == []:
                message = "is empty, and S3 answers MalformedXML"
                yield Problem(f"{call.key}.{name}.{field}", message, f"leave {call.key} out")


def _of_public_access(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find a policy for everyone, unless the file says that public policies are not blocked."""
    open_buckets = {
        call.input.get("Bucket")
        for call in calls
        if call.operation == "PutPublicAccessBlock"
        and not call.input.get("PublicAccessBlockConfiguration", {}).get("BlockPublicPolicy", False)
    }
    for call in calls:
        policy = document_in(call.input.get("Policy"))
        is_public = any(is_open(statement) for statement in statements(policy)) if policy else False
        if is_public and call.input.get("Bucket") not in open_buckets:
            yield Problem(
                call.key,
                "lets everyone in, and the bucket blocks public policies: S3 answers AccessDenied",
                "leave the bucket private: the app's task roles may read it by their own"
                " policies, and visitors by the app or by temporary URLs",
            )
