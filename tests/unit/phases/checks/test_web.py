"""The checks of the web tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, result_of


@pytest.mark.parametrize(
    ("rules", "actual"),
    [
        ([], "there is none"),
        ([{"Priority": "10"}], "Conditions"),
        ([("10", "forward"), ("1", "fixed-response")], "one with fixed-response, that no"),
    ],
)
def test_rules_that_are_not_those_of_the_file_are_findings(
    rules: list[Any], actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    (own,) = contracts._rules(files)
    listener_rules = [
        rule
        if isinstance(rule, dict)
        else {**own, "Priority": rule[0], "Actions": [{**own["Actions"][0], "Type": rule[1]}]}
        for rule in rules
    ]

    def describe(given: Mapping[str, Any]) -> dict[str, Any]:
        return {"Rules": listener_rules if given["ListenerArn"] == contracts.LISTENER else []}

    answers["elbv2 DescribeRules"] = describe
    result = result_of(CHECKS["4.rules"], files, answers)
    assert result.state == "red"
    assert any(actual in finding.actual for finding in result.findings), result.findings


def test_rules_are_not_covered_where_the_file_has_none(files: Production) -> None:
    balancer = {name: value for name, value in files.load_balancer.items() if name != "Rules"}
    app = replace(files, load_balancer=balancer)
    result = result_of(CHECKS["4.rules"], app, contracts.green(files))
    assert "has no Rules" in result.not_covered


def test_a_task_without_an_agent_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    task = contracts._task("task/tickets/web0", files)
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "STOPPED", "reason": "no route"}
    task["containers"][0]["managedAgents"] = [agent]
    answers["ecs DescribeTasks"] = {"tasks": [task]}
    (finding,) = result_of(CHECKS["0.exec"], files, answers).findings
    assert finding.actual == "the agent is STOPPED: no route"
