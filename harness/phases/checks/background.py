"""Phase 5: bucket and worker, and the order of all checks of the work in the background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
        "s3:GetLifecycleConfiguration",
    ),
    readiness=True,
)
def bucket(account: Account) -> Iterator[Finding]:
    """The bucket is private, and has the settings of its file."""
    name = account.name_of("bucket", noun="bucket")
    if account.read("s3", "HeadBucket", Bucket=name) is None:
        yield absent(f"bucket {name}", remedy="create it: `cutover phase 5 --plan`")
        return
    for call in account.production.resources["bucket"].calls:
        if call.operation in _BUCKET_ANSWERS:
            operation, field, is_flat = _BUCKET_ANSWERS[call.operation]
            answer = account.read("s3", operation, Bucket=name) or {}
            found = answer if is_flat else answer.get(field) or {}
            thing = f"bucket {name}, {field}"
            yield from account.differences(thing, call.input[field], found, key="resources.bucket")


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
