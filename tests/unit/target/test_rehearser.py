"""The policy of the role that rehearses on an account."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from harness.inputs import production
from harness.target import naming, observer, rehearser
from harness.target.changes.permissions import PERMISSIONS
from tests.project import ROOT

ACCESS = naming.names_in(production.load({"HOME": os.environ.get("HOME", "/")}, cwd=ROOT))
PREFIX = "arn:aws:ecs:us-east-1:876000000876"


def statements() -> list[dict[str, Any]]:
    policy: list[dict[str, Any]] = rehearser.policy(ACCESS)["Statement"]
    return policy


def of(action: str) -> dict[str, Any]:
    (statement,) = (entry for entry in statements() if action in entry["Action"])
    return statement


def test_the_policy_allows_the_permitted_changes_and_the_observers_reads() -> None:
    allowed = {action for statement in statements() for action in statement["Action"]}
    reads = {"ecs:ListTaskDefinitions", "ssm:GetParameters", "secretsmanager:GetSecretValue"}
    changes = {*PERMISSIONS} - {"scheduler:UpdateSchedule"}  # the reference app has a rule
    assert allowed == {*changes, *observer.ACTIONS, *reads, "s3:GetObject", "iam:PassRole"}


def test_of_all_objects_only_mail_bucket_are_read() -> None:
    arn = "arn:aws:s3:::876events-tickets-rehearsal-mails/mails/*"
    assert of("s3:GetObject")["Resource"] == [arn]
    without = rehearser.policy(replace(ACCESS, mail_receipt=None))["Statement"]
    assert not [statement for statement in without if "s3:GetObject" in statement["Action"]]


def test_an_app_with_a_schedule_may_change_that_and_pass_its_role() -> None:
    schedule = {**ACCESS.schedule, "group": "default", "role": "arn:aws:iam::876000000876:role/run"}
    policy = rehearser.policy(replace(ACCESS, schedule=schedule))["Statement"]
    (changed,) = (
        statement for statement in policy if "scheduler:UpdateSchedule" in statement["Action"]
    )
    arn = "arn:aws:scheduler:us-east-1:876000000876:schedule/default/tickets-schedule"
    assert changed["Resource"] == [arn]
    assert not [statement for statement in policy if "events:DisableRule" in statement["Action"]]
    assert policy[-1]["Resource"] == ["arn:aws:iam::876000000876:role/run"]
    service = {"iam:PassedToService": "scheduler.amazonaws.com"}
    assert policy[-1]["Condition"] == {"StringEquals": service}


def test_changes_are_restricted_to_named_resources() -> None:
    assert of("ecs:UpdateService")["Resource"] == [
        f"{PREFIX}:service/tickets/tickets-web",
        f"{PREFIX}:service/tickets/tickets-worker",
    ]
    for action in ("ecs:RunTask", "ecs:StopTask"):
        cluster = {"ecs:cluster": f"{PREFIX}:cluster/tickets"}
        assert of(action)["Condition"] == {"ArnEquals": cluster}
    assert of("ecs:ExecuteCommand")["Resource"] == [
        f"{PREFIX}:cluster/tickets",
        f"{PREFIX}:task/tickets/*",
    ]
    service = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    assert of("iam:PassRole")["Condition"] == {"StringEquals": service}
    wide = [
        statement["Action"] for statement in statements() if statement["Resource"] in ("*", ["*"])
    ]
    assert wide == [
        list(observer.ACTIONS),
        ["ecs:ListTaskDefinitions"],
        ["ecs:DeregisterTaskDefinition"],
    ]


def test_the_policy_fits_into_a_role() -> None:
    text = json.dumps(rehearser.policy(ACCESS), separators=(",", ":"))
    assert len(text) <= 10_240, "IAM takes no longer inline policies of a role"
