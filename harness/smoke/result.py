"""The result of a check: its state, value and source, and the operator's next action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """State of a check."""

    GREEN = "green"
    WARNING = "warning"
    RED = "red"
    NOT_RUN = "not run"


class Action(StrEnum):
    """The operator's next action, the most urgent first."""

    ROLL_BACK = "roll back"
    MEND = "mend"
    WAIT = "wait"


URGENCY = tuple(Action)


@dataclass(frozen=True)
class Result:
    """One check's result."""

    state: State
    value: str
    source: str
    action: Action | None = None
    meaning: str = ""
    """Consequence for visitors now, and the remedy; of a red check or a warning."""


class NotRun(Exception):
    """Raised by a check that cannot run; its text is the reason."""


def green(value: str, source: str) -> Result:
    """Return a result in order."""
    return Result(State.GREEN, value, source)


def warning(value: str, source: str, meaning: str) -> Result:
    """Return a result that harms no visitor now, and is to be mended."""
    return Result(State.WARNING, value, source, Action.MEND, meaning)


def red(action: Action, value: str, source: str, meaning: str) -> Result:
    """Return a result that harms visitors now or soon."""
    return Result(State.RED, value, source, action, meaning)
