"""One observation of a scenario: its type, its value, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from harness.core.redact import redact

TEXT, SET, SEQUENCE, NUMBER = "text", "set", "sequence", "number"
RANGE, AT_MOST = "range", "at_most"


def _text(value: Any) -> str:
    return redact(str(value))


def _set(values: Iterable[Any]) -> list[str]:
    return sorted({_text(value) for value in values})


def _sequence(values: Iterable[Any]) -> list[str]:
    return [value for value, _ in groupby(map(_text, values))]


def _range(values: Iterable[float]) -> list[float]:
    numbers = [round(float(value), 2) for value in values]
    return [min(numbers), max(numbers)]


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    TEXT: _text,
    SET: _set,
    SEQUENCE: _sequence,
    NUMBER: float,
    RANGE: _range,
    AT_MOST: float,
}
TYPES = tuple(_FORMS)


def observed(**typed: Any) -> dict[str, Any]:
    """Return an observation as JSON: its type, and the value in that type's form.

    Args:
        typed: Exactly one of ``text``, ``set`` (in no order), ``sequence`` (in order, repeats
            count once), ``number``, ``range`` (the least and the greatest of numbers) and
            ``at_most``.

    Raises:
        TypeError: There is not exactly one, or it is of no such type.
    """
    if len(typed) != 1 or not typed.keys() <= _FORMS.keys():
        raise TypeError(f"an observation has one of {', '.join(TYPES)}, not {', '.join(typed)}")
    (name, value), *_ = typed.items()
    return {name: _FORMS[name](value)}


def is_same(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether two normalised observations agree; ranges are shown and never differ."""
    if recorded.keys() != now.keys():
        return False
    (name, value), *_ = recorded.items()
    if name == RANGE:
        return True
    return bool(now[name] <= value) if name == AT_MOST else bool(now[name] == value)
