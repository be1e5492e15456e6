"""Operations of AWS by botocore's own models: the fields of an input, their types and values.

The AWS CLI and AWS reject the same, but in the middle of a release; here it comes out before
anything starts, with the file and the key. ``botocore.validate`` knows neither enums, maxima nor
patterns, and takes a boolean for a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.inputs.problem import Problem, closest, nearest, type_of

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

_TYPES: Mapping[str, tuple[type | tuple[type, ...], str, Any]] = {
    "structure": (dict, "an object", {}),
    "map": (dict, "an object", {}),
    "list": (list, "a list", []),
    "string": (str, "a string", ""),
    "boolean": (bool, "true or false", False),
    "integer": (int, "a whole number", 0),
    "long": (int, "a whole number", 0),
    "float": ((int, float), "a number", 0),
    "double": ((int, float), "a number", 0),
}
"""Type of a shape -> Python's types, its name, and a stand-in for a value of another type."""
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBERS = ("integer", "long", "float", "double")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")
_OF_REGIONS = "BucketLocationConstraint"
"""A shape of Regions; botocore's list lacks the newest."""
_NAMES = re.compile(r"(?:Address|Arn|ARN|Bucket|Domain|Id|Identifier|Name|family)$")
"""Required fields that name something."""
_OF_NAMES = re.compile(r"(?:Arns|Domains|Ids|Names|Subnets|SecurityGroups)$", re.IGNORECASE)
"""Lists of names."""
_SIZES = {"string": "characters", "list": "items", "map": "keys"}
_BITS = {"integer": 2**31, "long": 2**63}
"""Type of a shape -> the first whole number that it cannot hold."""


@dataclass
class Fit:
    """An input compared with an operation: the part that fits, and the problems."""

    fitting: dict[str, Any] = field(default_factory=dict)
    """The input without unknown fields and values of another type: checks may rely on it."""
    problems: list[Problem] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Keys that ``fitting`` lacks."""

    def with_checks(self, problems: Iterable[Problem]) -> list[Problem]:
        """Add the problems that checks found in ``fitting``, but for fields that it lacks."""
        additions = [
            problem
            for problem in problems
            if not any(_is_below(problem.key, key) for key in self.dropped)
        ]
        keys = {problem.key for problem in additions}
        return [*(problem for problem in self.problems if problem.key not in keys), *additions]


def _is_below(key: str, other: str) -> bool:
    return f"{key}.".startswith((f"{other}.", f"{other}["))


def fit(request: Mapping[str, Any], *, api: str, operation: str, key: str = "") -> Fit:
    """Compare an input with an operation's shape.

    Args:
        request: The input, as the API has it.
        api: The service as botocore calls it, such as ``ecs``.
        operation: Such as ``CreateService``.
        key: Where in the file it is; empty when the file is the input.
    """
    walk = _Walk(f"({api} {operation})")
    shape = input_shape(api, operation)
    walk.fit.fitting = walk.structure(request, shape=shape, key=key)
    return walk.fit


def answer_problems(answer: Mapping[str, Any], *, api: str, operation: str) -> list[Problem]:
    """Compare an answer with an operation's output: unknown fields, other types and values."""
    walk = _Walk(f"({api} {operation})")
    walk.structure(answer, shape=output_shape(api, operation), key="")
    return walk.fit.problems


