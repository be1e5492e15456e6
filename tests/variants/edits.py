"""Edits of several of the app's files at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.mistakes.edits import CONFIG, Edit, combine, edit_container, edit_json
from tests.mistakes.edits import TASKS as TYPES_OF_TASK
from tests.project import ROOT

INPUTS = (
    CONFIG,
    *sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("aws", "ecs", "iam", "network")
        for path in (ROOT / "app" / folder).glob("*.json")
    ),
)
"""Production's own files."""


def rename(*renamed: tuple[str, str], files: tuple[str, ...] = INPUTS) -> Edit:
    """Replace regular expressions in each file that has them; one of the files must."""

    def apply(root: Path) -> None:
        for pattern, new in renamed:
            texts = {name: (root / name).read_text() for name in files}
            edited = {name: re.sub(pattern, new, text) for name, text in texts.items()}
            assert edited != texts, f"no file has {pattern}"
            for name, text in edited.items():
                (root / name).write_text(text)

    return Edit(files, apply)


def update(name: str, *path: str | int, **fields: Any) -> Edit:
    """Set fields of an object in a JSON file; None takes a field away."""

    def change(section: Any) -> None:
        for step in path:
            section = section[step]
        for field, value in fields.items():
            if value is None:
                section.pop(field, None)
            else:
                section[field] = value

    return edit_json(name, change)


def set_attributes(name: str, attributes: Mapping[str, str]) -> Edit:
    """Set attributes of the load balancer or of its target group."""

    def change(found: dict[str, Any]) -> None:
        rest = [
            attribute for attribute in found["Attributes"] if attribute["Key"] not in attributes
        ]
        found["Attributes"] = rest + [{"Key": k, "Value": v} for k, v in attributes.items()]

    return edit_json(name, change)


def set_variables(variables: Mapping[str, str | None]) -> Edit:
    """Set variables of every task definition; None takes one away."""

    def change(container: dict[str, Any]) -> None:
        rest = [
            variable for variable in container["environment"] if variable["name"] not in variables
        ]
        added = [{"name": name, "value": value} for name, value in variables.items() if value]
        container["environment"] = rest + added

    return combine(*(edit_container(task, change) for task in TYPES_OF_TASK))


def edit_containers(change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the container of every task definition."""
    return combine(*(edit_container(task, change) for task in TYPES_OF_TASK))


def add_statement(role: str, **statement: Any) -> Edit:
    """Give a role's file another statement."""
    added = {"Effect": "Allow", **statement}
    return edit_json(
        role, lambda document: document["Policies"][0]["PolicyDocument"]["Statement"].append(added)
    )
