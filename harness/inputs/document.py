"""An input file, read once: its data, and the line on which each key stands.

A file may hold several JSON objects one after another, as `>>` appends what the AWS CLI prints.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.inputs import templates
from harness.inputs.json_text import UnfitJsonError, value_at
from harness.inputs.problem import InputError, Problem, type_of

if TYPE_CHECKING:
    from pathlib import Path

Step = str | int
_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""A key that TOML takes without quotes."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""Its first bytes, as PowerShell's ``>`` writes them."""
_SPACE = re.compile(r"\s*")
_JSON = (
    "JSON has double quotes only, no comments and no trailing commas; the AWS CLI prints it with"
    " --output json"
)
_APPENDED = (
    "that part is UTF-16, as PowerShell's >> appends it: print it again, and save it as UTF-8"
)


@dataclass(frozen=True)
class Origin:
    """Place of a value in the file, where the data has another shape than the file."""

    document: Document
    """The object of the file."""
    key: str
    """Path of the key in that object; empty for the object itself."""


@dataclass(frozen=True)
class Document:
    """A JSON or TOML file, or one of the JSON objects in it."""

    path: Path
    text: str
    data: dict[str, Any]
    start: int = 0
    """Position in the text at which the object begins."""
    others: tuple[Document, ...] = ()
    """The objects that follow the first."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Path of a key in the data -> its place in the file; none where the two are the same."""
    note: str = ""
    """A line for the user: the way in which the data differs from the file."""

    @property
    def objects(self) -> tuple[Document, ...]:
        """The JSON objects of the file."""
        return (self, *self.others)

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def reject(self, problems: Iterable[Problem]) -> None:
        """Raise the problems of this file, if there are any.

        Raises:
            InputError: There are; each has its file and line.
        """
        faults = []
        for problem in dict.fromkeys(problems):
            place = self.origin_of(problem.key)
            line = place.document.line_of(place.key)
            faults.append(replace(problem, key=place.key, file=str(self.path), line=line))
        if faults:
            raise InputError(faults)

    def place(self, key: str) -> tuple[Path, int]:
        """Return the file and the line of a key."""
        origin = self.origin_of(key)
        return self.path, origin.document.line_of(origin.key)

    def origin_of(self, key: str) -> Origin:
        """Find the place of a key, by the origin of the longest path around it."""
        around = [
            path
            for path in self.origins
            if not path or f"{key}.".startswith((f"{path}.", f"{path}["))
        ]
        if not around:
            return Origin(self, key)
        outer = max(around, key=len)
        origin, rest = self.origins[outer], key[len(outer) :].removeprefix(".")
        separator = "." if origin.key and rest and not rest.startswith("[") else ""
        place = replace(origin, key=f"{origin.key}{separator}{rest}")
        # That object may stand for another one of the file itself.
        return place.document.origin_of(place.key) if place.document.origins else place

    def line_of(self, key: str) -> int:
        """Line of a key, or of the nearest one around it that is there; 0 for the whole file."""
        steps = _steps(self.data, key)
        if not steps:
            return 0
        return self._toml_line(steps) if self.path.suffix == ".toml" else self._json_line(steps)

    def _json_line(self, steps: list[Step]) -> int:
        at = _after_space(self.text, self.start)
        with suppress(json.JSONDecodeError):  # the data has been mended, and the text has not
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
        lines, first, beginnings = self.text.split("\n"), 1, []
        for number in range(1, len(lines) + 1):
            try:
                beginnings.append((first, tomllib.loads("\n".join(lines[:number]))))
            except tomllib.TOMLDecodeError:
                continue
            first = number + 1
        return beginnings


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


def _value_at(text: str, at: int, step: Step) -> int:
    """Position of a value in the JSON object or list that begins at a position."""
    index, name = 0, step
    at = _after_space(text, at + 1)
    while True:
        if isinstance(step, str):
            name, at = json.JSONDecoder().raw_decode(text, at)
            at = _after_space(text, _after_space(text, at) + 1)
        if name == step and (isinstance(step, str) or index == step):
            return at
        _, at = json.JSONDecoder().raw_decode(text, at)
        at, index = _after_space(text, _after_space(text, at) + 1), index + 1


