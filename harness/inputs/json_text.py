"""JSON as every reader takes it: each key once, numbers and characters that JSON and AWS have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_BEYOND = "write the operation's input, or what the AWS CLI prints"


class UnfitJsonError(ValueError):
    """A text that Python reads as JSON, and AWS does not; ``message`` goes on after the file."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Read the value that begins at a position, and return it and the position after it.

    Raises:
        JSONDecodeError: It is not JSON.
        UnfitJsonError: Readers differ in what they make of it, or AWS takes no such text.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except (json.JSONDecodeError, UnfitJsonError):
        raise
    # A number of thousands of digits, or thousands of lists in one another.
    except (ValueError, RecursionError) as error:
        raise UnfitJsonError(f"cannot be read as JSON: {error}", _BEYOND) from error
    if "\\u" in text:
        _refuse_characters(value)
    return value, end


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; readers differ in which of two values of one key they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnfitJsonError(f'has "{twice}" twice in one object', "leave one of the two out")
    return found


def _refuse_constant(name: str) -> Any:
    raise UnfitJsonError(f"is not JSON: it has {name}", "write a number, or leave the field out")


def _refuse_characters(value: Any) -> None:
    for text in _texts(value):
        if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
            shown = text.encode("ascii", "backslashreplace").decode().replace("\0", "\\u0000")
            message = f'has the text "{shown}", with a character that is none'
            raise UnfitJsonError(message, "write it without the escape that stands for it")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
