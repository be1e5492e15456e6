"""Dataclasses to JSON and back, for the files and messages that are ours.

Strict: a key that is missing or unknown, or a value of another type, is a problem, and all problems
are reported at once. docs/decisions.md says why this is not a library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_JSON_TYPES: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
}


class FormatError(ValueError):
    """JSON does not fit its type.

    Args:
        problems: Each names its key.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))


def json_type(value: object) -> str:
    """Return JSON's name of a value's type, with its article."""
    return _JSON_TYPES.get(type(value), type(value).__name__)


def encode(value: Any) -> Any:
    """Return a dataclass as ``json.dumps`` takes it: its fields, in their order."""
    return asdict(value)


def decode(
    kind: type[T], data: object, *, ignore_unknown: bool = False, defaults: bool = True
) -> T:
    """Build a dataclass, or a ``dict``, ``list`` or ``tuple`` of them, from parsed JSON.

    Args:
        kind: The type to build. Fields may be JSON's types, ``Any``, ``Literal``, ``X | None``,
            ``Mapping[str, X]``, ``list[X]``, tuples and other dataclasses.
        data: What ``json.loads`` returned.
        ignore_unknown: Ignore keys that the type does not have.
        defaults: Let a field's default stand for a missing key.

    Raises:
        FormatError: A key is missing, unknown or of another type.
    """
    problems: list[str] = []
    value = _Decoder(problems, ignore_unknown, defaults).build(kind, data, "")
    if problems:
        raise FormatError(problems)
    result: T = value
    return result


class _Decoder:
    """Builds values; a misfit becomes None and a problem."""

    def __init__(self, problems: list[str], ignore_unknown: bool, defaults: bool) -> None:
        self._problems = problems
        self._defaults = defaults
        self._ignore_unknown = ignore_unknown
        self._builders: Mapping[Any, Callable[[Any, Any, str], Any]] = {
            Mapping: self._mapping,
            dict: self._mapping,
            list: self._sequence,
            tuple: self._sequence,
            Literal: self._literal,
            Union: self._optional,
            UnionType: self._optional,
        }

    def build(self, kind: Any, data: Any, key: str) -> Any:
        if kind is Any:
            return data
        if is_dataclass(kind):
            return self._dataclass(kind, data, key)
        if builder := self._builders.get(get_origin(kind)):
            return builder(kind, data, key)
        whole = kind is float and type(data) is int
        return data if type(data) is kind or whole else self._reject(_JSON_TYPES[kind], data, key)

    def _optional(self, kind: Any, data: Any, key: str) -> Any:
        (other,) = (item for item in get_args(kind) if item is not NoneType)
        return None if data is None else self.build(other, data, key)

    def _literal(self, kind: Any, data: Any, key: str) -> Any:
        allowed = get_args(kind)
        return data if data in allowed else self._reject(f"one of {allowed}", data, key)

    def _dataclass(self, kind: Any, data: Any, key: str) -> Any:
        if not isinstance(data, dict):
            return self._reject(_JSON_TYPES[dict], data, key)
        hints = _hints(kind)
        missing = [
            name for name in (_required(kind) if self._defaults else hints) if name not in data
        ]
        unknown = [] if self._ignore_unknown else [name for name in data if name not in hints]
        self._problems += [f"{_below(key, name)} is missing" for name in missing]
        self._problems += [f"{_below(key, name)} is unknown" for name in unknown]
        values = {
            name: self.build(hint, data[name], _below(key, name))
            for name, hint in hints.items()
            if name in data
        }
        return None if self._problems else kind(**values)

    def _mapping(self, kind: Any, data: Any, key: str) -> Any:
        if not isinstance(data, dict):
            return self._reject(_JSON_TYPES[dict], data, key)
        item_kind = get_args(kind)[1]
        return {name: self.build(item_kind, item, _below(key, name)) for name, item in data.items()}

    def _sequence(self, kind: Any, data: Any, key: str) -> Any:
        if not isinstance(data, list | tuple):
            return self._reject(_JSON_TYPES[list], data, key)
        origin, arguments = get_origin(kind), get_args(kind)
        fixed = origin is tuple and arguments[-1] is not ...
        if fixed and len(data) != len(arguments):
            return self._reject(f"a list of {len(arguments)}", data, key)
        kinds = arguments if fixed else (arguments[0],) * len(data)
        items = zip(kinds, data, strict=True)
        return origin(
            self.build(item_kind, item, f"{key}[{index}]")
            for index, (item_kind, item) in enumerate(items)
        )

    def _reject(self, expected: str, data: Any, key: str) -> None:
        self._problems.append(f"{key or 'the whole'} must be {expected}, not {json_type(data)}")


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind) if item.init}


@cache
def _required(kind: Any) -> tuple[str, ...]:
    return tuple(
        item.name
        for item in fields(kind)
        if item.init and item.default is MISSING and item.default_factory is MISSING
    )
