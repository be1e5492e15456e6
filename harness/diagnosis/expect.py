"""A check that carries its own cause: `expect`."""

from __future__ import annotations

from harness.core.expectation import (
    REQUEST,
    SESSION,
    STORAGE,
    ExpectationError,
    SettingCause,
)

__all__ = ["REQUEST", "SESSION", "STORAGE", "ExpectationError", "SettingCause", "expect"]


class ExpectationTimeout(ExpectationError):
    """A check waited, and its condition did not come true in time: its cause is a guess."""

    def __init__(self, message: str, *, cause: str = "", certain: bool = False) -> None:
        super().__init__(message, cause=cause, certain=certain, guess=True)


def expect(
    condition: object,
    message: str,
    *,
    cause: str = "",
    certain: bool = False,
    guess: bool = False,
    about: str = "",
) -> None:
    """Fail unless the condition holds.

    Args:
        condition: Anything with a truth value.
        message: The state that the check met, with the values that it saw.
        cause: The reason that these values show, and its remedy, in one sentence.
        certain: The check itself is the diagnosis, so that no evidence outranks its cause.
        guess: The values show likely reasons only, so that any evidence outranks the cause.
        about: SESSION or REQUEST, where the app's view of its visitor can explain the failure;
            STORAGE, where a right on S3 can.

    Raises:
        ExpectationError: The condition does not hold.
    """
    __tracebackhide__ = True
    if not condition:
        raise ExpectationError(message, cause=cause, certain=certain, guess=guess, about=about)
