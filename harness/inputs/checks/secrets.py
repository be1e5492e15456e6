"""Values of secrets that a task gets otherwise than they were meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_STAGES = {
    "AWSPREVIOUS": "the value before the last rotation, which may be valid no more",
    "AWSPENDING": "the value of a rotation that has not ended",
}
_EXPONENT_FROM = 1_000_000
"""ECS's agent writes larger numbers with an exponent, as Go does."""


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
    containers = (one for task in production.definitions for one in task.containers)
    taken = {text for one in containers for text in one.secrets.values()}
    for text in sorted(taken):
        try:
            reference = parse_value_from(text)
        except ValueFromError:
            continue
        if not isinstance(reference, SecretReference):
            continue
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
    for place, task in production.tasks.items():
        file = production.files[f"{place.rpartition('.')[0]}.task_definition"]
        for number, container in enumerate(task.definition.raw["containerDefinitions"]):
            for index, one in enumerate(container.get("secrets") or ()):
                try:
                    reference = parse_value_from(str(one.get("valueFrom")))
                except ValueFromError:
                    continue
                stage = getattr(reference, "version_stage", "")
                if stage in _STAGES:
                    yield Problem(
                        f"containerDefinitions[{number}].secrets[{index}].valueFrom",
                        f"takes the stage {stage}, {_STAGES[stage]} (variable {one.get('name')})",
                        "leave the stage out: a task takes AWSCURRENT then",
                        file=file,
                    )


CHECKS = (spaces, numbers, stages)
