"""Puts the checks of phases to an account, and shows the results as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from harness.core.errors import TargetError, UnsafeTarget
from harness.core.redact import redact
from harness.phases.phase import Check, NotCovered, Result, by_state

if TYPE_CHECKING:
    from harness.phases.account import Account

FORMAT = 1
"""Version of the JSON; fields are added without a new one."""
NO_ACCOUNT = "only files are read: there is no account to put it to"
_MARKS = {"green": "ok", "red": "RED", "not covered": "-"}


def examine(checks: Iterable[Check], account: Account, *, files_only: bool) -> Iterator[Result]:
    """Run checks in their order.

    Args:
        checks: The checks.
        account: The files, and the account that answers.
        files_only: Whether no account answers; checks that need one are not covered.
    """
    for check in checks:
        if check.reads and files_only:
            yield Result(check, not_covered=NO_ACCOUNT, key="--target aws")
        elif check.not_local and account.is_local and not files_only:
            yield Result(
                check, not_covered=f"on the local stack, {check.not_local}", key="--target aws"
            )
        else:
            yield _result(check, account)


def _result(check: Check, account: Account) -> Result:
    try:
        return Result(check, findings=tuple(check.examine(account)))
    except NotCovered as gap:
        return Result(check, not_covered=gap.reason, key=gap.key)
    except UnsafeTarget:
        raise
    except TargetError as error:
        answer = f" ({error.last_answer})" if error.last_answer else ""
        return Result(check, not_covered=f"{error.what}{answer}", key=error.hint)


def is_green(results: Iterable[Result], *, strict: bool) -> bool:
    """Whether a check is green and none is red; if strict, whether each could judge."""
    states = {result.state for result in results}
    return "green" in states and states <= ({"green"} if strict else {"green", "not covered"})


def lines(results: Iterable[Result]) -> Iterator[str]:
    """Yield each result as it comes: state, check, meaning; then findings with their remedies.

    Checks that follow one another and cannot judge for one reason share a line.
    """
    for _, group in groupby(results, key=_reason):
        first, *rest = group
        yield redact(_text(first, others=[result.check.id for result in rest]))


def _reason(result: Result) -> tuple[str, ...]:
    """Return why a check could not judge; of another, its own id."""
    return (result.not_covered, result.key) if result.not_covered else (result.check.id,)


def _text(result: Result, *, others: Sequence[str]) -> str:
    head = f"{_MARKS[result.state]:<4} {result.check.id:<22}"
    if result.not_covered:
        key = f"; {result.key}" if result.key else ""
        more = f" (likewise {', '.join(others)})" if others else ""
        return f"{head} not covered: {result.not_covered}{key}{more}"
    text = [f"{head} {result.check.meaning}"]
    for finding in result.findings:
        text += [
            f"       {finding.thing}: expected {finding.expected}",
            f"         actual: {finding.actual}",
            f"         do: {finding.remedy}",
        ]
    return "\n".join(text)


def verdict(results: Iterable[Result], *, strict: bool) -> str:
    """Return one line: green or red, the red checks, and how many could judge."""
    results = list(results)
    states = by_state(results)
    head = "GREEN" if is_green(results, strict=strict) else "RED"
    red = f": {', '.join(result.check.id for result in states['red'])}" if states["red"] else ""
    if not states["green"] and not states["red"]:
        head = "NOTHING IS KNOWN"
    judged = len(results) - len(states["not covered"])
    return f"{head}{red} · {judged} of {len(results)} checks could judge"


def as_json(results: Iterable[Result], *, strict: bool) -> dict[str, Any]:
    """Return the results for programs."""
    results = list(results)
    return {
        "format": FORMAT,
        "green": is_green(results, strict=strict),
        "verdict": verdict(results, strict=strict),
        "checks": [_plain(result) for result in results],
    }


def _plain(result: Result) -> dict[str, Any]:
    return {
        "id": result.check.id,
        "meaning": result.check.meaning,
        "state": result.state,
        "not_covered": redact(result.not_covered),
        "key": result.key,
        "findings": [
            {name: redact(value) for name, value in vars(finding).items()}
            for finding in result.findings
        ],
    }
