"""SES's receipt rules that keep the mails of an address in a bucket.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-receipt-rules-console-walkthrough.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_USER = "rehearsal"


@dataclass(frozen=True)
class MailReceipt:
    """The recipient of one rule, and where SES keeps the mails that come for it."""

    recipient: str
    """An address, which takes the same with labels, or a domain, which takes all its addresses."""
    bucket: str
    prefix: str = ""

    @property
    def address(self) -> str:
        """An address that the rule takes, with ``{tag}`` as its label."""
        user, _, domain = self.recipient.rpartition("@")
        return f"{user or _USER}+{{tag}}@{domain}"

    def takes(self, address: str) -> bool:
        """Return whether mail to an address is kept."""
        user, _, domain = address.lower().rpartition("@")
        local_part, _, own = self.recipient.lower().rpartition("@")
        return domain == own and local_part in ("", user, user.partition("+")[0])


def receipts(rule: Mapping[str, Any]) -> Iterator[MailReceipt]:
    """Go through the recipients of a rule that has an S3 action; none of one that is disabled.

    A recipient with a dot before it has a domain's subdomains, and is left out; so is an action
    with a KmsKeyArn, which encrypts the mails before they come to the bucket.
    """
    if str(rule.get("Enabled", False)).lower() != "true":
        return
    for action in rule.get("Actions") or ():
        s3_action = action.get("S3Action") or {}
        is_readable = s3_action and not s3_action.get("KmsKeyArn")
        for recipient in rule.get("Recipients") or ():
            if is_readable and not recipient.startswith("."):
                prefix = str(s3_action.get("ObjectKeyPrefix") or "")
                yield MailReceipt(recipient, str(s3_action["BucketName"]), prefix)


def message_id(sent: str, *, region: str) -> str:
    """Return the Message-ID header of a mail that SES sent, by the id that SES answered.

    SES writes its own in place of the sender's:
    https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    """
    host = "email" if region == "us-east-1" else region
    return f"<{sent}@{host}.amazonses.com>"
