"""Meaning, type, default and example of each key of cutover.toml, and its published schema."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from harness.inputs.derivation import SOURCES
from harness.inputs.document import toml_key
from harness.inputs.problem import InputError, Problem, nearest
from harness.inputs.toml.keys import resolved, schema, schema_at

_NAME = "<name>"
"""Stands for any name in a table of free names."""


@dataclass(frozen=True)
class Explanation:
    """One key, or one table."""

    key: str
    meaning: str
    type: str
    default: str
    """The value without the key, or the place it is taken from."""
    example: str
    """Lines of TOML; empty for a table."""
    keys: tuple[str, ...] = ()
    """Names of a table's keys."""

    def __str__(self) -> str:
        lines = [self.key, f"  {self.meaning}", "", f"  type     {self.type}"]
        if self.default:
            lines.append(f"  default  {self.default}")
        example = [f"    {line}" for line in self.example.splitlines()]
        if self.keys:
            lines.append(f"  keys     {', '.join(self.keys)}")
        return "\n".join([*lines, *(["", "  example", *example] if example else [])])


def explain(key: str) -> Explanation:
    """Explain a key or a table.

    Args:
        key: As in TOML: ``app.url``, ``services.web.service``, ``secrets."shop/db"``; ``<name>``
            stands for any name.

    Raises:
        InputError: There is no such key.
    """
    path = _path(key)
    node = table = schema()
    meaning = ""
    for step in path:
        table = _table(node)
        names = table.get("properties", {})
        node = names.get(step) or table.get("additionalProperties") or {}
        if not node:
            raise InputError([Problem(key, "is no key", nearest(step, names))])
        meaning = node.get("description") or resolved(node).get("description") or meaning
    default = None if resolved(node).get("type") == "object" else node.get("default")
    examples = node.get("examples") or [example for example in (default,) if example]
    return Explanation(
        key,
        meaning=meaning.replace("``", "`"),
        type=_type(node),
        default=_default(".".join(path), node, required=path[-1] in table.get("required", ())),
        example=_example(path, examples[0]) if examples else "",
        keys=_names(_table(node)),
    )


def _table(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a table, or of the tables in a list."""
    table = resolved(dict(node))
    return resolved(table["items"]) if table.get("type") == "array" else table


def _default(key: str, node: Mapping[str, Any], *, required: bool) -> str:
    if key in SOURCES:
        return f"taken from {SOURCES[key]}"
    if resolved(dict(node)).get("type") == "object":
        return ""
    if required:
        return "none, it is required"
    return _toml(node["default"]) if node.get("default") is not None else ""


def every_key() -> list[tuple[str, ...]]:
    """Return the paths of all tables and keys, in the order of the schema."""
    return list(_keys((), schema()))


def _keys(path: tuple[str, ...], node: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in _properties(node).items():
        yield (*path, name)
        table = _table(value)
        if table.get("type") == "object":
            yield from _keys((*path, name), table)


def _properties(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a table, with the one that stands for free names."""
    names = {**node.get("properties", {})}
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        names[_NAME] = extra
    return names


def _names(node: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_properties(node)) if node.get("type") == "object" else ()


def published_schema() -> dict[str, Any]:
    """Return the JSON schema for editors: keys that other files have are not required in it."""
    published = deepcopy(schema())
    tables = {
        name: node["$ref"].rpartition("/")[2]
        for name, node in published["properties"].items()
        if "$ref" in node
    }
    for key in SOURCES:
        table, _, name = key.partition(".")
        if table in tables:
            definition = published["$defs"][tables[table]]
            definition["required"] = [
                field for field in definition.get("required", ()) if field != name
            ]
    published["required"] = [
        name
        for name in published["required"]
        if name not in tables or published["$defs"][tables[name]].get("required")
    ]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **published}


def schema_text() -> str:
    """Return the published schema as the text of a file."""
    return json.dumps(published_schema(), indent=2) + "\n"


def _path(key: str) -> list[str]:
    """Take a key apart as TOML does."""
    try:
        node = tomllib.loads(f"{key.replace(_NAME, 'NAME')} = 0")
    except tomllib.TOMLDecodeError as error:
        hint = 'write it as in TOML: app.url, or secrets."shop/db".password'
        raise InputError([Problem(key, "is no key of TOML", hint)]) from error
    path: list[str] = []
    step: Any = node
    while isinstance(step, dict):
        name, step = next(iter(step.items()))
        path.append(name)
    return path


def _type(node: Mapping[str, Any]) -> str:
    options = [
        option
        for option in node.get("oneOf", node.get("anyOf", ()))
        if option.get("type") != "null"
    ]
    if options:
        return " or ".join(_type(resolved(option)) for option in options)
    node = resolved(dict(node))
    if "enum" in node or "const" in node:
        return f"one of {', '.join(map(str, node.get('enum') or (node['const'],)))}"
    if node.get("type") == "array":
        return "a list of tables" if "properties" in _table(node) else "a list of texts"
    if node.get("format") == "path":
        return "the path of a file, from this one's directory"
    names = {
        "string": "text",
        "object": "a table",
        "integer": "a whole number",
        "boolean": "true or false",
    }
    return names[node["type"]]


def _example(path: list[str], value: Any) -> str:
    *table, name = path
    head = ".".join(toml_key(step) for step in table)
    is_list = resolved(schema_at(list(table))).get("type") == "array" if table else False
    lines = [f"[[{head}]]" if is_list else f"[{head}]"] if table else []
    return "\n".join([*lines, f"{toml_key(name)} = {_toml(value)}"])


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)
