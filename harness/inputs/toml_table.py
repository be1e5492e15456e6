"""Typed reading of a TOML table, with an error that names the file, the key and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import ConfigError


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest, or list them all."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(names)}"


@dataclass(frozen=True)
class Table:
    """One table of a TOML file; ``path`` is its dotted key."""

    file: Path
    path: str
    data: Mapping[str, Any]

    def key(self, name: str) -> str:
        """Return the dotted key of a member."""
        return f"{self.path}.{name}" if self.path else name

    def fail(self, name: str, problem: str, hint: str) -> ConfigError:
        """Make the error for one key."""
        return ConfigError(f'{self.file}: key "{self.key(name)}": {problem}', hint=hint)

    def only(self, *known: str) -> None:
        """Refuse keys that nothing reads."""
        for name in self.data:
            if name not in known:
                raise self.fail(name, "unknown key", nearest(name, known))

    def text(self, name: str, *, default: str | None = None) -> str:
        """Read a string that is not empty."""
        value = self._value(name, default)
        if not isinstance(value, str) or not value:
            raise self.fail(name, f"must be text, is {_kind(value)}", f'write {name} = "..."')
        return value

    def choice(self, name: str, options: tuple[str, ...], *, default: str) -> str:
        """Read one of a few words."""
        value = self.text(name, default=default)
        if value not in options:
            raise self.fail(name, f'"{value}" is not one of its values', nearest(value, options))
        return value

    def number(self, name: str, *, default: int) -> int:
        """Read a positive whole number."""
        value = self._value(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.fail(name, f"must be a whole number above 0, is {_kind(value)}", "")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Read a list of strings that is not empty."""
        value = self._value(name, None)
        if not isinstance(value, list) or not value or any(not isinstance(v, str) for v in value):
            raise self.fail(
                name, f"must be a list of texts, is {_kind(value)}", f'write {name} = ["a", "b"]'
            )
        return tuple(value)

    def existing_file(self, name: str, *, root: Path) -> Path:
        """Read a path relative to the configuration file and see that the file is there."""
        path = root / self.text(name)
        if not path.is_file():
            raise self.fail(name, f"there is no file {path}", "correct the path, or add the file")
        return path

    def table(self, name: str, *, required: bool = True) -> Table:
        """Read a table within this one; an absent optional one is empty."""
        value = self.data.get(name)
        if value is None and not required:
            value = {}
        if not isinstance(value, dict):
            problem = "is missing" if value is None else f"must be a table, is {_kind(value)}"
            raise self.fail(name, problem, f"add [{self.key(name)}]; docs/configuration.md has it")
        return Table(self.file, self.key(name), value)

    def tables(self, name: str) -> tuple[Table, ...]:
        """Read a list of tables, ``[[name]]``; an absent one is empty."""
        value = self.data.get(name, [])
        if not isinstance(value, list) or any(not isinstance(v, dict) for v in value):
            raise self.fail(name, "must be a list of tables", f"write [[{self.key(name)}]]")
        return tuple(Table(self.file, f"{self.key(name)}[{i}]", v) for i, v in enumerate(value))

    def texts(self) -> dict[str, str]:
        """Read every key of this table as text."""
        return {name: self.text(name) for name in self.data}

    def _value(self, name: str, default: Any) -> Any:
        if name in self.data:
            return self.data[name]
        if default is None:
            raise self.fail(name, "is missing", f"add it to [{self.path}]")
        return default


def _kind(value: object) -> str:
    names = {
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    if value == "":
        return "empty"
    return names.get(type(value), type(value).__name__)
