"""Compares a command with the AWS CLI: service, operation or waiter, options and input."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.waiter import WaiterModel

from harness.inputs import operation_shapes
from harness.inputs.operation_shapes import kebab

_SERVICES = {"s3api": "s3", "deploy": "codedeploy"}
_INPUT = "cli-input-json"
_GLOBAL = {"query", "output", "region", "profile"}
_OWN: Mapping[tuple[str, str], set[str]] = {
    ("ecr", "get-login-password"): set(),
    ("s3", "cp"): set(),
    ("s3", "mb"): set(),
    ("s3", "rb"): {"force"},
    ("logs", "tail"): {"since"},
}
"""Commands that are the AWS CLI's own, and no API's -> their options."""


def problems(command: str, *, folder: Path) -> list[str]:
    """Return the faults of one command of the AWS CLI, as a shell takes it.

    Args:
        command: Such as ``aws ecs create-cluster --cluster-name shop``.
        folder: In which it runs.
    """
    words = shlex.split(command)
    end = next((index for index, word in enumerate(words) if word in ("|", ">")), len(words))
    _, service, name, *rest = words[:end]
    if (service, name) in _OWN:
        return [
            f"{word} is no option"
            for word in rest
            if word.startswith("--") and word[2:] not in (_OWN[service, name] | _GLOBAL)
        ]
    api = _SERVICES.get(service, service)
    if api not in _apis():
        return [f"aws {service} is no service"]
    if name == "wait":
        name, *rest = rest
        waiters = {kebab(waiter): waiter for waiter in _waiters(api).waiter_names}
        if name not in waiters:
            return [f"aws {service} wait {name} is no waiter"]
        operation = _waiters(api).get_waiter(waiters[name]).operation
    else:
        operations = {kebab(action): action for action in _operations(api)}
        if name not in operations:
            return [f"aws {service} {name} is no command"]
        operation = operations[name]
    options = _options(rest)
    shape = operation_shapes.input_shape(api, operation)
    if _INPUT in options:
        (text,) = options[_INPUT]
        return list(_of_input(text, api=api, operation=operation, folder=folder))
    return list(_of_options(options, shape=shape))


def _options(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each option."""
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            option = word[2:]
            options[option] = []
        else:
            options[option].append(word)
    return options


def _of_options(given: Mapping[str, list[str]], *, shape: Any) -> Iterator[str]:
    types = {kebab(name): member.type_name for name, member in shape.members.items()}
    switches = {name for name, type_name in types.items() if type_name == "boolean"}
    names = {option.removeprefix("no-") if option not in types else option for option in given}
    for name in shape.required_members:
        if kebab(name) not in names:
            yield f"{name} is missing"
    for option, values in given.items():
        if option in _GLOBAL:
            continue
        if option in switches or option.removeprefix("no-") in switches:
            if values:
                yield f"--{option} takes no value"
        elif option not in types:
            yield f"--{option} is no option of {shape.name}"
        elif len(values) != 1 and (types[option] != "list" or not values):
            yield f"--{option} has {len(values)} values"


def _of_input(text: str, *, api: str, operation: str, folder: Path) -> Iterator[str]:
    path = folder / text.removeprefix("file://")
    content = json.loads(path.read_text() if text.startswith("file://") else text)
    for problem in operation_shapes.fit(content, api=api, operation=operation).problems:
        if "<" not in str(content.get(problem.key, "")):
            yield f"{operation}: {problem.key} {problem.message}"


@cache
def _apis() -> list[str]:
    return list(Loader().list_available_services("service-2"))


@cache
def _operations(api: str) -> list[str]:
    return list(Loader().load_service_model(api, "service-2")["operations"])


@cache
def _waiters(api: str) -> WaiterModel:
    return WaiterModel(Loader().load_service_model(api, "waiters-2"))
