"""The error of a check that knows its cause."""

from __future__ import annotations


class ExpectationError(AssertionError):
    """A check failed, and names the cause where it knows one.

    Args:
        message: The state that the check met, with the values that it read.
        cause: The most likely reason and its remedy, in one sentence.
        certain: The check itself is the diagnosis, so that no evidence outranks its cause.
    """

    # Python writes no module before the names of builtins, and pytest repeats what Python writes.
    __module__ = "builtins"

    def __init__(self, message: str, *, cause: str = "", certain: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.certain = certain


class StatusError(ExpectationError):
    """An answer has the wrong HTTP status."""

    def __init__(
        self, message: str, *, status: int, cause: str = "", certain: bool = False
    ) -> None:
        super().__init__(message, cause=cause, certain=certain)
        self.status = status