def type_problems(value: Any, *, shape: Any, key: str) -> Iterator[Problem]:
    """Find values of another type than a shape's, in an answer of AWS that may be cut by hand.

    A text may be the document that it stands for: the AWS CLI prints policies so. A field that is
    null is not set: consoles write them.
    """
    types: Any
    types, name, _ = _TYPES.get(shape.type_name, (object, "", None))
    if getattr(shape, "is_document_type", False):
        return
    is_text = shape.type_name == "string" and isinstance(value, (dict, int, float))
    if not (is_text or isinstance(value, types)):
        yield Problem(key, f"is {type_of(value)}, and must be {name}", f"write {name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from type_problems(item, shape=shape.member, key=f"{key}[{index}]")
    elif shape.type_name == "map":
        for each, item in value.items():
            yield from type_problems(item, shape=shape.value, key=f"{key}.{each}")
    elif shape.type_name == "structure":
        for each, item in value.items():
            if each in shape.members and item is not None:
                where = f"{key}.{each}".removeprefix(".")
                yield from type_problems(item, shape=shape.members[each], key=where)


@cache
def operation_of(api: str, command: str) -> str:
    """Return the operation of a command of the AWS CLI, such as ``describe-services``."""
    return next(name for name in _model(api).operation_names if kebab(name) == command)


def kebab(operation: str) -> str:
    """Return an operation's name as the AWS CLI has it."""
    return _WORDS.sub("-", operation).lower()


def input_shape(api: str, operation: str) -> Any:
    """Return botocore's shape of an operation's input."""
    return _model(api).operation_model(operation).input_shape


def output_shape(api: str, operation: str) -> Any:
    """Return botocore's shape of an operation's output."""
    return _model(api).operation_model(operation).output_shape


@cache
def models() -> Loader:
    """Return the loader of botocore's models, which reads each of them once in a process."""
    from botocore.loaders import create_loader

    return create_loader()


@cache
def _model(api: str) -> ServiceModel:
    from botocore.model import ServiceModel

    return ServiceModel(models().load_service_model(api, "service-2"), service_name=api)


@dataclass
class _Walk:
    """The way through one input."""

    operation: str
    fit: Fit = field(default_factory=Fit)

    def structure(self, content: Mapping[str, Any], *, shape: Any, key: str) -> dict[str, Any]:
        fitting = {}
        for name, value in content.items():
            where = f"{key}.{name}" if key else name
            if name not in shape.members:
                hint = nearest(name, shape.members)
                self._note(where, "is no field that AWS knows", hint, dropped=True)
                continue
            part = self._value(value, shape=shape.members[name], key=where)
            if where not in self.fit.dropped:
                fitting[name] = part
        misspelt = {closest(name, shape.members) for name in content.keys() - shape.members.keys()}
        for name in shape.required_members:
            if name not in content and name not in misspelt:
                where = f"{key}.{name}" if key else name
                self._note(where, "is missing", f"add the key {name}")
            elif content.get(name) == "" and _must_be_given(name, shape.members[name]):
                self._note(f"{key}.{name}" if key else name, "is empty", "write its value")
        return fitting

    def _value(self, value: Any, *, shape: Any, key: str) -> Any:
        """Record the faults of a value, and return it without them."""
        if getattr(shape, "is_document_type", False):
            return value  # any JSON
        types, name, stand_in = _TYPES.get(shape.type_name, (object, "", None))
        is_bool_as_number = isinstance(value, bool) and shape.type_name in _NUMBERS
        fits: bool = value is not None and isinstance(value, types) and not is_bool_as_number
        if not fits:
            in_quotes = name == "a string" and isinstance(value, (bool, int, float))
            hint = "put it in quotes" if in_quotes else f"write {name}"
            self._note(key, f"is {type_of(value)}, and must be {name}", hint, dropped=True)
            return stand_in
        for message, hint in _faults(value, shape=shape):
            self._note(key, message, hint)
        if shape.type_name == "structure":
            return self.structure(value, shape=shape, key=key)
        if shape.type_name == "list":
            if _OF_NAMES.search(key.rpartition(".")[2]):
                for index, item in enumerate(value):
                    if item == "":
                        self._note(f"{key}[{index}]", "is empty", "write its value, or remove it")
            return [
                self._value(item, shape=shape.member, key=f"{key}[{index}]")
                for index, item in enumerate(value)
            ]
        if shape.type_name == "map":
            for each in value:
                self._value(each, shape=shape.key, key=f"{key}.{each}")
            return {
                each: self._value(item, shape=shape.value, key=f"{key}.{each}")
                for each, item in value.items()
            }
        return value

    def _note(self, key: str, message: str, hint: str, *, dropped: bool = False) -> None:
        self.fit.problems.append(Problem(key, message, f"{hint} {self.operation}"))
        if dropped:
            self.fit.dropped.append(key)


def _faults(value: Any, *, shape: Any) -> Iterator[tuple[str, str]]:
    """Yield message and hint for a value of the right type that AWS rejects; it is not shown."""
    values = getattr(shape, "enum", None)
    if values:
        is_region = shape.name == _OF_REGIONS and _REGION.fullmatch(value)
        if value not in values and not is_region:
            yield f'is "{value}", which AWS does not know', f"write one of {', '.join(values)}"
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name in _BITS:
        limit = _BITS[shape.type_name]
        least, most = -limit if least is None else least, limit - 1 if most is None else most
    unit = _SIZES.get(shape.type_name, "")
    size = len(value) if unit else value
    message = f"has {size} {unit}" if unit else f"is {size}"
    if shape.type_name not in (*_SIZES, *_NUMBERS):
        return
    if least is not None and size < least:
        too_small = f"{message}, and AWS takes {least} at the least"
        yield "is empty" if size == 0 and unit else too_small, f"write {least} or more"
    elif most is not None and size > most:
        yield f"{message}, and AWS takes {most} at the most", f"write {most} or less"
    elif shape.type_name == "string" and not _matches(value, shape.metadata.get("pattern", "")):
        yield (
            "has characters, or a form, that AWS does not take",
            f"AWS takes {shape.metadata['pattern']}",
        )


def _must_be_given(name: str, shape: Any) -> bool:
    """Whether AWS takes no empty text here, and the model has no least length that says so."""
    return _NAMES.search(name) is not None and not shape.metadata.get("min")


def _matches(text: str, pattern: str) -> bool:
    """Compare with a pattern of a model; one in another dialect than Python's judges nothing."""
    try:
        return not pattern or re.fullmatch(pattern, text, re.DOTALL) is not None
    except re.error:
        return True
