"""SES's rejections, and the causes of a missing mail."""

from __future__ import annotations

from typing import Any

from harness.diagnosis.expect import SettingCause

REJECTIONS = (
    "not verified",
    "Did not have authority to send",
    # IAM rejects the call before SES does where the role names the sender that it may use.
    "not authorized to perform: ses:Send",
)
SWALLOWED = "the app swallows SES's error: the job must fail with it, to be tried again"
UNKEPT = (
    "SES took the mail, and the receipt rule of aws.mail_receipt_rule did not keep it: its rule set"
    " must be the active one, its domain's MX record must name SES's inbound endpoint, and the"
    " bucket's policy must let ses.amazonaws.com put objects"
)
MAIL_S = 15.0
"""How long a worker may take for a job that sends a mail."""
UNSENT = ("log", "array", "smtp", "sendmail")
"""Mailers that send nothing through SES."""


def missing_mail_cause(mailer: str, ends: list[str], *, count: int = 1) -> str:
    """Return why a mail did not arrive; empty where mailer and runs do not show it.

    Args:
        mailer: MAIL_MAILER of the worker.
        ends: The outcome of each run of the mail's job, where the scenario knows them.
        count: How many mails were expected, each of a job of its own.
    """
    if mailer in UNSENT:
        return SettingCause(
            "MAIL_MAILER",
            f'MAIL_MAILER is "{mailer}" in the worker, and must be ses: its mails go nowhere',
        )
    if 0 < len(ends) < count:
        return SettingCause(
            "QUEUE_CONNECTION",
            f"{count} jobs were to send mails, and {len(ends)} came to the worker: the other was"
            " dispatched to another queue (QUEUE_CONNECTION, SQS_PREFIX or SQS_QUEUE of the task"
            " that dispatches it), or not at all",
        )
    if ends[:1] == ["succeeded"]:
        return (
            "the mail's job ran and sent nothing: it did not find its record, which was not"
            " committed yet (after_commit), or the app sends no mail for it"
        )
    return ""


def redirected_cause(address: str) -> str:
    """Return why every mail goes to one address; empty where there is none."""
    if not address:
        return ""
    return (
        f"every mail goes to {address} in the place of its recipient: Mail::alwaysTo() in a service"
        " provider, or mail.to in the configuration, is left from development: take it out, or call"
        " it outside production only"
    )


def untried_cause(runs: list[dict[str, Any]]) -> str:
    """Return why a mail's job that failed did not run again."""
    if any(run.get("connection") == "sync" for run in runs):
        return (
            "the job ran where it was dispatched, and no queue brings it back: it is dispatched by"
            " dispatchSync() or dispatchAfterResponse(), or on the connection sync: use dispatch()"
        )
    if any((run.get("max_tries") or 1) > 1 for run in runs):
        return (
            "a job that fails and has tries left does not come back: the worker may not put it back"
            " into the queue (its role needs sqs:ChangeMessageVisibility), or runs no more"
        )
    return (
        "a job that fails is not tried again: queue:work's --tries is 1, or the job's own $tries is"
    )
