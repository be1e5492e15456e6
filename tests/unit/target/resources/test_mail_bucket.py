"""Mails of SES are completed from the bucket in which a receipt rule keeps them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from harness.aws.mail_receipt import MailReceipt
from harness.target.resources.mail_bucket import MailBucket
from harness.target.resources.mailbox import Mail

SENT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
RECEIPT = MailReceipt("rehearsal.shop.example", "mails", "in/")
TO = "rehearsal+ab12cd-0123456789ab@rehearsal.shop.example"


class Bucket:
    """A client of S3 with one bucket, whose objects come page by page."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[datetime, bytes]] = {}
        self.reads: list[str] = []

    def put(self, key: str, content: bytes, *, at: datetime = SENT) -> None:
        self.objects[key] = (at, content)

    def get_paginator(self, operation: str) -> Bucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **given: str) -> list[dict[str, Any]]:
        assert given == {"Bucket": RECEIPT.bucket, "Prefix": RECEIPT.prefix}
        return [
            {},
            *({"Contents": [{"Key": k, "LastModified": v[0]}]} for k, v in self.objects.items()),
        ]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == RECEIPT.bucket
        self.reads.append(Key)
        return {"Body": io.BytesIO(self.objects[Key][1])}


def mail_of_event(mail_id: str = "0100") -> Mail:
    return Mail(
        sender="tickets@shop.example",
        recipients=(TO,),
        subject="Tickets",
        headers={},
        role="shop-worker",
        id=mail_id,
        sent="2026-11-28T12:00:00.000Z",
        is_whole=False,
    )


def raw(mail_id: str) -> bytes:
    message = EmailMessage()
    message["To"] = TO
    message["Message-ID"] = f"<{mail_id}@eu-west-1.amazonses.com>"
    message.set_content("Dobrý den")
    message.add_attachment(b"BEGIN", maintype="text", subtype="calendar", filename="a.ics")
    return message.as_bytes()


def test_a_mail_gets_its_text_and_keeps_what_its_events_tell() -> None:
    bucket = Bucket()
    mail_bucket = MailBucket(RECEIPT, region="eu-west-1", s3=bucket)
    assert mail_bucket.completed(mail_of_event()) == mail_of_event(), "the text has not come"
    bucket.put("in/AMAZON_SES_SETUP_NOTIFICATION", b"Subject: Setup\n\nHello")
    bucket.put("in/of another mail", raw("0200"))
    bucket.put("in/x", raw("0100"))
    mail = mail_bucket.completed(mail_of_event())
    assert (mail.text, mail.attachments) == ("Dobrý den\n", {"a.ics": ("text/calendar", b"BEGIN")})
    assert (mail.subject, mail.role, mail.is_whole) == ("Tickets", "shop-worker", True)


def test_each_object_is_read_once_and_older_ones_never() -> None:
    bucket = Bucket()
    bucket.put("in/old", raw("0001"), at=SENT - timedelta(hours=1))
    bucket.put("in/x", raw("0100"))
    bucket.put("in/y", b"\xff\xfe no mail at all")
    mail_bucket = MailBucket(RECEIPT, region="eu-west-1", s3=bucket)
    for _ in range(3):
        mail_bucket.completed(mail_of_event())
        mail_bucket.completed(mail_of_event("0300"))
    assert sorted(bucket.reads) == ["in/x", "in/y"]
