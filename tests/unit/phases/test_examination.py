"""The results of a phase's checks, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.core.errors import TargetError, UnsafeTarget
from harness.inputs.production import Production
from harness.phases import account, examination
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, Result, check

FAULT = Finding("queue jobs", "a dead-letter queue", "has none", "set RedrivePolicy")


def raising(error: Exception) -> Iterable[Finding]:
    raise error


def result_of(error: Exception, files: Production) -> Result:
    account_check = check("9.x", reads=("sqs:GetQueueUrl",))(lambda _: raising(error))
    (result,) = examination.examine([account_check], account.of_files(files), files_only=False)
    return result


@check("9.red")
def red(account: Account) -> Iterable[Finding]:
    """Never."""
    return [FAULT]


@check("9.green")
def green(account: Account) -> Iterable[Finding]:
    """Always."""
    return []


@check("9.away", reads=("ec2:DescribeVpcs",), not_local="no ec2 API")
def away(account: Account) -> Iterable[Finding]:
    """On AWS alone."""
    return []


def test_a_finding_is_shown_with_expected_actual_and_remedy(files: Production) -> None:
    results = list(examination.examine([red, green], account.of_files(files), files_only=True))
    first, second = examination.lines(results)
    assert first.splitlines()[0].startswith("RED  9.red")
    for text in ("queue jobs: expected a dead-letter", "actual: has none", "do: set RedrivePolicy"):
        assert text in first
    assert second.startswith("ok   9.green")
    assert examination.verdict(results, strict=False) == "RED: 9.red · 2 of 2 checks could judge"
    assert examination.as_json(results, strict=False)["checks"][0]["findings"] == [vars(FAULT)]


def test_what_cannot_be_judged_names_its_reason_and_key(files: Production) -> None:
    gap = result_of(NotCovered("no file says it", key="phases.dns"), files)
    assert (gap.state, gap.not_covered, gap.key) == ("not covered", "no file says it", "phases.dns")
    denied = result_of(TargetError("may not call x", hint="Allow x"), files)
    assert (denied.state, denied.not_covered, denied.key) == (
        "not covered",
        "may not call x",
        "Allow x",
    )
    fine = Result(green)
    assert examination.is_green([gap, fine], strict=False)
    assert not examination.is_green([gap, fine], strict=True)
    assert not examination.is_green([gap], strict=False), "nothing is known"
    assert examination.verdict([gap], strict=False) == (
        "NOTHING IS KNOWN · 0 of 1 checks could judge"
    )


def test_a_refused_change_ends_the_command(files: Production) -> None:
    with pytest.raises(UnsafeTarget):
        result_of(UnsafeTarget("refused"), files)


def test_the_local_stack_and_the_files_do_not_judge_for_aws(files: Production) -> None:
    files_alone = account.of_files(files)
    local = Account(files, files_alone.access, files_alone.client, is_local=True)
    aws = Account(files, files_alone.access, files_alone.client)
    for subject, files_only, state in (
        (files_alone, True, "not covered"),
        (local, False, "not covered"),
        (aws, False, "green"),
    ):
        (result,) = examination.examine([away], subject, files_only=files_only)
        assert result.state == state


def test_checks_that_cannot_judge_for_one_reason_share_a_line(files: Production) -> None:
    other = check("9.other", reads=("ec2:DescribeVpcs",))(lambda _: [])
    results = examination.examine(
        [away, other, green, away], account.of_files(files), files_only=True
    )
    first, second, third = examination.lines(results)
    assert first.endswith("--target aws (likewise 9.other)")
    assert second.startswith("ok")
    assert third.startswith("-    9.away")
