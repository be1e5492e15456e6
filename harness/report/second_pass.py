"""The second pass of a replay: its red scenarios again, after all others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.report.model import FLAKY, PASSED, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.report.model import Outcome

REASON = "red, and green when run again"


def belongs(outcome: Outcome) -> bool:
    """Whether a scenario runs again: a red one, and one that was left out because of a red one."""
    return outcome.is_red or bool(outcome.follows)


def combine(first: Iterable[Outcome], second: Mapping[str, Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes of both passes.

    A red scenario stays red with its first account, unless it passed again: then it is flaky, with
    that account. It is never green.

    Args:
        first: The outcomes of the first pass.
        second: Node id -> outcome of the second pass.
    """
    return tuple(_combined(outcome, second.get(outcome.scenario)) for outcome in first)


def _combined(first: Outcome, second: Outcome | None) -> Outcome:
    if second is None or second.result == SKIPPED:
        return first
    if first.follows:  # it was left out
        return second
    is_flaky = first.is_red and second.result == PASSED
    return replace(first, result=FLAKY, reason=REASON) if is_flaky else first
