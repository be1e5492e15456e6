"""Phases, steps, checks and rollbacks: values, and the result of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.inputs.production import Production
    from harness.phases.account import Account


@dataclass(frozen=True)
class Finding:
    """One fault that a check found; a check without any is green."""

    thing: str
    """The resource or the file."""
    expected: str
    actual: str
    remedy: str


class NotCovered(Exception):
    """Raised by a check that cannot judge.

    Args:
        reason: Why not.
        key: The key of cutover.toml, or the command, that would cover it.
    """

    def __init__(self, reason: str, *, key: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.key = key


Examine = Callable[["Account"], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """One question about production, put to its files or to the account."""

    id: str
    """Such as ``4.targets-healthy``: stable, for reports and the runbook."""
    meaning: str
    """One sentence: the meaning of green."""
    reads: tuple[str, ...]
    """IAM actions of its calls; none where the files answer."""
    examine: Examine
    not_local: str = ""
    """Why the local stack has no answer; empty where it has one."""
    is_by_hand: bool = False
    """Whether it is a person's, or a command's that changes something: never covered here."""
    is_readiness: bool = False
    """Whether it needs nothing that runs, so that a preflight puts it, too."""


def check(
    check_id: str,
    *,
    reads: tuple[str, ...] = (),
    not_local: str = "",
    readiness: bool = False,
    by_hand: bool = False,
) -> Callable[[Examine], Check]:
    """Make a check of a function; the first line of its docstring is the meaning of green."""

    def make(examine: Examine) -> Check:
        meaning = (examine.__doc__ or "").partition("\n")[0]
        ready = readiness or check_id.startswith("0.")
        return Check(
            check_id,
            meaning,
            reads,
            examine,
            not_local=not_local,
            is_by_hand=by_hand,
            is_readiness=ready,
        )

    return make


@dataclass(frozen=True)
class Result:
    """The result of one check."""

    check: Check
    findings: tuple[Finding, ...] = ()
    not_covered: str = ""
    """Why it could not judge; empty where it did."""
    key: str = ""
    """The key or command that would cover it."""

    @property
    def state(self) -> str:
        """``green``, ``red`` or ``not covered``."""
        if self.not_covered:
            return "not covered"
        return "red" if self.findings else "green"


Commands = Callable[["Production"], list[str]]


@dataclass(frozen=True)
class Step:
    """One action of a phase: the calls that files hold, and commands where no file holds them."""

    action: str
    """Such as ``Create the target group``."""
    files: tuple[str, ...] = ()
    """Keys of the input files that hold its calls, such as ``ecs.target_group``."""
    operations: tuple[str, ...] = ()
    """Operations of these files that belong to it; none for all."""
    commands: Commands | None = None
    """Commands besides, made from production's names."""
    needs: str = ""
    """The key that its calls come from; empty where an app may do without."""
    takes: str = ""
    """How long AWS takes, where it is more than a moment."""


@dataclass(frozen=True)
class Rollback:
    """The actions that undo a phase."""

    action: str
    commands: Commands
    keeps: str
    """The state of data, visitors and jobs after it."""
    rehearsed: str = ""
    """Words of the scenarios that rehearse it, as `cutover verify -k` takes them."""
    onward: Commands | None = None
    """The commands that go on again, where they are no step of the phase."""


@dataclass(frozen=True)
class Phase:
    """One phase of the move."""

    number: int
    name: str
    goal: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    rollback: Rollback


def by_state(results: Iterable[Result]) -> Mapping[str, list[Result]]:
    """Sort results by their state."""
    sorted_results: dict[str, list[Result]] = {"red": [], "not covered": [], "green": []}
    for result in results:
        sorted_results[result.state].append(result)
    return sorted_results


def absent(thing: str, *, remedy: str, expected: str = "that it exists") -> Finding:
    """Return the finding of a thing that the account lacks."""
    return Finding(thing, expected, "there is none", remedy)
