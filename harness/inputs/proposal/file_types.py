"""The key of cutover.toml that a JSON file is for, by the fields at its top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.inputs.aws_cli import identities
from harness.inputs.document import Document
from harness.inputs.files import cache, mail_receipts
from harness.inputs.files.phase_files import PHASE_FILES

if TYPE_CHECKING:
    from pathlib import Path

_MARKS: Mapping[str, tuple[str, ...]] = {
    "mail_receipt_rule": (mail_receipts.OPERATION,),
    "service": ("services", "serviceName"),  # before what CreateService has as a field, too
    "task_definition": ("taskDefinition", "containerDefinitions"),
    "load_balancer": ("LoadBalancers", "LoadBalancer"),
    "target_group": ("TargetGroups", "TargetGroup"),
    "security_groups": ("SecurityGroups",),
    "rule": ("PutRule", "CreateSchedule", "ScheduleExpression"),
    "queues": ("CreateQueue",),
    "bucket": ("CreateBucket", "PublicAccessBlockConfiguration", "OwnershipControls"),
    "cache": tuple(cache.FIELDS),
    "identity": identities.FORM.fields,
}
"""Key of cutover.toml -> fields at the top of its file."""
_RECEIPT_RULES = {"Rules", *mail_receipts.FORM.beside}
"""Fields of an active receipt rule set; a load balancer's rules have the first alone."""
_OF_ROLE = ("Role", "AssumeRolePolicyDocument")
"""Fields at the top of a role's file."""
KEYS = (*_MARKS, *PHASE_FILES)


def key_of(document: Document) -> str:
    """Return the key of a file, without its table; empty for a file of another type."""
    fields = _fields(document)
    if fields >= _RECEIPT_RULES:
        return "mail_receipt_rule"
    names = (
        name
        for name, marks in _MARKS.items()
        if fields.intersection(marks) or (name == "queues" and _is_queue(document))
    )
    return next(names, "") or _phase_file(fields)


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


def _fields(document: Document) -> set[str]:
    return {
        name
        for one in document.objects
        for name, value in one.data.items()
        if _is_of_objects(value)
    }


def _is_of_objects(value: Any) -> bool:
    """Whether a value may be a resource, or a list of them: SecurityGroups may be ids, too."""
    return not isinstance(value, list) or all(isinstance(one, dict) for one in value)


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


def _is_queue(document: Document) -> bool:
    attributes = document.data.get("Attributes")
    return isinstance(attributes, dict) and "QueueArn" in attributes
