"""The mails that SES keeps in a bucket, by a receipt rule: their texts and attachments.

SES names an object by an id of its own, so that a mail is known by its Message-ID header:
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-s3.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.aws import mail_receipt
from harness.target.resources.mailbox import Mail, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.aws.mail_receipt import MailReceipt

_CLOCKS_DIFFER = timedelta(minutes=1)
_MESSAGE_ID = "message-id"


class MailBucket:
    """The mails under a receipt rule's prefix; each object is read once."""

    def __init__(self, receipt: MailReceipt, *, region: str, s3: Any) -> None:
        self._receipt = receipt
        self._region = region
        self._s3 = s3
        self._mails: dict[str, Mail] = {}
        self._read: set[str] = set()

    def completed(self, mail: Mail) -> Mail:
        """Return a mail with its text and attachments, or as it is while they have not come."""
        message_id = mail_receipt.message_id(mail.id, region=self._region)
        if message_id not in self._mails:
            for key in self._keys(since=datetime.fromisoformat(mail.sent) - _CLOCKS_DIFFER):
                self._take(key)
        message = self._mails.get(message_id)
        if message is None:
            return mail
        return replace(
            mail,
            text=message.text,
            html=message.html,
            attachments=message.attachments,
            is_whole=True,
        )

    def _keys(self, *, since: datetime) -> Iterator[str]:
        """Go through the objects that came since then, and were not read."""
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._receipt.bucket, Prefix=self._receipt.prefix):
            for entry in page.get("Contents", ()):
                if entry["LastModified"] >= since and entry["Key"] not in self._read:
                    yield entry["Key"]

    def _take(self, key: str) -> None:
        body = self._s3.get_object(Bucket=self._receipt.bucket, Key=key)["Body"].read()
        mail = decoded(body)
        self._mails[mail.headers.get(_MESSAGE_ID, "")] = mail
        self._read.add(key)
