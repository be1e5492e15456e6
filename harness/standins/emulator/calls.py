"""One call of an AWS API, as the emulator has read it, and which rights AWS would ask for it.

Sources: the service authorization reference of each service, for instance
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import getaddresses, parseaddr
from typing import Any

from harness.aws.arn import partition_of
from harness.aws.iam_policy import ANY, Need

NEEDS_NO_RIGHT = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}

_RECIPIENTS = ("To", "Cc", "Bcc")
_OBJECT_ACTIONS = {
    "HeadObject": "GetObject",
    "GetObjectAttributes": "GetObject",
    "PostObject": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
}
"""Operations on an object, with an action of another name."""
_BUCKET_ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
}
"""Operations on a bucket, with an action of another name."""
_KEY_ACTIONS = {
    ("s3", "GetObject"): ("kms:Decrypt",),
    ("s3", "PutObject"): ("kms:GenerateDataKey",),
    ("s3", "PostObject"): ("kms:GenerateDataKey",),
    ("s3", "CopyObject"): ("kms:Decrypt", "kms:GenerateDataKey"),
    ("s3", "CreateMultipartUpload"): ("kms:GenerateDataKey", "kms:Decrypt"),
    ("sqs", "SendMessage"): ("kms:GenerateDataKey", "kms:Decrypt"),
    ("sqs", "SendMessageBatch"): ("kms:GenerateDataKey", "kms:Decrypt"),
    ("sqs", "ReceiveMessage"): ("kms:Decrypt",),
}
"""Actions of a call on a customer managed key of KMS.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html.
"""
_AWSS_KEYS = "alias/aws/"
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")

OF_A_VISITOR: Mapping[str, tuple[str, ...]] = {
    "aws:sourcevpc": (),
    "aws:sourcevpce": (),
    "aws:vpcsourceip": (),
}
"""Condition keys that a call by a signed link lacks: its visitor is outside the VPC."""


@dataclass(frozen=True)
class Call:
    """One call, without its caller."""

    service: str
    operation: str
    account: str
    region: str
    params: Mapping[str, Any] = field(default_factory=dict)
    """The operation's input, under the names of the API."""

    def arn(self, resource: str) -> str:
        """Write the ARN of a resource of this service, account and region."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{resource}"

    @property
    def partition(self) -> str:
        """The partition of the call's region."""
        return partition_of(self.region)

    @property
    def grants(self) -> dict[str, Any]:
        """The access control list in an S3 call."""
        return {name: self.params[name] for name in ("ACL", *_GRANTS) if self.params.get(name)}


def needs(call: Call, *, identity: Callable[[str], str], key: str = "") -> list[Need]:
    """Return the rights that AWS asks for a call; nothing where it asks for none.

    Args:
        call: The call.
        identity: Gives the verified identity of SES that stands for an address.
        key: The key of KMS that the bucket or the queue is encrypted with, as its settings name
            it; empty where it has none.
    """
    if (call.service, call.operation) in NEEDS_NO_RIGHT:
        return []
    if call.service == "s3":
        return [*_s3(call), *_of_key(call, key=key)]
    if call.service == "sqs":
        sent = Need(f"sqs:{call.operation.removesuffix('Batch')}", _queue(call))
        return [sent, *_of_key(call, key=key)]
    if call.service == "ses" and call.operation in ("SendRawEmail", "SendEmail"):
        return [_send(call, identity=identity)]
    resource = ""
    if call.service == "secretsmanager":
        secret_id = str(call.params.get("SecretId", ""))
        # Only a whole ARN says which six signs the policy must match.
        resource = secret_id if secret_id.startswith("arn:") else ""
    return [Need(f"{call.service}:{call.operation}", resource)]


def bucket_listing(call: Call) -> Need:
    """Return the right without which S3 does not tell a missing object from a forbidden one."""
    return Need("s3:ListBucket", f"arn:{call.partition}:s3:::{call.params.get('Bucket', '')}")


