"""A pattern: text that others write, where they write it, and the cause that it points to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Flag, auto
from functools import cached_property, lru_cache


class Source(Flag):
    """Where a line of evidence comes from."""

    STOPPED_REASON = auto()
    """ECS's words for a stopped task and its containers."""
    HTTP_CLIENT = auto()
    """The errors of requests for a connection to the public host."""
    APP = auto()
    """Lines of the programs in a task's image: the shell, nginx, PHP, Laravel, AWS's SDK."""
    TICK = auto()
    """RunTask's answers to a rule, from the log of control."""
    AWS_CLIENT = auto()
    """botocore's words for a call that AWS rejects."""
    SERVICE_EVENT = auto()
    """ECS's events of a service."""
    TARGET_HEALTH = auto()
    """The load balancer's reasons for a target's health."""
    FAILURE = HTTP_CLIENT | APP | AWS_CLIENT
    """A failure's own message: it may quote the app's answer or a client's exception."""


@dataclass(frozen=True)
class Pattern:
    """Foreign text and its cause.

    The cause may use the groups of ``match`` and what the evidence fills in: ``{task}`` or
    ``{rule}``, the line's subject; ``{at}``, " at" with the app's own file and line, or
    nothing; ``{secret}``, the name of the secret with the group ``key``;
    ``{reference}``, a faulty secret with its key.
    """

    source: Source
    match: str
    """A regular expression, which ignores case and is searched in one line."""
    cause: str
    example: str | tuple[str, ...]
    """Texts as they were met; the pattern's test."""
    setting: str = ""
    """The setting of the app that the cause is about; empty if it is about none."""
    symptom: bool = False
    """It says that something failed and not why, so that any reason goes first."""

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.match, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Search a line, which may be one of JSON: its escapes are undone."""
        return self._expression.search(_plain(text))

    @property
    def examples(self) -> tuple[str, ...]:
        """All examples."""
        return (self.example,) if isinstance(self.example, str) else self.example


@lru_cache
def _plain(text: str) -> str:
    for escaped, plain in ((r"\"", '"'), (r"\/", "/"), (r"\\", "\\")):
        text = text.replace(escaped, plain)
    return text
