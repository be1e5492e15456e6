"""The problems of a cutover.toml that does not have the tables and keys of its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import date, time
from itertools import takewhile
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.inputs.derivation import SOURCES
from harness.inputs.document import toml_key
from harness.inputs.problem import Problem, closest, nearest, type_of
from harness.inputs.toml.keys import names_in, schema_at
from harness.inputs.toml.schema import CutoverToml


def problems(data: Mapping[str, Any]) -> list[Problem]:
    """Return the missing and the unknown tables and keys of a file."""
    try:
        CutoverToml.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        misspelt = {_meant(detail) for detail in details if detail["type"] == "extra_forbidden"}
        around = {
            detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))
        }
        return [
            _problem(detail)
            for detail in details
            if detail["loc"] not in (misspelt if detail["type"] == "missing" else around)
        ]
    return []


def without_faults(data: Mapping[str, Any]) -> CutoverToml | None:
    """Return the file without the keys that are wrong, and misspelt ones as they are meant.

    None if it lacks a required key then. It serves for finding more problems, and nothing else.
    """
    repaired: dict[str, Any] = deepcopy(dict(data))
    try:
        return CutoverToml.model_validate(repaired)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] != "missing":
                _remove(repaired, detail)
    try:
        return CutoverToml.model_validate(repaired)
    except ValidationError:
        return None


def _remove(data: dict[str, Any], error: ErrorDetails) -> None:
    """Take a wrong key out of the data; a list goes as a whole."""
    path = list(takewhile(lambda step: isinstance(step, str), _plain(error["loc"])))
    table: Any = data
    for step in path[:-1]:
        table = table.get(step, {})
    value, correct_name = table.pop(path[-1], None), _meant(error)[-1]
    if error["type"] == "extra_forbidden" and correct_name:
        table.setdefault(correct_name, value)


def _meant(error: ErrorDetails) -> tuple[str | int, ...]:
    """Place of the key that a misspelt one stands for."""
    *table, name = error["loc"]
    return (*table, closest(str(name), names_in(schema_at(_plain(table)))))


_ADDITIONS = ("<table>", "<text>", "<number>", "[key]")


def _plain(place: Iterable[str | int]) -> list[str | int]:
    """Leave out pydantic's additions to the path of a key."""
    return [step for step in place if step not in _ADDITIONS]


def _problem(error: ErrorDetails) -> Problem:
    path = _plain(error["loc"])
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    word = _of_name if error["type"] in _ABOUT_NAMES or error["loc"][-1] == "[key]" else _of_value
    message, hint = word(error, path=path)
    return Problem(key.removeprefix("."), message, hint)


_ABOUT_NAMES = ("extra_forbidden", "missing")
_PRINTED_BY: Mapping[str, str] = {
    "network.vpc_cidr": '`aws ec2 describe-vpcs --query "Vpcs[].CidrBlock"` prints it',
    "network.security_groups": "a file with the output of `aws ec2 describe-security-groups`",
    "ecs.load_balancer": "a file with the output of `aws elbv2 describe-load-balancers`, and of"
    " what docs/configuration.md has besides",
    "task_definition": "a file with the output of `aws ecs describe-task-definition`",
    "service": "a file with the output of `aws ecs describe-services`",
    "ecs.target_group": "a file with the output of `aws elbv2 describe-target-groups`, and of"
    " `describe-target-group-attributes`",
}
"""A key that no other file has, or its last step -> the command that prints its value or file."""


def _of_name(error: ErrorDetails, *, path: list[str | int]) -> tuple[str, str]:
    """Word a key that is unknown, missing, or refused, with its remedy."""
    if error["type"] == "fault":
        return str(error["ctx"]["message"]), str(error["ctx"]["hint"])
    name, table = str(path[-1]), ".".join(map(str, path[:-1]))
    if error["type"] != "missing":
        return "is unknown", nearest(name, names_in(schema_at(path[:-1])))
    if schema_at(path).get("type") == "object":
        return "is missing", f"add [{name}]; docs/configuration.md has it"
    printed = _PRINTED_BY.get(f"{table}.{name}", _PRINTED_BY.get(name, ""))
    if printed:
        return "is missing", f"add it to [{table}]: {printed}"
    source = SOURCES.get(f"{table}.{name}")
    suffix = f": it is taken from {source}, and none has it" if source else ""
    return "is missing", f"add it to [{table}]{suffix}"


def _of_value(error: ErrorDetails, *, path: list[str | int]) -> tuple[str, str]:
    """Word a value that does not fit its key, with its remedy."""
    name, value, schema = path[-1], error["input"], schema_at(path)
    description = "empty" if value in ("", [], ()) else _TYPES.get(type_of(value), type_of(value))
    description = "a date or a time" if isinstance(value, (date, time)) else description
    if error["type"] == "fault":
        return str(error["ctx"]["message"]), str(error["ctx"]["hint"])
    if error["type"] == "literal_error" and isinstance(value, str):
        values = schema.get("enum") or (schema["const"],)
        return f'is "{value}", which is none of its values', nearest(value, values)
    written = toml_key(str(name))
    forms = {
        "string": ("text", f'write {written} = "..."'),
        "object": ("a table", f"write [{'.'.join(toml_key(str(step)) for step in path)}]"),
        "array": ("a list of texts", f'write {written} = ["a", "b"]'),
        "integer": ("a whole number above 0", f"write {written} = 180"),
        "boolean": ("true or false", f"write {written} = true, or false, without quotes"),
    }
    if schema.get("type") == "object" and name in names_in(schema):
        table = ".".join(toml_key(str(step)) for step in path[:-1])
        forms["object"] = (
            "a table",
            f"write [{table}.NAME], with a name of yours, and {name} in it",
        )
    form, hint = forms["string" if error["type"] == "string_type" else schema["type"]]
    if "$ref" in schema.get("items", ()):
        form, hint = "a list of tables", f"write [[{name}]]"
    elif isinstance(name, int):
        form, hint = (form, 'write "..."') if form == "text" else (form, f"write [[{path[0]}]]")
    if error["type"] == "greater_than":
        description = str(value)
    return f"is {description}, and must be {form}", hint


_TYPES = {"a string": "text", "an object": "a table"}
