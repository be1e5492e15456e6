"""Secrets are remembered when they are made and blanked in everything that is written."""

from __future__ import annotations

from urllib.parse import quote

MASK = "***"
_SHORTEST = 6

_known: set[str] = set()


class Secret:
    """A value that shows as ``***`` everywhere but in ``reveal()``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        remember(value)

    def reveal(self) -> str:
        """Return the value itself; each call site is one that may be audited."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def remember(value: str) -> None:
    """Blank this value, and its URL-encoded form, from now on.

    Values under six characters are not remembered: blanking them would destroy ordinary text.
    """
    if len(value) >= _SHORTEST:
        _known.add(value)
        _known.add(quote(value, safe=""))


def remember_variable(name: str, value: str) -> None:
    """Remember a variable's value; a user name is an ordinary word, and no secret to blank."""
    if not name.upper().endswith(("USER", "USERNAME")):
        remember(value)


def without_password(address: str) -> str:
    """Return an address without the name and password that it may have before its host."""
    head, at, tail = address.rpartition("@")
    scheme, slashes, _ = head.partition("://")
    return f"{scheme if slashes else ''}{slashes}...@{tail}" if at else address


def redact(text: str) -> str:
    """Return the text with every remembered secret blanked; one of our own type becomes plain."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, MASK)
    return str(text)
