"""JSON as every reader takes it: each key once, numbers and characters that JSON and AWS have."""

from __future__ import annotations

import json
import re
from typing import Any

_BEYOND = "write the operation's input, or what the AWS CLI prints"
_TOKEN = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|[\[{}\]]|NaN|-?Infinity')


class UnfitJsonError(ValueError):
    """A text that Python reads as JSON, and AWS does not; ``message`` goes on after the file."""

    def __init__(self, message: str, hint: str, *, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at
        """Its position in the text."""


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Read the value that begins at a position, and return it and the position after it.

    Raises:
        JSONDecodeError: It is not JSON.
        UnfitJsonError: Readers differ in what they make of it, or AWS takes no such text.
    """
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    # A number of thousands of digits, or thousands of lists in one another.
    except (ValueError, RecursionError) as error:
        message = f"cannot be read as JSON: {error}"
        raise UnfitJsonError(message, _BEYOND, at=start) from error
    _refuse_faults(text, start, end)
    return value, end


def _refuse_faults(text: str, start: int, end: int) -> None:
    """Refuse faults that Python's reader lets pass; others take another value of a key's two."""
    around: list[set[str]] = [set()]
    for match in _TOKEN.finditer(text, start, end):
        sign, at = match[0], match.start()
        if sign in "{[":
            around.append(set())
        elif sign in "}]":
            around.pop()
        elif match["text"] is None:
            hint = "write a number, or leave the field out"
            raise UnfitJsonError(f"is not JSON: it has {sign}", hint, at=at)
        else:
            name = json.loads(match["text"], strict=False)
            _refuse_characters(name, at=at)
            if match["colon"] and name in around[-1]:
                message = f'has "{name}" twice in one object'
                raise UnfitJsonError(message, "leave one of the two out", at=at)
            around[-1] |= {name} if match["colon"] else set()


def _refuse_characters(text: str, *, at: int) -> None:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        ascii_text = text.encode("ascii", "backslashreplace").decode().replace("\0", "\\u0000")
        message = f'has the text "{ascii_text}", with a character that is none'
        raise UnfitJsonError(message, "write it without the escape that stands for it", at=at)
