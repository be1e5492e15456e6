"""The error of a check that knows its cause."""

from __future__ import annotations

SESSION = "session"
"""About a check that needs a visitor's session: the app's store, and its cookie."""
REQUEST = "request"
"""About a check of a visitor's request as the app takes it: scheme, host, address, links."""
STORAGE = "storage"
"""About a check that a file was stored: the rights on S3 of the tasks' roles."""
_ABOUT = {301: REQUEST, 419: SESSION}
"""Status -> subject: the load balancer's redirect of a form that went to http; Laravel's answer to
a form whose session is not there."""


class SettingCause(str):
    """A cause that is about one setting of the app, such as a variable of its tasks."""

    __slots__ = ("setting",)
    setting: str

    def __new__(cls, setting: str, sentence: str) -> SettingCause:
        """Return the sentence with the setting's name beside it."""
        cause = super().__new__(cls, sentence)
        cause.setting = setting
        return cause


def setting_of(cause: str) -> str:
    """Return the setting that a cause is about; empty if it is about none."""
    return cause.setting if isinstance(cause, SettingCause) else ""


class ExpectationError(AssertionError):
    """A check failed, and names the cause where it knows one.

    Args:
        message: The state that the check met, with the values that it read.
        cause: The most likely reason and its remedy, in one sentence.
        certain: The check itself is the diagnosis, so that no evidence outranks its cause.
        guess: The check knows likely reasons only, so that any evidence outranks its cause.
        about: SESSION or REQUEST, where the app's view of its visitor can explain the failure;
            STORAGE, where a right on S3 can.
    """

    # Python writes no module before the names of builtins, and pytest repeats what Python writes.
    __module__ = "builtins"

    def __init__(
        self,
        message: str,
        *,
        cause: str = "",
        certain: bool = False,
        guess: bool = False,
        about: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.certain = certain
        self.guess = guess
        self.about = about


class StatusError(ExpectationError):
    """An answer has the wrong HTTP status; its cause is a guess."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        cause: str = "",
        certain: bool = False,
        by_app: bool = False,
    ) -> None:
        about = _ABOUT.get(status, "")
        super().__init__(message, cause=cause, certain=certain, guess=True, about=about)
        self.status = status
        self.by_app = by_app
        """Whether the answer is a page of the app, and not one of nginx or the load balancer."""
