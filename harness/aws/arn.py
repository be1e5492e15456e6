"""Amazon Resource Names: their parts, and the partition of a region.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from dataclasses import dataclass

_FIELDS = 6
_PARTITIONS = {"us-gov-": "aws-us-gov", "cn-": "aws-cn", "eusc-": "aws-eusc"}


@dataclass(frozen=True)
class Arn:
    """One ARN; region and account are empty where the service leaves them out."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse(text: str) -> Arn | None:
    """Split an ARN into its parts; None for a text that is none."""
    parts = text.split(":", _FIELDS - 1)
    if len(parts) != _FIELDS or parts[0] != "arn" or not parts[5]:
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """Return the partition of a region: ``aws``, or for instance ``aws-us-gov``."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
