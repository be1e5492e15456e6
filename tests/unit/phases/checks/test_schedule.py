"""The check of the scheduled runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.inputs.production import Production
from harness.phases import examination
from harness.phases.account import Account
from harness.target import naming
from tests.unit.phases import contracts
from tests.unit.phases.contracts import NOW
from tests.unit.phases.examinations import CHECKS, result_of


@pytest.mark.parametrize(
    ("minutes", "exit_code", "actual"),
    [
        ((0, 1, 2, 3, 4), 0, ""),
        ((0, 1), 0, ""),
        ((0,), 0, ""),
        ((), 0, "there is none"),
        ((0, 4), 0, "2"),
        ((9, 8), 0, "0"),
        ((0, 0, 1, 1, 2, 2, 3, 3, 4, 4), 0, "10"),
        ((0, 1), 1, "{'app': 1}, "),
    ],
)
def test_scheduled_runs_that_lack_or_fail_are_findings(
    minutes: tuple[int, ...], exit_code: int, actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    arns = [f"task/tickets/scheduler{n}" for n in minutes]
    tasks = [contracts._task(arn, files) for arn in arns]
    for task in tasks:
        task["containers"][0]["exitCode"] = exit_code
    answers["ecs ListTasks"] = lambda request: {
        "taskArns": arns if request["desiredStatus"] == "STOPPED" else []
    }
    answers["ecs DescribeTasks"] = {"tasks": tasks}
    findings = result_of(CHECKS["5.ticks"], files, answers).findings
    assert [finding.actual for finding in findings][:1] == ([actual] if actual else [])


@pytest.mark.parametrize(("minutes", "state"), [(1, "not covered"), (3, "red")])
def test_a_rule_of_a_young_stack_may_have_no_run_yet(
    minutes: int, state: str, files: Production
) -> None:
    answers = contracts.green(files)
    answers["ecs ListTasks"] = {"taskArns": []}
    access = naming.names_in(files)
    since = (NOW - timedelta(minutes=minutes)).isoformat()
    access = replace(access, schedule={**access.schedule, "since": since})
    account = Account(files, access, contracts.client_of(answers, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS["5.ticks"]], account, files_only=False)
    assert result.state == state
