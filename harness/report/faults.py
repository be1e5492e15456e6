"""The faults that a replay found: each with its red scenarios, and with those that may follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.model import Outcome

FOLLOWING = "not sure of their own cause, and may follow from the above:"


@dataclass(frozen=True)
class Fault:
    """A cause, and the red scenarios that it explains."""

    cause: str
    is_sure: bool
    first_error: str
    """The app's first error, where no cause is sure."""
    outcomes: tuple[Outcome, ...]

    @property
    def setting(self) -> str:
        """The setting of the app that the cause is about; empty if it is about none."""
        return self.outcomes[0].setting

    @property
    def title(self) -> str:
        """The cause, or its place, as a heading."""
        if self.is_sure:
            return self.cause
        likely = f"likely, not sure: {self.cause}" if self.cause else "no cause is sure"
        error = f"; the app's first error: {self.first_error}" if self.first_error else ""
        return f"{likely}{error}"


def faults_of(outcomes: Iterable[Outcome]) -> tuple[Fault, ...]:
    """Group red scenarios by their causes: sure ones first, then the most common.

    Two sentences about one setting are one fault.
    """
    groups: dict[tuple[bool, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.is_red:
            sure = bool(outcome.cause) and outcome.is_sure
            groups.setdefault((sure, _subject(outcome)), []).append(outcome)
    faults = [_fault(sure, members) for (sure, _), members in groups.items()]
    return tuple(sorted(faults, key=_place))


def first_following(faults: Sequence[Fault]) -> Fault | None:
    """Return the first unsure fault below a sure one: from there on, each may follow from it."""
    if not faults or not faults[0].is_sure:
        return None
    return next((fault for fault in faults if not fault.is_sure), None)


def _subject(outcome: Outcome) -> str:
    """Return the setting that a cause is about, or else its sentence, or the app's error."""
    if not outcome.cause:
        _, _, text = outcome.first_error.partition(": ")
        return text
    return outcome.setting or outcome.cause


def _fault(sure: bool, members: list[Outcome]) -> Fault:
    causes = [member.cause for member in members]
    common = max(causes, key=causes.count)
    errors = () if sure else [member.first_error for member in members if member.first_error]
    error = min(errors, default="")
    return Fault(common, sure, error, tuple(members))


def _place(fault: Fault) -> tuple[bool, bool, int]:
    return not fault.is_sure, not fault.cause, -len(fault.outcomes)
