"""Schedule expressions of EventBridge."""

from __future__ import annotations

import pytest

from harness.aws import eventbridge


@pytest.mark.parametrize(
    "expression",
    ["rate(1 minute)", "rate(5 minutes)", "cron(* * * * ? *)", "cron(0 2 ? * MON *)"],
)
def test_a_good_expression_is_taken(expression: str) -> None:
    assert eventbridge.expression_problem(expression) == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(1 minutes)", "must say minute"),
        ("rate(5 minute)", "must say minutes"),
        ("rate(0 minutes)", "has the rate 0"),
        ("* * * * *", "neither rate(...) nor cron(...)"),
        ("cron(* * * * *)", "has 5 fields, and EventBridge's cron has six"),
        ("cron(* * * * * *)", "must have ?"),
        ("cron(* * ? * ? *)", "must have ?"),
    ],
)
def test_a_bad_expression_is_explained(expression: str, said: str) -> None:
    assert said in eventbridge.expression_problem(expression)
