"""Receipt rules of SES: the mails that they keep."""

from __future__ import annotations

from typing import Any

import pytest

from harness.aws.mail_receipt import MailReceipt, message_id, receipts

KEPT = {"S3Action": {"BucketName": "mails", "ObjectKeyPrefix": "in/"}}
RULE: dict[str, Any] = {
    "Name": "rehearsal",
    "Enabled": True,
    "Recipients": ["rehearsal.shop.example"],
    "Actions": [{"AddHeaderAction": {"HeaderName": "X", "HeaderValue": "1"}}, KEPT],
}


def test_a_rule_keeps_the_mails_of_its_recipients() -> None:
    assert [*receipts(RULE)] == [MailReceipt("rehearsal.shop.example", "mails", "in/")]


@pytest.mark.parametrize(
    "changed",
    [
        {"Enabled": False},
        {"Enabled": None},
        {"Recipients": []},
        {"Recipients": [".shop.example"]},
        {"Actions": [{"StopAction": {"Scope": "RuleSet"}}]},
        {"Actions": [{"S3Action": {**KEPT["S3Action"], "KmsKeyArn": "arn:aws:kms:::key/1"}}]},
    ],
)
def test_a_rule_keeps_nothing(changed: dict[str, Any]) -> None:
    assert [*receipts({**RULE, **changed})] == []


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        ("rehearsal.shop.example", "rehearsal+{tag}@rehearsal.shop.example"),
        ("tests@shop.example", "tests+{tag}@shop.example"),
    ],
)
def test_visitors_get_addresses_that_the_rule_takes(recipient: str, address: str) -> None:
    receipt = MailReceipt(recipient, "mails")
    assert receipt.address == address
    assert receipt.takes(address.format(tag="ab12cd-0123456789ab"))


@pytest.mark.parametrize(
    ("recipient", "address", "taken"),
    [
        ("shop.example", "Anybody@Shop.example", True),
        ("shop.example", "anybody@www.shop.example", False),
        ("tests@shop.example", "TESTS@shop.example", True),
        ("tests@shop.example", "other+tests@shop.example", False),
        ("tests@shop.example", "tests@other.example", False),
    ],
)
def test_mail_of_a_recipient_is_kept_and_no_other(
    recipient: str, address: str, taken: bool
) -> None:
    assert MailReceipt(recipient, "mails").takes(address) is taken


@pytest.mark.parametrize(
    ("region", "header"),
    [
        ("us-east-1", "<0100@email.amazonses.com>"),
        ("eu-west-1", "<0100@eu-west-1.amazonses.com>"),
    ],
)
def test_ses_writes_a_message_id_of_its_own(region: str, header: str) -> None:
    assert message_id("0100", region=region) == header
