"""The mails that the emulator keeps."""

from __future__ import annotations

from typing import Any

import pytest

from harness.standins.emulator import mails
from harness.target.resources.mailbox import decoded

RAW = (
    "From: Shop <tickets@shop.example>\r\nTo: A <a@shop.example>,\r\n b@shop.example\r\n"
    "Message-ID:\r\n <own@app>\r\nSubject: Tickets\r\n\r\nTo: nobody@shop.example\r\n\r\nHello"
)
RULE: dict[str, Any] = {
    "Name": "mails",
    "Enabled": "true",
    "Recipients": ["other.example", "b@shop.example"],
    "Actions": [{"S3Action": {"BucketName": "mails", "ObjectKeyPrefix": "in/"}}],
}


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        (RAW, ["a@shop.example", "b@shop.example"]),
        (RAW.replace("\r\n", "\n"), ["a@shop.example", "b@shop.example"]),
        ("Subject: x\r\nCc: C@shop.example", ["C@shop.example"]),
        ("\r\n\r\nTo: body@shop.example", []),
        ("", []),
    ],
)
def test_recipients_are_those_of_the_headers(raw: str, addresses: list[str]) -> None:
    assert mails.recipients(raw) == addresses


def test_the_mails_to_an_address_are_answered_and_no_others() -> None:
    sent: list[dict[str, Any]] = [
        {"Timestamp": "2", "RawData": RAW, "Id": "m2"},
        {"Timestamp": "1", "RawData": "To: c@shop.example\n\nHello"},
        {"Timestamp": "0", "Body": {"text_part": "no raw mail"}},
    ]
    assert mails.to_address(sent, "b@shop.example") == [{"Timestamp": "2", "RawData": RAW}]
    assert mails.to_address(sent, "nobody@shop.example") == []


def test_a_receipt_rule_keeps_a_mail_under_the_id_of_ses() -> None:
    ((receipt, text),) = mails.copies(RAW, sent="m1", region="eu-west-1", rules=[RULE])
    assert (receipt.bucket, receipt.prefix) == ("mails", "in/")
    mail = decoded(text.encode())
    assert mail.headers["message-id"] == "<m1@eu-west-1.amazonses.com>"
    assert "own@app" not in text
    assert (mail.subject, mail.recipients) == ("Tickets", ("a@shop.example", "b@shop.example"))
    assert mail.text.splitlines() == ["To: nobody@shop.example", "", "Hello"]


def test_a_mail_to_others_is_not_kept() -> None:
    rule = {**RULE, "Recipients": ["other.example"]}
    assert [*mails.copies(RAW, sent="m1", region="eu-west-1", rules=[rule])] == []
