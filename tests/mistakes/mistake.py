"""A mistake that a cutover meets: one edit of the reference app, and the verdict on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.mistakes.edits import Edit
from tests.rehearsals import Scenario

RED = 1
USAGE = 2
NOT_STARTED = 3


@dataclass(frozen=True)
class Twin:
    """An edit that looks like the mistake and does no harm: the same scenarios stay green."""

    name: str
    edit: Edit = field(repr=False)


@dataclass(frozen=True)
class Mistake:
    """One edit, and the reds and causes that its rehearsal must show.

    Args:
        name: The mistake in one sentence.
        edit: The change of the app's files.
        cause: Words of the cause that only this mistake has: in the `cause` field of a scenario of
            `breaks`, in the app's first error where no cause is sure, or in the error that the
            command ends with.
        breaks: Scenarios that turn red; none when the stack must not come up.
        follows: Words of other causes that a red scenario may name, since they follow from the
            mistake. Any further cause misleads; a scenario without a cause does not.
        also_green: Scenarios that stay green: under the mistake if it breaks scenarios, and under
            its twin.
        exit_code: The command's exit code.
        twin: An edit like it that does no harm.
    """

    name: str
    edit: Edit = field(repr=False)
    cause: str
    breaks: Sequence[Scenario] = ()
    follows: Sequence[str] = ()
    also_green: Sequence[Scenario] = ()
    exit_code: int = RED
    twin: Twin | None = None

    def explains(self, cause: str) -> bool:
        """Return whether a red scenario may name this cause; none at all does not mislead."""
        return not cause or any(words in cause for words in (self.cause, *self.follows))
