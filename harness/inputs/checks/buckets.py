"""The bucket, as S3 takes it, and a policy that would shut the tasks out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.aws.iam_conditions import SOURCE_IP
from harness.aws.iam_policy import statements
from harness.inputs.aws_cli.output import UNREAD
from harness.inputs.checks.connections import s3_endpoints
from harness.inputs.files.bucket import policy_of
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import CallFile
    from harness.inputs.production import Production

_BUCKET_NAME = re.compile(r"(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_UNWRITTEN_REGION = "us-east-1"
_POSITIVE = (
    ("Expiration", "Days"),
    ("NoncurrentVersionExpiration", "NoncurrentDays"),
    ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
)
"""Actions of a lifecycle rule, with the field that is a positive number:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html"""
_INFREQUENT, _INFREQUENT_FROM_DAYS = ("STANDARD_IA", "ONEZONE_IA"), 30
_CORS_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
_OWN_KEY = "AES256"
_ENFORCED = "BucketOwnerEnforced"
_ACLS_OF_OTHERS = ("public-read", "public-read-write", "authenticated-read")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/ensure-object-ownership.html"""


def names(production: Production) -> Iterator[Problem]:
    """Names of S3 buckets, and their place: us-east-1 is the one Region that is not written.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    file = production.resources.get("bucket")
    for request in file.inputs_of("CreateBucket") if file else ():
        name = str(request["Bucket"])
        if not _BUCKET_NAME.fullmatch(name) or ".." in name:
            yield Problem(
                "CreateBucket.Bucket",
                f'is "{name}"',
                "write 3 to 63 lower-case letters, digits, hyphens and dots; a letter or digit at"
                " both ends",
                file=production.files["resources.bucket"],
            )
        place = request.get("CreateBucketConfiguration") or {}
        if place.get("LocationConstraint") == _UNWRITTEN_REGION:
            yield Problem(
                "CreateBucket.CreateBucketConfiguration.LocationConstraint",
                f'is "{_UNWRITTEN_REGION}", which S3 refuses: a bucket without one is there',
                "leave CreateBucketConfiguration out",
                file=production.files["resources.bucket"],
            )


def settings(production: Production) -> Iterator[Problem]:
    """Methods of CORS, transitions, keys and resources of policies that S3 takes.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html,
    .../lifecycle-transition-general-considerations.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html and
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
    """
    bucket = production.resources.get("bucket")
    if bucket is None:
        return
    for find in (_acls, _cors, _lifecycle, _keys, _policies):
        for key, message, hint in find(bucket):
            yield Problem(key, message, hint, file=production.files["resources.bucket"])


def _acls(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for request in bucket.inputs_of("CreateBucket"):
        acl, owner = str(request.get("ACL") or ""), request.get("ObjectOwnership", _ENFORCED)
        if acl in _ACLS_OF_OTHERS and owner == _ENFORCED:
            yield (
                "CreateBucket.ACL",
                f'is "{acl}", and the bucket enforces its owner (ObjectOwnership): S3 refuses the'
                " two together",
                "leave ACL out: links to private files are signed",
            )


def _cors(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for request in bucket.inputs_of("PutBucketCors"):
        for index, rule in enumerate(
            (request.get("CORSConfiguration") or {}).get("CORSRules") or ()
        ):
            for method in rule.get("AllowedMethods") or ():
                if method not in _CORS_METHODS:
                    yield (
                        f"PutBucketCors.CORSConfiguration.CORSRules[{index}].AllowedMethods",
                        f'has "{method}", which S3 does not take',
                        f"write some of {', '.join(_CORS_METHODS)}; S3 answers OPTIONS by itself",
                    )
            for number, origin in enumerate(rule.get("AllowedOrigins") or ()):
                if fault := _origin_fault(str(origin)):
                    yield (
                        f"PutBucketCors.CORSConfiguration.CORSRules[{index}]"
                        f".AllowedOrigins[{number}]",
                        f'is "{origin}": {fault}',
                        f'write "{_origin_of(str(origin))}"',
                    )


def _origin_fault(origin: str) -> str:
    """Return why a browser never sends this origin; empty where it may.

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin
    """
    if "*" in origin or origin == "null":
        return ""
    parts = urlsplit(origin)
    if not parts.scheme or not parts.hostname:
        return "browsers send the scheme, too, and S3 answers no such origin"
    if parts.path or parts.query:
        return "browsers send no path and no slash at the end, and S3 answers no such origin"
    return ""


def _origin_of(text: str) -> str:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    return f"{parts.scheme}://{parts.netloc}"


def _lifecycle(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for request in bucket.inputs_of("PutBucketLifecycleConfiguration"):
        rules = (request.get("LifecycleConfiguration") or {}).get("Rules") or ()
        for number, rule in enumerate(rules):
            for index, move in enumerate(rule.get("Transitions") or ()):
                days = move.get("Days")
                is_early = isinstance(days, int) and days < _INFREQUENT_FROM_DAYS
                if move.get("StorageClass") in _INFREQUENT and is_early:
                    yield (
                        "PutBucketLifecycleConfiguration.LifecycleConfiguration"
                        f".Rules[{number}].Transitions[{index}].Days",
                        f"is {days}, and S3 moves nothing to {move['StorageClass']} before day"
                        f" {_INFREQUENT_FROM_DAYS}: it refuses the rule",
                        f"write {_INFREQUENT_FROM_DAYS} or more",
                    )
            for name, field in _POSITIVE:
                if (rule.get(name) or {}).get(field) == 0:
                    yield (
                        "PutBucketLifecycleConfiguration.LifecycleConfiguration"
                        f".Rules[{number}].{name}.{field}",
                        "is 0, and S3 takes a day at the least: it refuses the rule",
                        f"write 1 or more, or leave {name} out",
                    )


def _keys(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for request in bucket.inputs_of("PutBucketEncryption"):
        rules = (request.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or ()
        for index, rule in enumerate(rules):
            default = rule.get("ApplyServerSideEncryptionByDefault") or {}
            if default.get("SSEAlgorithm") == _OWN_KEY and default.get("KMSMasterKeyID"):
                yield (
                    f"PutBucketEncryption.ServerSideEncryptionConfiguration.Rules[{index}]"
                    ".ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
                    f'is set, and SSEAlgorithm is "{_OWN_KEY}", which has no key of KMS',
                    'write the SSEAlgorithm "aws:kms", or leave the key out',
                )


def _policies(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for request in bucket.inputs_of("PutBucketPolicy"):
        name = str(request.get("Bucket"))
        for index, statement in enumerate(statements(policy_of(request))):
            resource = statement.get("Resource") or []
            for arn in [resource] if isinstance(resource, str) else resource:
                of_bucket = str(arn).partition(":s3:::")[2].partition("/")[0]
                if of_bucket and not set("*?$") & set(of_bucket) and of_bucket != name != UNREAD:
                    yield (
                        f"PutBucketPolicy.Policy.Statement[{index}].Resource",
                        f'is "{arn}", and the policy is that of the bucket {name}: S3 refuses it',
                        f"write arn:aws:s3:::{name} and arn:aws:s3:::{name}/*",
                    )


def public_addresses(production: Production) -> Iterator[Problem]:
    """A bucket's policy names no public addresses where tasks come through a VPC endpoint.

    A call through an endpoint has no aws:SourceIp, and a Deny with NotIpAddress is met:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html.
    """
    file = production.resources.get("bucket")
    if file is None or not s3_endpoints(production):
        return
    for request in file.inputs_of("PutBucketPolicy"):
        for index, statement in enumerate(statements(policy_of(request))):
            conditions = [
                (operator.lower(), key.lower())
                for operator, block in (statement.get("Condition") or {}).items()
                for key in block
            ]
            if statement.get("Effect") == "Deny" and conditions == [("notipaddress", SOURCE_IP)]:
                yield Problem(
                    f"PutBucketPolicy.Policy.Statement[{index}].Condition",
                    "denies whoever has none of its public addresses (aws:SourceIp), and tasks"
                    f" reach S3 through the VPC's endpoint in {production.files['phases.network']},"
                    " without any: every upload and download fails",
                    "add a condition that spares them, such as StringNotEquals aws:SourceVpce with"
                    " the endpoint's id",
                    file=production.files["resources.bucket"],
                )


CHECKS = (
    names,
    settings,
    public_addresses,
)
