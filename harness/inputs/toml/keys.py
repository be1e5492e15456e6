"""The keys of cutover.toml, as the JSON schema of its tables has them."""

from __future__ import annotations

from functools import cache
from typing import Any

from harness.inputs.toml.schema import CutoverToml


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of the file."""
    return CutoverToml.model_json_schema()


def schema_at(path: list[str | int]) -> dict[str, Any]:
    """Find the schema of a key; of a union, the table's, and an empty one of an unknown key."""
    node = schema()
    for step in path:
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            extra = node.get("additionalProperties") or {}
            node = node.get("properties", {}).get(step, extra)
        node = resolved(node)
    return node


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow references; of a union, the table, or else the first type that is not null."""
    options = [
        option
        for option in node.get("anyOf", node.get("oneOf", ()))
        if option.get("type") != "null"
    ]
    if options:
        targets = [resolved(option) for option in options]
        return next((target for target in targets if target.get("type") == "object"), targets[0])
    if "$ref" in node:
        return resolved(schema()["$defs"][node["$ref"].rpartition("/")[2]])
    return node


def names_in(table: dict[str, Any]) -> list[str]:
    """Return the keys of a table with fixed names."""
    keys = table.get("propertyNames", {}).get("enum")
    return list(keys or table.get("properties", ()))
