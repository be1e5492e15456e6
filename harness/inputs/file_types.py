"""The key of cutover.toml that a JSON file is for, by the fields at its top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.aws import elb_attributes
from harness.inputs.aws_cli import bare, identities
from harness.inputs.aws_cli.resources import OF_POLICIES
from harness.inputs.document import Document
from harness.inputs.files import cache, mail_receipts
from harness.inputs.files.phase_files import PHASE_FILES

if TYPE_CHECKING:
    from pathlib import Path

_MARKS: Mapping[str, tuple[str, ...]] = {
    "mail_receipt_rule": (mail_receipts.OPERATION,),
    "service": ("services", "serviceName"),  # before what CreateService has as a field, too
    "task_definition": ("taskDefinition", "containerDefinitions"),
    "load_balancer": ("LoadBalancers", "LoadBalancer", "Listeners"),
    "target_group": ("TargetGroups", "TargetGroup"),
    "security_groups": ("SecurityGroups",),
    "rule": ("PutRule", "CreateSchedule", "ScheduleExpression", "Targets"),
    "queues": ("CreateQueue",),
    "bucket": (
        *("CreateBucket", "PublicAccessBlockConfiguration", "OwnershipControls", "CORSRules"),
        *("ServerSideEncryptionConfiguration", "LocationConstraint", "BucketArn"),
    ),
    "cache": tuple(cache.FIELDS),
    "identity": identities.FORM.fields,
}
"""Key of cutover.toml -> fields at the top of its file, or of a part of it, the main one first."""
_MEMBERS: Mapping[tuple[str, str], str] = {
    ("TargetGroups", "DBProxyName"): "database",
    ("Rules", "Actions"): "load_balancer",
    ("Rules", "Status"): "bucket",
}
"""A list at the top, and a field of its objects -> the key, where the list alone does not tell."""
_RECEIPT_RULES = {"Rules", *mail_receipts.FORM.beside}
"""Fields of an active receipt rule set; a load balancer's rules have the first alone."""
_OF_ROLE = ("Role", "AssumeRolePolicyDocument")
"""Fields at the top of a role's file."""
_VERSIONING = {"Status", "MFADelete"}
"""Fields that `aws s3api get-bucket-versioning` prints."""
KEYS = (*_MARKS, *PHASE_FILES)


def key_of(document: Document) -> str:
    """Return the key of a file, or of a part of one, without its table; empty for another type."""
    fields = _fields(document)
    if fields >= _RECEIPT_RULES:
        return "mail_receipt_rule"
    special = (
        key
        for source in document.objects
        for (name, member), key in _MEMBERS.items()
        if name in fields and _has(source.data.get(name), member)
    )
    empty = {
        name for source in document.objects for name, value in source.data.items() if value == []
    }
    names = (name for name, marks in _MARKS.items() if (fields - empty).intersection(marks))
    key = next(special, "") or next(names, "") or _of_settings(document)
    return key or bare.key_of(document) or _phase_file(fields)


def parts(document: Document, key: str) -> list[str]:
    """Return the keys that a file's objects have in the file of a key."""
    return bare.names(document, key) or [
        name for source in document.objects for name in source.data
    ]


def rank(document: Document, key: str) -> int:
    """Return the place of a part of a key's file among the others: the main one is the first."""
    marks = _MARKS.get(key, ())
    return min((marks.index(part) for part in parts(document, key) if part in marks), default=9)


def is_meant(path: Path) -> bool:
    """Whether a file that is no JSON names a resource, and was saved or cut wrongly."""
    try:
        text = path.read_bytes().replace(b"\0", b"").decode("utf-8", "replace")
    except OSError:
        return True
    return any(f'"{mark}"' in text for marks in _MARKS.values() for mark in marks)


def is_role(document: Document) -> bool:
    """Whether a file makes an IAM role."""
    return bool(_fields(document).intersection(_OF_ROLE))


def may_be_role(document: Document) -> bool:
    """Whether a file among others makes an IAM role, or holds a part of one."""
    return bool(_fields(document).intersection({*_OF_ROLE, *OF_POLICIES, "RoleName"}))


def _fields(document: Document) -> set[str]:
    return {
        name
        for source in document.objects
        for name, value in source.data.items()
        if _is_of_objects(value)
    }


def _is_of_objects(value: Any) -> bool:
    """Whether a value may be a resource, or a list of them: SecurityGroups may be ids, too."""
    return not isinstance(value, list) or all(isinstance(entry, dict) for entry in value)


def _phase_file(fields: set[str]) -> str:
    """Return the key of [phases] for a file with these fields at its top; empty for another.

    All of them count: composer.json has ``repositories``, too.
    """
    forms = {name: file.form for name, file in PHASE_FILES.items()}
    fitting = (
        name
        for name, form in forms.items()
        if fields & {*form.fields} and fields <= {*form.fields, *form.beside}
    )
    return next(fitting, "")


def _has(value: Any, member: str) -> bool:
    return isinstance(value, list) and any(member in entry for entry in value)


def _of_settings(document: Document) -> str:
    """Return the key of attributes, a bucket's policy or its versioning; empty for others."""
    attributes = document.data.get("Attributes")
    if isinstance(attributes, dict) and "QueueArn" in attributes:
        return "queues"
    if isinstance(attributes, list):
        names = {
            str(attribute.get("Key")) for attribute in attributes if isinstance(attribute, dict)
        }
        both = elb_attributes.GROUP.keys() & elb_attributes.BALANCER.keys()
        resources = {"target_group": elb_attributes.GROUP, "load_balancer": elb_attributes.BALANCER}
        return next((key for key, own in resources.items() if names & own.keys() - both), "")
    policy = document.data.get("Policy")
    is_policy = isinstance(policy, str) and "arn:aws:s3:::" in policy
    return "bucket" if is_policy or {"Status"} <= {*document.data} <= _VERSIONING else ""
