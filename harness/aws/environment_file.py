"""A container's environmentFiles: objects in S3 with a variable on each line.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.aws import arn

MOST_FILES = 10
SUFFIX = ".env"


def place_of(text: str) -> tuple[str, str] | None:
    """Return the bucket and the key of an object's ARN; None for a text that is none."""
    parts = arn.parse(text)
    bucket, _, key = parts.resource.partition("/") if parts and parts.service == "s3" else ("",) * 3
    return (bucket, key) if bucket and key else None


def references(container: Mapping[str, Any]) -> list[str]:
    """Return the ARNs of a container's files, in their order."""
    return [str(file.get("value", "")) for file in container.get("environmentFiles") or ()]


def variables(text: str) -> dict[str, str]:
    """Read a file as ECS does: quotation marks and spaces belong to a value."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name and value and not line.startswith("#"):
            values[name] = value
    return values
