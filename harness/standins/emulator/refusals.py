"""Calls that AWS refuses and the emulator lets through; refusals in AWS's words.

Each is a mistake that is green on the emulator and red on the day of the cutover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.standins.emulator.calls import Call

MOST_DELAY_S = 900
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
LONGEST_PRESIGNED_S = 604800
LARGEST_MAIL = 10 * 1024 * 1024
"""Bytes of a mail by SES v1: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
_OF_ANY_REGION = ("CreateBucket", "GetBucketLocation", "ListBuckets")
_ACLS_THAT_CHANGE_NOTHING = ("private", "bucket-owner-full-control")


@dataclass(frozen=True)
class Refusal:
    """An error of an API: its code, its message, and the HTTP status."""

    code: str
    message: str
    status: int = 400


def of_caller(call: Call, *, key: str, is_known: bool) -> Refusal | None:
    """Refuse a call without a key, or with one that AWS never gave."""
    if not key:
        # An object of a bucket that blocks public access is for nobody without a signature.
        if call.service == "s3":
            return Refusal("AccessDenied", "Access Denied", 403)
        return Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if is_known:
        return None
    if call.service == "s3":
        return Refusal(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
        )
    return Refusal(
        "InvalidClientTokenId", "The security token included in the request is invalid.", 403
    )


def of_call(
    call: Call, *, owner_enforced: Callable[[str], bool], has_set: Callable[[str], bool]
) -> Refusal | None:
    """Refuse calls that no permission allows.

    Args:
        call: The call.
        owner_enforced: Says whether a bucket's objects are its owner's, so that it has no ACLs.
        has_set: Says whether SES has a configuration set of that name.
    """
    if call.service == "s3" and call.grants and owner_enforced(str(call.params.get("Bucket"))):
        return _acl(call)
    if call.service == "sqs":
        return _delays(call)
    if call.service == "ses" and (size := len(_raw_mail(call))) > LARGEST_MAIL:
        # The words of https://github.com/aws/aws-sdk-go-v2/issues/1774.
        return Refusal(
            "InvalidParameterValue",
            f"Message length is more than {LARGEST_MAIL} bytes long: '{size}'.",
        )
    name = str(call.params.get("ConfigurationSetName") or "")
    if call.service == "ses" and call.operation.startswith("Send") and name and not has_set(name):
        return Refusal(
            "ConfigurationSetDoesNotExist", f"Configuration set <{name}> does not exist."
        )
    return None


def of_region(call: Call, *, bucket_region: str) -> Refusal | None:
    """Refuse a call to a bucket in another region.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html

    Args:
        call: The call, with the region for which it is signed.
        bucket_region: Where the bucket is; empty where there is none.
    """
    if bucket_region in ("", call.region) or call.operation in _OF_ANY_REGION:
        return None
    return Refusal(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint."
        " Please send all future requests to this endpoint.",
        301,
    )


def of_query(call: Call, query: Mapping[str, str]) -> Refusal | None:
    """Refuse a presigned URL that is to live longer than a signature can."""
    seconds = query.get("X-Amz-Expires", "")
    if call.service == "s3" and seconds.isdigit() and int(seconds) > LONGEST_PRESIGNED_S:
        return Refusal(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
            f" must be less than {LONGEST_PRESIGNED_S} seconds",
        )
    return None


def _acl(call: Call) -> Refusal | None:
    """Refuse an ACL, as a bucket with BucketOwnerEnforced does.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
    """
    if set(call.grants) == {"ACL"} and call.grants["ACL"] in _ACLS_THAT_CHANGE_NOTHING:
        return None
    return Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _raw_mail(call: Call) -> bytes:
    data = (call.params.get("RawMessage") or {}).get("Data") or b""
    return data if isinstance(data, bytes) else str(data).encode()


def _delays(call: Call) -> Refusal | None:
    entries: Iterable[Mapping[str, Any]] = call.params.get("Entries") or (call.params,)
    for entry in entries:
        delay_s = entry.get("DelaySeconds")
        if delay_s is not None and int(delay_s) > MOST_DELAY_S:
            return Refusal(
                "InvalidParameterValue",
                f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: DelaySeconds must"
                f" be >= 0 and <= {MOST_DELAY_S}.",
            )
    return None
