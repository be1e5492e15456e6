"""The checks of the roles' rights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.inputs.production import Production
from harness.phases.checks import roles
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, result_of


@pytest.mark.parametrize(
    ("decision", "expected"), [("allowed", "iam:CreateUser"), ("implicitDeny", "sqs:")]
)
def test_a_role_with_other_rights_is_a_finding(
    decision: str, expected: str, files: Production
) -> None:
    def answer(given: Mapping[str, Any]) -> Any:
        results = [
            {"EvalActionName": name, "EvalResourceName": "*", "EvalDecision": decision}
            for name in given["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    answers = {**contracts.green(files), "iam SimulatePrincipalPolicy": answer}
    findings = result_of(CHECKS["5.roles"], files, answers).findings
    assert findings
    assert all(finding.actual == decision for finding in findings)
    assert any(finding.expected.startswith(expected) for finding in findings)


def test_a_policy_may_have_one_statement_that_stands_in_no_list() -> None:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert [*roles._allowed([policy])] == [(["sqs:SendMessage"], ["*"])]
