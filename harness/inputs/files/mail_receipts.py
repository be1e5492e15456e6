"""The receipt rule by which SES keeps the mails of scenarios in a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.aws import mail_receipt
from harness.inputs.aws_cli.output import Form, Reshaped
from harness.inputs.document import Document, Origin
from harness.inputs.files import api_calls
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.aws.mail_receipt import MailReceipt
    from harness.inputs.files.api_calls import Call

OPERATION = "CreateReceiptRule"
_COMMAND = "aws ses describe-active-receipt-rule-set"
FORM = Form(
    "a receipt rule of SES",
    _COMMAND,
    ("Rules", "Rule", OPERATION),
    beside=("Metadata",),
    printed_by={"Rules": _COMMAND},
)


def form(document: Document) -> Document:
    """Take CreateReceiptRule's input, with or without its name, or the active rule set's rules.

    Raises:
        InputError: It is another form.
    """
    FORM.reject_others(document)
    reshaped, data = Reshaped(document), document.data
    if "Rule" in data:
        reshaped.data[OPERATION] = dict(data)
        reshaped.origins[OPERATION] = Origin(document, "")
        return reshaped.result("aws ses create-receipt-rule")
    if "Rules" not in data:
        return document
    name = (data.get("Metadata") or {}).get("Name", "active")
    inputs = [{"RuleSetName": name, "Rule": rule} for rule in data["Rules"]]
    for index in range(len(inputs)):
        key = f"{OPERATION}[{index}]"
        reshaped.origins[f"{key}.Rule"] = Origin(document, f"Rules[{index}]")
        reshaped.origins[key] = Origin(document, f"Rules[{index}]")
    reshaped.data[OPERATION] = inputs
    return reshaped.result(_COMMAND)


def read(document: Document) -> MailReceipt:
    """Return the recipient of the first rule that keeps its mails, and their place.

    Raises:
        InputError: Every problem of the file.
    """
    file = api_calls.checked(
        document, (OPERATION,), api="ses", needed=OPERATION, checks=(_of_rule,)
    )
    rules = [call.input["Rule"] for call in file.calls]
    return next(receipt for rule in rules for receipt in mail_receipt.receipts(rule))


def _of_rule(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find the faults of rules none of which keeps the mails of an address as they are."""
    faults = {f"{call.key}.Rule": [*_faults(call.input.get("Rule") or {})] for call in calls}
    if all(faults.values()):
        for key, problems in faults.items():
            for name, message, hint in problems:
                yield Problem(f"{key}.{name}", message, hint)


def _faults(rule: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    if rule.get("Enabled") is not True:
        message = "is not true: SES leaves the rule out, and no mail comes to the bucket"
        yield "Enabled", message, "write true; AWS's default is false"
    recipients = rule.get("Recipients") or []
    if not any(not str(recipient).startswith(".") for recipient in recipients):
        message = "names no address and no domain, so that no address is known whose mails it keeps"
        hint = 'name a domain of the harness\'s own, such as "rehearsal.example.com"'
        yield "Recipients", message, hint
    s3_actions = [
        action["S3Action"] for action in rule.get("Actions") or () if "S3Action" in action
    ]
    if not s3_actions:
        message = "has no S3Action: the mails are not kept"
        yield "Actions", message, "add one, with BucketName and ObjectKeyPrefix"
    for s3_action in s3_actions:
        if s3_action.get("KmsKeyArn"):
            message = "encrypts the mails before they come to the bucket: they cannot be read there"
            hint = "leave it out, and encrypt the bucket itself"
            yield "Actions", f"has a KmsKeyArn that {message}", hint
