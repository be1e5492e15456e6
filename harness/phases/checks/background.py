"""Phase 5: bucket and worker, and the order of all checks of the work in the background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.inputs.files import bucket as bucket_files
from harness.inputs.files.api_calls import document_in
from harness.phases.account import Account
from harness.phases.checks import mail, queues, roles, schedule
from harness.phases.checks.web import steadiness
from harness.phases.phase import Finding, absent, check

_BUCKET_ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "PutPublicAccessBlock": ("GetPublicAccessBlock", "PublicAccessBlockConfiguration", ""),
    "PutBucketOwnershipControls": ("GetBucketOwnershipControls", "OwnershipControls", ""),
    "PutBucketEncryption": ("GetBucketEncryption", "ServerSideEncryptionConfiguration", ""),
    "PutBucketVersioning": ("GetBucketVersioning", "VersioningConfiguration", "flat"),
    "PutBucketCors": ("GetBucketCors", "CORSConfiguration", "flat"),
    "PutBucketLifecycleConfiguration": (
        "GetBucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "flat",
    ),
    "PutBucketPolicy": ("GetBucketPolicy", "Policy", ""),
}
"""Operation of the file -> the one that answers, the field, and whether its answer lacks it."""


@check(
    "5.bucket",
    reads=(
        "s3:ListBucket",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketOwnershipControls",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetBucketCORS",
        "s3:GetBucketPolicy",
        "s3:GetLifecycleConfiguration",
    ),
    readiness=True,
)
def bucket(account: Account) -> Iterator[Finding]:
    """The buckets have the settings of their file, and are private unless it says otherwise."""
    account.name_of("bucket", noun="bucket")
    for name in bucket_files.names(account.production.resources["bucket"]):
        yield from _bucket(account, name)


def _bucket(account: Account, name: str) -> Iterator[Finding]:
    if account.read("s3", "HeadBucket", Bucket=name) is None:
        yield absent(f"bucket {name}", remedy="create it: `cutover phase 5 --plan`")
        return
    inputs = {
        call.operation: call.input
        for call in account.production.resources["bucket"].calls
        if call.input.get("Bucket") == name
    }
    usual = _usual(inputs.get("CreateBucket", {}))
    for put, (operation, field, is_flat) in _BUCKET_ANSWERS.items():
        answer = account.read("s3", operation, Bucket=name) or {}
        document = answer if is_flat else document_in(answer.get(field))
        thing, key = f"bucket {name}, {field}", "resources.bucket"
        if put in inputs:
            yield from account.differences(
                thing, document_in(inputs[put][field]), document, key=key
            )
        elif put in usual:
            yield from account.default_differences(thing, usual[put], document, key=key)
        elif document:
            yield account.addition(thing, key=key)


def _usual(create: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of a new bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    """
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    ownership = create.get("ObjectOwnership", "BucketOwnerEnforced")
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {
        "PutPublicAccessBlock": dict.fromkeys(names, True),
        "PutBucketOwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]},
        "PutBucketEncryption": {"Rules": [encryption]},
    }


@check("5.worker", reads=("ecs:DescribeServices",))
def worker(account: Account) -> Iterator[Finding]:
    """Each service besides the web's is steady."""
    access = account.access
    return steadiness(account, [name for key, name in access.services.items() if key != access.web])


CHECKS = (
    bucket,
    queues.queues,
    queues.queue_age,
    worker,
    queues.jobs_consumed,
    *schedule.CHECKS,
    *mail.CHECKS,
    roles.roles,
)
