"""nginx's configuration: how long it keeps a visitor's idle connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_KEEP_ALIVE_S = 75.0
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#[^\n]*|[{};]|[^\s{};\"'#]+")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "": 1}
_PART = re.compile(r"(\d+)(ms|[smhdw]?)")


def keep_alive_s(text: str) -> float | None:
    """Return the shortest time-out of idle connections; None where none is kept open.

    Connections to upstreams are another matter, and left out.
    """
    values = [
        _seconds(words[1])
        for block, words in _directives(text)
        if words[0] == "keepalive_timeout" and "upstream" not in block and len(words) > 1
    ]
    kept = [one for one in values if one > 0]
    if values and not kept:
        return None
    return min(kept, default=DEFAULT_KEEP_ALIVE_S)


def _directives(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Go through the directives: the names of the blocks around one, and its words."""
    blocks: list[str] = []
    words: list[str] = []
    for sign in _TOKEN.findall(text):
        if sign.startswith("#"):
            continue
        if sign == "{":
            blocks.append(words[0] if words else "")
        elif sign == "}":
            blocks = blocks[:-1]
        elif sign == ";":
            if words:
                yield tuple(blocks), words
        else:
            words.append(sign.strip("\"'"))
            continue
        words = []


def _seconds(text: str) -> float:
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