def _s3(call: Call) -> list[Need]:
    if call.operation == "ListBuckets":
        return [Need("s3:ListAllMyBuckets", ANY)]
    bucket = f"arn:{call.partition}:s3:::{call.params.get('Bucket', '')}"
    if call.operation == "DeleteObjects":
        objects = (call.params.get("Delete") or {}).get("Objects") or []
        return [Need("s3:DeleteObject", f"{bucket}/{entry.get('Key', '')}") for entry in objects]
    key = call.params.get("Key")
    if key is None:
        action = _BUCKET_ACTIONS.get(call.operation, call.operation)
        prefix = call.params.get("Prefix")
        return [Need(f"s3:{action}", bucket, {"s3:prefix": (str(prefix),) if prefix else ()})]
    action = _OBJECT_ACTIONS.get(call.operation, call.operation)
    if call.params.get("VersionId") and action in ("GetObject", "DeleteObject"):
        action += "Version"
    rights = [Need(f"s3:{action}", f"{bucket}/{key}", _upload_context(call))]
    if call.grants and action == "PutObject":
        rights.append(Need("s3:PutObjectAcl", f"{bucket}/{key}", _upload_context(call)))
    if call.params.get("Tagging") and action == "PutObject":
        rights.append(Need("s3:PutObjectTagging", f"{bucket}/{key}"))
    source = call.params.get("CopySource")
    if source:
        path = source if isinstance(source, str) else f"{source['Bucket']}/{source['Key']}"
        copied = path.lstrip("/").partition("?")[0]
        rights.append(Need("s3:GetObject", f"arn:{call.partition}:s3:::{copied}"))
    return rights


def _of_key(call: Call, *, key: str) -> list[Need]:
    """Name the rights on a customer's key; AWS's own keys are for everyone in the account."""
    if not key or _AWSS_KEYS in key:
        return []
    # A policy names the key, and what key an alias stands for is not known here.
    key_arn = "" if "alias/" in key else key if key.startswith("arn:") else _key_arn(call, key)
    return [
        Need(action, key_arn) for action in _KEY_ACTIONS.get((call.service, call.operation), ())
    ]


def _key_arn(call: Call, key: str) -> str:
    return f"arn:{call.partition}:kms:{call.region}:{call.account}:key/{key}"


def _upload_context(call: Call) -> dict[str, tuple[str, ...]]:
    values = {
        "s3:x-amz-acl": call.params.get("ACL"),
        "s3:x-amz-server-side-encryption": call.params.get("ServerSideEncryption"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id": call.params.get("SSEKMSKeyId"),
    }
    return {key: (str(value),) if value else () for key, value in values.items()}


def _queue(call: Call) -> str:
    if call.operation == "ListQueues":
        return ANY
    url = str(call.params.get("QueueUrl") or call.params.get("QueueName") or "")
    name = url.rstrip("/").rpartition("/")[2]
    return call.arn(name) if name else ""


def _send(call: Call, *, identity: Callable[[str], str]) -> Need:
    sender = sender_of(call)
    context = {
        "ses:fromaddress": (sender,) if sender else (),
        "ses:recipients": recipients_of(call),
    }
    name = identity(sender) or sender
    return Need(f"ses:{call.operation}", call.arn(f"identity/{name}"), context)


def sender_of(call: Call) -> str:
    """Return the address that a mail is from: Source, or the From header of a raw one."""
    source = str(call.params.get("Source") or "") or str(_headers_of(call).get("From", ""))
    return parseaddr(source)[1]


def recipients_of(call: Call) -> tuple[str, ...]:
    """Return the addresses that a mail goes to: Destinations, or the headers of a raw one."""
    destinations = call.params.get("Destinations") or []
    for kind in _RECIPIENTS:
        destinations = [
            *destinations,
            *(call.params.get("Destination") or {}).get(f"{kind}Addresses", ()),
        ]
    if not destinations:
        headers = _headers_of(call)
        destinations = [str(header) for kind in _RECIPIENTS for header in headers.get_all(kind, ())]
    return tuple(dict.fromkeys(address for _, address in getaddresses(destinations) if address))


def _headers_of(call: Call) -> Message:
    raw = (call.params.get("RawMessage") or {}).get("Data") or b""
    data = raw.encode() if isinstance(raw, str) else bytes(raw)
    return BytesHeaderParser(policy=default).parsebytes(data)
