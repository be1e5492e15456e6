"""Commands that make secrets, parameters and environment files; values are put in by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.aws import environment_file
from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    ValueFromError,
    parse_parameter,
    parse_value_from,
)
from harness.inputs.toml.schema import Parameter
from harness.phases.shell import line

if TYPE_CHECKING:
    from harness.inputs.production import Production
    from harness.inputs.toml.schema import ParameterValue, SecretValue

_OF_AWS = "!"
"""Secrets Manager takes it only in names that a service of AWS makes, such as RDS."""


def values(production: Production) -> list[str]:
    """Return the commands that make each secret and parameter; values are put in by hand."""
    return [*_secrets(production), *_parameters(production)]


def _secrets(production: Production) -> Iterator[str]:
    for name, shape in secrets(production).items():
        keys = shape if isinstance(shape, dict) else {}
        value = json.dumps({key: f"<{key}>" for key in keys}) if keys else "<value>"
        words = ("aws", "secretsmanager", "create-secret", "--name", name)
        yield line(*words, "--secret-string", value)


def secrets(production: Production) -> dict[str, SecretValue]:
    """Return the secrets that are made by hand; ``rds!...`` is made with the database.

    Log drivers and registries have secrets that a rehearsal needs not.
    """
    beside: dict[str, SecretValue] = {
        reference.name: {reference.json_key: ""} if reference.json_key else ""
        for reference in _beside(production)
        if isinstance(reference, SecretReference)
    }
    shapes = beside | {**production.config.secrets}
    return {name: shape for name, shape in shapes.items() if _OF_AWS not in name}


def parameters(production: Production) -> dict[str, ParameterValue]:
    """Return the parameters by their names, which cutover.toml may have as ARNs."""
    settings = production.config.parameters
    beside: dict[str, ParameterValue] = {
        reference.names[0]: Parameter()
        for reference in _beside(production)
        if isinstance(reference, ParameterReference)
    }
    return beside | {parse_parameter(key).names[0]: value for key, value in settings.items()}


def _beside(production: Production) -> Iterator[SecretReference | ParameterReference]:
    """Go through the values that log drivers and registries name."""
    for definition in production.definitions:
        for container in definition.containers:
            for text in container.credentials:
                # A value that is none is a problem of the task definition's own.
                with suppress(ValueFromError):
                    yield parse_value_from(text)


def _parameters(production: Production) -> Iterator[str]:
    for name, value in parameters(production).items():
        is_secure = isinstance(value, Parameter)
        key = value.key if isinstance(value, Parameter) else None
        yield line(
            *("aws", "ssm", "put-parameter", "--name", name, "--value", "<value>"),
            *("--type", "SecureString" if is_secure else "String"),
            *(("--key-id", key) if key else ()),
        )


def environment_files(production: Production) -> list[str]:
    """Return the commands that put each environment file into its bucket."""
    own = production.resource_names.get("bucket")
    buckets: dict[str, list[str]] = {}
    for bucket, key in filter(None, map(environment_file.place_of, production.environment_files)):
        copy = line("aws", "s3", "cp", f"<{key.rpartition('/')[2]}>", f"s3://{bucket}/{key}")
        buckets.setdefault(bucket, []).append(copy)
    commands = []
    for bucket, copies in buckets.items():
        first = "# its bucket comes first: `cutover phase 5 --plan`"
        commands.append(first if bucket == own else line("aws", "s3", "mb", f"s3://{bucket}"))
        commands += copies
    return commands
