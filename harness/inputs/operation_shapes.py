"""What an operation of AWS takes, by botocore's own models: its members, their kinds and values.

The AWS CLI and AWS refuse the same, but in the middle of a release; here it is said before anything
starts, with the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.inputs.problem import Wrong, kind_of
from harness.inputs.toml_table import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "a list"),
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "long": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
}
_NUMBERS = ("integer", "long", "float", "double")


def check(given: Mapping[str, Any], *, api: str, operation: str, path: Path, key: str = "") -> None:
    """Refuse an input that the operation does not take.

    Args:
        given: The input, as the API has it.
        api: The service as botocore calls it, such as ``ecs``.
        operation: Such as ``CreateService``.
        path: The file that the input is from.
        key: Where in the file it is; empty when the file is the input.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    shape: Any = _model(api).operation_model(operation).input_shape
    for wrong in _in_structure(given, shape=shape, key=key):
        raise replace(wrong, hint=f"{wrong.hint} ({api} {operation})").refused(path)


@cache
def _model(api: str) -> ServiceModel:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(api, "service-2"), service_name=api)


def _wrong(value: Any, *, shape: Any, key: str) -> Iterator[Wrong]:
    """Yield what is wrong with a value; a kind that is not in the table may be anything."""
    kind, name = _KINDS.get(shape.type_name, (object, ""))
    is_bool_as_number = isinstance(value, bool) and shape.type_name in _NUMBERS
    fits: bool = isinstance(value, kind) and value is not None and not is_bool_as_number
    if not fits:
        yield Wrong(key, f"is {kind_of(value)}, and must be {name}", f"write {name}")
    elif shape.type_name == "structure":
        yield from _in_structure(value, shape=shape, key=key)
    elif shape.type_name == "list":
        yield from _in_list(value, shape=shape, key=key)
    elif shape.type_name == "map":
        yield from _in_map(value, shape=shape, key=key)
    elif shape.type_name in _NUMBERS:
        yield from _in_range(value, shape=shape, key=key)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        known = ", ".join(shape.enum)
        yield Wrong(key, f'is "{value}", which AWS does not know', f"write one of {known}")


def _in_structure(given: Mapping[str, Any], *, shape: StructureShape, key: str) -> Iterator[Wrong]:
    for name, value in given.items():
        where = f"{key}.{name}" if key else name
        if name not in shape.members:
            hint = nearest(name, shape.members)
            yield Wrong(where, "is no member that AWS knows", hint)
        else:
            yield from _wrong(value, shape=shape.members[name], key=where)
    for name in shape.required_members:
        if name not in given:
            where = f"{key}.{name}" if key else name
            yield Wrong(where, "is missing", f"add the key {name}")


def _in_list(given: list[Any], *, shape: ListShape, key: str) -> Iterator[Wrong]:
    for index, item in enumerate(given):
        yield from _wrong(item, shape=shape.member, key=f"{key}[{index}]")


def _in_map(given: Mapping[str, Any], *, shape: MapShape, key: str) -> Iterator[Wrong]:
    for name, value in given.items():
        yield from _wrong(name, shape=shape.key, key=f"{key}.{name}")
        yield from _wrong(value, shape=shape.value, key=f"{key}.{name}")


def _in_range(value: float, *, shape: Shape, key: str) -> Iterator[Wrong]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield Wrong(
            key, f"is {value}, and AWS takes {least} at the least", f"write {least} or more"
        )
    if most is not None and value > most:
        yield Wrong(key, f"is {value}, and AWS takes {most} at the most", f"write {most} or less")
