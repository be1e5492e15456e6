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


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("70 * * * ? *", "has 70 as the minute, and EventBridge takes 0 to 59"),
        ("0 24 * * ? *", "has 24 as the hour"),
        ("0 0 ? * 8 *", "has 8 as the day of the week"),
        ("0 0 ? * MON#2 2027", ""),
        ("*/5 0,12 1-15 1-12 ? 2027-2030", ""),
        ("0 0 L * ? *", ""),
        ("0 0 3W * ? *", ""),
    ],
)
def test_numbers_of_a_cron_expression(fields: str, said: str) -> None:
    problem = eventbridge.expression_problem(f"cron({fields})")
    assert problem.startswith(said) if said else problem == ""
