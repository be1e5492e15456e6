"""Labels of AWS's console for each operation's fields, from ``console.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.phases.calls import FileCall, Leaf

CLI_ONLY = "CLI only"
_FILE = Path(__file__).with_name("console.toml")


@dataclass(frozen=True)
class Form:
    """The place of one operation in the console."""

    path: str
    page: str
    """AWS's own page about it."""
    fields: Mapping[str, str]
    """Field of the input -> its label, or ``CLI only``."""

    def label(self, leaf: Leaf) -> str:
        """Return the label of a field; of an entry, with its name."""
        label = self.fields.get(leaf.label_key, CLI_ONLY)
        return f"{label}, {leaf.entry}" if leaf.entry and label != CLI_ONLY else label


NOT_IN_CONSOLE = Form(path=CLI_ONLY, page="", fields={})


def form_of(call: FileCall) -> Form:
    """Return the place of a call in the console."""
    return forms().get(call.operation, NOT_IN_CONSOLE)


@cache
def forms() -> Mapping[str, Form]:
    """Return the place of each operation that the console has."""
    tables = {name: value for name, value in _content().items() if isinstance(value, dict)}
    return {name: Form(**table) for name, table in tables.items()}


def as_of() -> str:
    """Return the day of the labels."""
    return str(_content()["as_of"])


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