def toml_key(name: str) -> str:
    """Return one step of a key as TOML writes it: in quotes, unless it needs none."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def toml_text(value: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)


def path_below(path: Path, *, root: Path) -> str:
    """Return a path as it is below the root, and whole elsewhere."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def read_json(path: Path) -> Document:
    """Read a file that holds a JSON object, or several one after another.

    Raises:
        InputError: No such file, not JSON, or not an object.
    """
    text = read_text(path, takes_utf_16=True)
    if not text.strip():
        raise _unread(path, "is empty", hint="print it again: its command failed, or had no answer")
    objects: list[Document] = []
    start = _after_space(text, 0)
    while not objects or start < len(text):
        try:
            data, end = value_at(text, start)
        except json.JSONDecodeError as error:
            if kind := templates.kind_of(text, name=path.name):
                message = f"is {kind.words}, and JSON is expected"
                raise _unread(path, message, hint=kind.remedy) from error
            message = f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
            hint = _APPENDED if "\0" in text[start:] else _JSON
            raise _unread(path, message, hint=hint, line=error.lineno) from error
        except UnfitJsonError as error:
            line = text.count("\n", 0, error.at) + 1
            raise _unread(path, error.message, hint=error.hint, line=line) from error
        if not isinstance(data, dict):
            raise _unread(path, *_no_object(data))
        objects.append(Document(path, text, data, start))
        start = _after_space(text, end)
    return replace(objects[0], others=tuple(objects[1:]))


def _no_object(data: Any) -> tuple[str, str]:
    """Return message and hint for another JSON value, which may be a part of an object."""
    first = data[0] if isinstance(data, list) and data else {}
    if isinstance(first, dict) and {"name", "image"} <= first.keys():
        return (
            "holds a list of containers, as Terraform's container_definitions has them, and not a"
            " task definition",
            'write { "family": ..., "cpu": ..., "memory": ..., "networkMode": "awsvpc",'
            ' "executionRoleArn": ..., "taskRoleArn": ..., "containerDefinitions": THE LIST }, or'
            " print it with `aws ecs describe-task-definition`",
        )
    hint = "the file is the input of one AWS call, or what the AWS CLI prints without --query"
    if isinstance(first, dict) and "provider_name" in first:
        return "holds a list of Terraform's resources, not a JSON object", f"{hint}: {{ ... }}"
    return f"holds {type_of(data)}, not a JSON object", f"{hint}: {{ ... }}"


def _after_space(text: str, at: int) -> int:
    """Position of the next character that is no white space, or the text's length."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches the empty text too


def read_toml(path: Path) -> Document:
    """Read a TOML file.

    Raises:
        InputError: No such file, or not TOML.
    """
    text = read_text(
        path, hint="run this in the project's directory, or set CUTOVER_CONFIG to its cutover.toml"
    )
    try:
        return Document(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        is_json = text.lstrip().startswith("{")
        hint = "write it as docs/configuration.md has it; `cutover init` writes the first"
        hint = hint if is_json else "correct that line"
        raise _unread(path, f"is not valid TOML: {error}", hint=hint) from error
    # A number of thousands of digits, or thousands of lists in one another.
    except (ValueError, RecursionError) as error:
        hint = "take the value out that no key of this file needs"
        raise _unread(path, f"cannot be read as TOML: {error}", hint=hint) from error


_CREATE = "create the file, or correct its path in cutover.toml"


def read_text(path: Path, *, hint: str = _CREATE, takes_utf_16: bool = False) -> str:
    """Read a text in UTF-8, or in UTF-16 where that is taken: PowerShell's ``>`` writes it.

    Raises:
        InputError: No such file, or no such text.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise _unread(path, "is a pipe or a device, and a file is expected", hint=hint)
        content = path.read_bytes()
        encoding = _encoding(content)
        if encoding != "utf-8-sig" and not takes_utf_16:
            raise _unread(path, "is UTF-16", hint="save it as UTF-8")
        return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise _unread(path, "does not exist", hint=hint) from None
    except OSError as error:
        raise _unread(path, f"cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        name = "UTF-16" if error.encoding.startswith("utf-16") else "UTF-8"
        message = f"is not {name}: {error.reason}"
        raise _unread(path, message, hint="save it as UTF-8") from error


def _encoding(content: bytes) -> str:
    """Tell UTF-16 by its mark, or by the zero in its first character, which is of ASCII."""
    begin = content[:2]
    if begin in _UTF_16:
        return "utf-16"
    without_mark = ("utf-16-be", "utf-16-le")
    return without_mark[begin.index(0)] if begin.count(0) == 1 else "utf-8-sig"


def _unread(path: Path, message: str, hint: str, *, line: int = 0) -> InputError:
    return InputError([Problem("", message, hint, file=str(path), line=line)])
