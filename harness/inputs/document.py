"""An input file, read once: its data, and the line on which each key stands."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.inputs.problem import InputError, Problem, type_of

if TYPE_CHECKING:
    from pathlib import Path

Step = str | int


@dataclass(frozen=True)
class Document:
    """A JSON or TOML file."""

    path: Path
    text: str
    data: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def reject(self, problems: Iterable[Problem]) -> None:
        """Raise the problems of this file, if there are any.

        Raises:
            InputError: There are; each has its file and line.
        """
        found = [
            replace(one, file=str(self.path), line=self.line_of(one.key))
            for one in dict.fromkeys(problems)
        ]
        if found:
            raise InputError(found)

    def line_of(self, key: str) -> int:
        """Line of a key, or of the nearest one around it that is there; 0 for the whole file."""
        steps = _steps(self.data, key)
        if not steps:
            return 0
        return self._toml_line(steps) if self.path.suffix == ".toml" else self._json_line(steps)

    def _json_line(self, steps: list[Step]) -> int:
        at = _skip(self.text, 0)
        for step in steps:
            at = _value_at(self.text, at, step)
        return self.text.count("\n", 0, at) + 1

    def _toml_line(self, steps: list[Step]) -> int:
        return next((line for line, data in self._beginnings if _has(data, steps)), 0)

    @cached_property
    def _beginnings(self) -> list[tuple[int, dict[str, Any]]]:
        """Data of the file's first lines, as ever more of them are read, and the last one's number.

        ``tomllib`` keeps no positions; a value of several lines counts from its first.
        """
        lines, first, found = self.text.split("\n"), 1, []
        for number in range(1, len(lines) + 1):
            try:
                found.append((first, tomllib.loads("\n".join(lines[:number]))))
            except tomllib.TOMLDecodeError:
                continue
            first = number + 1
        return found


def _steps(data: Any, key: str) -> list[Step]:
    """Take a key's path apart, as far as the data has it; names may have dots themselves."""
    steps: list[Step] = []
    while key:
        step: Step
        if isinstance(data, list) and key.startswith("["):
            number, _, rest = key[1:].partition("]")
            step = int(number)
            if step >= len(data):
                break
        elif isinstance(data, dict):
            fitting = [name for name in data if f"{key}.".startswith((f"{name}.", f"{name}["))]
            if not fitting:
                break
            name = max(fitting, key=len)
            step, rest = name, key.removeprefix(name)
        else:
            break
        key = rest.removeprefix(".")
        steps.append(step)
        data = data[step]
    return steps


def _has(data: Any, steps: list[Step]) -> bool:
    try:
        for step in steps:
            data = data[step]
    except (KeyError, IndexError):
        return False
    return True


def _skip(text: str, at: int) -> int:
    """Position of the next character that is no white space."""
    while text[at].isspace():
        at += 1
    return at


def _value_at(text: str, at: int, step: Step) -> int:
    """Position of a value in the JSON object or list that begins at a position."""
    index, name = 0, step
    at = _skip(text, at + 1)
    while True:
        if isinstance(step, str):
            name, at = json.JSONDecoder().raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if name == step and (isinstance(step, str) or index == step):
            return at
        _, at = json.JSONDecoder().raw_decode(text, at)
        at, index = _skip(text, _skip(text, at) + 1), index + 1


def read_json(path: Path) -> Document:
    """Read a file that holds a JSON object.

    Raises:
        InputError: No such file, not JSON, or not an object.
    """
    text = _text(path, hint="create the file, or correct its path in cutover.toml")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _unread(
            path,
            f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            hint="JSON has double quotes only, no comments and no trailing commas",
            line=error.lineno,
        ) from error
    if not isinstance(data, dict):
        raise _unread(
            path,
            f"holds {type_of(data)}, not a JSON object",
            hint="the file is the input of one AWS call: { ... }",
        )
    return Document(path, text, data)


def read_toml(path: Path) -> Document:
    """Read a TOML file.

    Raises:
        InputError: No such file, or not TOML.
    """
    text = _text(
        path, hint=f"run this in the project's directory, or set CUTOVER_CONFIG to its {path.name}"
    )
    try:
        return Document(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _unread(path, f"is not valid TOML: {error}", hint="correct that line") from error


def _text(path: Path, *, hint: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _unread(path, "does not exist", hint=hint) from None
    except OSError as error:
        raise _unread(path, f"cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise _unread(path, f"is not UTF-8: {error.reason}", hint="save it as UTF-8") from error


def _unread(path: Path, message: str, *, hint: str, line: int = 0) -> InputError:
    return InputError([Problem("", message, hint, file=str(path), line=line)])
