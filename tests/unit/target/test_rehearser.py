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
    found: list[dict[str, Any]] = rehearser.policy(ACCESS)["Statement"]
    return found


def of(action: str) -> dict[str, Any]:
    (found,) = (one for one in statements() if action in one["Action"])
    return found


def test_the_policy_allows_the_permitted_changes_and_the_observers_reads() -> None:
    allowed = {action for one in statements() for action in one["Action"]}
    reads = {"ecs:ListTaskDefinitions", "ssm:GetParameters", "secretsmanager:GetSecretValue"}
    changes = {*PERMISSIONS} - {"scheduler:UpdateSchedule"}  # the reference app has a rule
    assert allowed == {*changes, *observer.ACTIONS, *reads, "s3:GetObject", "iam:PassRole"}


def test_of_all_objects_only_mail_bucket_are_read() -> None:
    kept = "arn:aws:s3:::876events-tickets-rehearsal-mails/mails/*"
    assert of("s3:GetObject")["Resource"] == [kept]
    without = rehearser.policy(replace(ACCESS, mail_receipt=None))["Statement"]
    assert not [one for one in without if "s3:GetObject" in one["Action"]]


def test_an_app_with_a_schedule_may_change_that_and_pass_its_role() -> None:
    schedule = {**ACCESS.schedule, "group": "default", "role": "arn:aws:iam::876000000876:role/run"}
    found = rehearser.policy(replace(ACCESS, schedule=schedule))["Statement"]
    (changed,) = (one for one in found if "scheduler:UpdateSchedule" in one["Action"])
    arn = "arn:aws:scheduler:us-east-1:876000000876:schedule/default/tickets-schedule"
    assert changed["Resource"] == [arn]
    assert not [one for one in found if "events:DisableRule" in one["Action"]]
    assert found[-1]["Resource"] == ["arn:aws:iam::876000000876:role/run"]
    service = {"iam:PassedToService": "scheduler.amazonaws.com"}
    assert found[-1]["Condition"] == {"StringEquals": service}


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
    wide = [one["Action"] for one in statements() if one["Resource"] in ("*", ["*"])]
    assert wide == [
        list(observer.ACTIONS),
        ["ecs:ListTaskDefinitions"],
        ["ecs:DeregisterTaskDefinition"],
    ]


def test_the_policy_fits_into_a_role() -> None:
    text = json.dumps(rehearser.policy(ACCESS), separators=(",", ":"))
    assert len(text) <= 10_240, "IAM takes no longer inline policies of a role"
