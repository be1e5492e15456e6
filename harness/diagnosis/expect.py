"""A check that carries its own cause: `expect`."""

from __future__ import annotations

from harness.core.expectation import ExpectationError

__all__ = ["ExpectationError", "expect"]


class ExpectationTimeout(ExpectationError):
    """A check waited, and its condition did not come true in time."""


def expect(condition: object, message: str, *, cause: str = "", certain: bool = False) -> None:
    """Fail unless the condition holds.

    Args:
        condition: Anything with a truth value.
        message: The state that the check met, with the values that it saw.
        cause: The most likely reason and its remedy, in one sentence.
        certain: The check itself is the diagnosis, so that no evidence outranks its cause.

    Raises:
        ExpectationError: The condition does not hold.
    """
    __tracebackhide__ = True
    if not condition:
        raise ExpectationError(message, cause=cause, certain=certain)
