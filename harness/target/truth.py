"""Truth labels: the worth of a pass on each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

PROVED = "proved"


EMULATED = "emulated"


NOT_COVERED = "not covered"


@dataclass(frozen=True)
class Truth:
    """What a pass says about the real thing, on one target."""

    kind: str
    note: str = ""
    """The known difference of an emulator, or the reason why a target does not cover it."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.note}" if self.note else self.kind


proved = Truth(PROVED)
"""A pass shows the behaviour of the real thing."""


def emulated(difference: str) -> Truth:
    """Say that a pass shows the behaviour of a stand-in, which differs in a known way."""
    return Truth(EMULATED, difference)


def not_covered(reason: str) -> Truth:
    """Say that this target cannot show the behaviour, and why."""
    return Truth(NOT_COVERED, reason)
