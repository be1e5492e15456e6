"""Values of secrets that a task gets otherwise than they were meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    ValueFromError,
    parse_parameter,
    parse_value_from,
)
from harness.inputs.document import toml_key
from harness.inputs.problem import Problem, closest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_STAGES = {
    "AWSPREVIOUS": "the value before the last rotation, which may be valid no more",
    "AWSPENDING": "the value of a rotation that has not ended",
}
_EXPONENT_FROM = 1_000_000
"""ECS's agent writes larger numbers with an exponent, as Go does."""
_MISSPELT = 0.8
"""Likeness of a secret's name that is meant."""


def spaces(production: Production) -> Iterator[Problem]:
    """No value of one line begins or ends with white space, such as the newline of echo."""
    for name, value in production.config.secrets.items():
        items = value.items() if isinstance(value, dict) else [("", value)]
        for key, text in items:
            if isinstance(text, str) and text != text.strip() and "\n" not in text.strip():
                yield Problem(
                    f"secrets.{name}.{key}".rstrip("."),
                    "begins or ends with white space or a newline, which the app takes for a part"
                    " of the value",
                    "take it away, here and in Secrets Manager (printf %s instead of echo)",
                    file=str(production.config.file),
                )


def numbers(production: Production) -> Iterator[Problem]:
    """A task gets a large number of a secret's JSON object with an exponent.

    https://github.com/aws/amazon-ecs-agent: the value of a key is printed as Go prints a float64.
    """
    references = {
        secret for _, _, secret in _references(production) if isinstance(secret, SecretReference)
    }
    for reference in sorted(references, key=lambda secret: (secret.name, secret.json_key)):
        value = production.config.secrets.get(reference.name)
        number = value.get(reference.json_key) if isinstance(value, dict) else None
        if isinstance(number, int) and abs(number) >= _EXPONENT_FROM:
            yield Problem(
                f"secrets.{reference.name}.{reference.json_key}",
                "is a number of seven digits or more, and ECS hands it to the task with an"
                " exponent, such as 1.2e+06",
                "write it in quotes, here and in Secrets Manager",
                file=str(production.config.file),
            )


def stages(production: Production) -> Iterator[Problem]:
    """A task takes the current value of a secret, which a rotation leaves valid.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
    """
    for place, variable, reference in _references(production):
        stage = getattr(reference, "version_stage", "")
        if stage in _STAGES:
            message = f"takes the stage {stage}, {_STAGES[stage]} (variable {variable})"
            hint = "leave the stage out: a task takes AWSCURRENT then"
            yield replace(place, message=message, hint=hint)


def missing(production: Production) -> Iterator[Problem]:
    """Each secret and parameter that a container takes is in the configuration.

    A key that a secret lacks is another thing: production's may lack it, and a rehearsal shows it.
    """
    config = production.config
    names = [name for key in config.parameters for name in parse_parameter(key).names]
    for place, variable, reference in _references(production):
        if isinstance(reference, SecretReference):
            name, table, keys = reference.name, "secrets", [*config.secrets]
            hint = f"add [secrets.{toml_key(name)}] with the keys that production's has"
        else:
            name, table, keys = reference.names[-1], "parameters", names
            hint = f'add {toml_key(reference.text)} = "..." to [parameters]'
        if not {*getattr(reference, "names", (name,))}.intersection(keys):
            near = closest(name, keys, similarity=_MISSPELT)
            suggestion = f', or correct the name: did you mean "{near}"?' if near else ""
            message = f'names "{name}", which [{table}] does not have (variable {variable})'
            yield replace(place, message=message, hint=f"{hint}{suggestion}")


def _references(
    production: Production,
) -> Iterator[tuple[Problem, str, SecretReference | ParameterReference]]:
    """Go through the secrets of all containers: the place, the variable and the reference."""
    for name, task in production.tasks.items():
        file = production.files[f"{name.rpartition('.')[0]}.task_definition"]
        for number, container in enumerate(task.definition.raw["containerDefinitions"]):
            for index, secret in enumerate(container.get("secrets") or ()):
                with suppress(ValueFromError):
                    reference = parse_value_from(str(secret.get("valueFrom")))
                    key = f"containerDefinitions[{number}].secrets[{index}].valueFrom"
                    yield Problem(key, "", "", file=file), str(secret.get("name")), reference


CHECKS = (spaces, numbers, stages, missing)
