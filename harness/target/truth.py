"""Truth labels: the worth of a pass on each target."""

from __future__ import annotations

from dataclasses import dataclass

PROVED = "proved"
EMULATED = "emulated"
NOT_COVERED = "not covered"

_UNTRIED = {PROVED: "would prove", EMULATED: "would be emulated"}


@dataclass(frozen=True)
class Label:
    """The worth of a pass on one target."""

    worth: str
    note: str = ""
    """The known difference of an emulator, or the reason why a target does not cover it."""

    def worth_on(self, *, tried: bool) -> str:
        """Return the worth of a pass; conditional for a target without a recorded run."""
        return self.worth if tried else _UNTRIED.get(self.worth, self.worth)

    def text(self, *, tried: bool = True) -> str:
        """Return worth and note in one line, for a target with or without a recorded run."""
        worth = self.worth_on(tried=tried)
        never = "; never run there" if worth != self.worth else ""
        return f"{worth}{never}" + (f": {self.note}" if self.note else "")


proved = Label(PROVED)
"""A pass shows the behaviour of the real thing."""


def emulated(difference: str) -> Label:
    """Return the label of a stand-in, which differs from the real thing in a known way."""
    return Label(EMULATED, difference)


def not_covered(reason: str) -> Label:
    """Return the label of a target that cannot show the behaviour, with the reason."""
    return Label(NOT_COVERED, reason)
