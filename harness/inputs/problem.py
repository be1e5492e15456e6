"""One problem of an input file: the key, the fault and the remedy; and reading JSON files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path
import json
from pathlib import Path


@dataclass(frozen=True)
class Wrong:
    """One thing that AWS refuses."""

    key: str
    said: str
    hint: str

    def refused(self, path: Path) -> ConfigError:
        """Make the error that names the file, the key and the remedy."""
        where = f"{path}: {self.key}"
        return ConfigError(f"{where} {self.said}", where=where, hint=self.hint)


def kind_of(value: object) -> str:
    """Name a JSON value's type in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, Sequence) else "an object"


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        ConfigError: No such file, not JSON, or not an object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}: {error.strerror}",
            where=str(path),
            hint="create the file, or correct its path in cutover.toml",
        ) from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            where=f"{path}:{error.lineno}:{error.colno}",
            hint="JSON has double quotes only, no comments and no trailing commas",
        ) from error
    if not isinstance(value, dict):
        raise ConfigError(
            f"{path} holds {kind_of(value)}, not a JSON object",
            where=str(path),
            hint="the file is the input of one AWS call: { ... }",
        )
    return value
