"""The file of SES's receipt rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.aws.mail_receipt import MailReceipt
from harness.inputs.document import read_json
from harness.inputs.files import mail_receipts
from harness.inputs.problem import InputError

RULE: dict[str, Any] = {
    "Name": "mails",
    "Enabled": True,
    "Recipients": ["rehearsal.shop.example"],
    "Actions": [{"S3Action": {"BucketName": "mails", "ObjectKeyPrefix": "in/"}}],
}
OTHER = {**RULE, "Name": "other", "Recipients": [], "Enabled": False}


def read(tmp_path: Path, content: Any) -> MailReceipt:
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(content))
    return mail_receipts.read(mail_receipts.form(read_json(path)))


def problems(tmp_path: Path, content: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    return [f"{problem.key} {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        {"CreateReceiptRule": {"RuleSetName": "shop", "Rule": RULE}},
        {"RuleSetName": "shop", "Rule": RULE},
        {"Metadata": {"Name": "shop", "CreatedTimestamp": "2026"}, "Rules": [OTHER, RULE]},
    ],
)
def test_a_rule_is_read_in_each_form(tmp_path: Path, content: dict[str, Any]) -> None:
    assert read(tmp_path, content) == MailReceipt("rehearsal.shop.example", "mails", "in/")


def test_every_fault_of_a_rule_is_named_at_its_place(tmp_path: Path) -> None:
    action = {"S3Action": {"BucketName": "mails", "KmsKeyArn": "arn:aws:kms:::key/1"}}
    broken = {"Name": "mails", "Recipients": [".shop.example"], "Actions": [action]}
    assert problems(tmp_path, {"Metadata": {"Name": "shop"}, "Rules": [broken]}) == [
        "Rules[0].Enabled is not true: SES leaves the rule out, and no mail comes to the bucket",
        "Rules[0].Recipients names no address and no domain, so that no address is known whose"
        " mails it keeps",
        "Rules[0].Actions has a KmsKeyArn that encrypts the mails before they come to the bucket:"
        " they cannot be read there",
    ]
    nothing = {"RuleSetName": "shop", "Rule": {**RULE, "Actions": []}}
    assert problems(tmp_path, nothing) == ["Rule.Actions has no S3Action: the mails are not kept"]


def test_of_several_rules_one_that_can_be_read_is_taken(tmp_path: Path) -> None:
    action = {"S3Action": {"BucketName": "sealed", "KmsKeyArn": "arn:aws:kms:::key/1"}}
    sealed = {**RULE, "Name": "sealed", "Actions": [action]}
    receipt = read(tmp_path, {"Metadata": {"Name": "shop"}, "Rules": [sealed, RULE]})
    assert receipt.bucket == "mails"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"Rules": []}, " has no CreateReceiptRule"),
        ({"Rules": {}}, "Rules is an object, and must be a list"),
        (
            {"QueueUrls": []},
            "QueueUrls is what `aws sqs list-queues` prints, and a receipt rule of",
        ),
        ({"RuleSetName": "shop", "Rule": "mails"}, "Rule is a string, and must be an object"),
        ({"Metadata": [], "Rules": [RULE]}, "Metadata is a list, and must be an object"),
        ({"RuleSetName": "shop", "Rule": {**RULE, "Actions": [{"S3Action": {}}]}}, "Rule.Actions"),
        ({"RuleSetName": "shop", "Rule": {**RULE, "Actions": ["S3"]}}, "Rule.Actions[0] is a"),
        ({"RuleSetName": "shop", "Rule": {**RULE, "Recipients": [7]}}, "Rule.Recipients[0] is a"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    assert any(problem.startswith(message) for problem in problems(tmp_path, content)), problems(
        tmp_path, content
    )
