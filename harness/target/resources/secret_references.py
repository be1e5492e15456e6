"""Faults of the secrets that a task definition names, without any value.

ECS's own words for a bad secret often leave out which one it was. Whoever may read the secrets can
say it: the variable, the key, the secret, and what is the matter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NO_OBJECT = "is not a JSON object"
DELETED = "is scheduled for deletion"
MISSING = "does not exist in this account and region"


@dataclass(frozen=True)
class NamedSecret:
    """A variable of a task definition, the secret it comes from, and the fault of that secret."""

    group: str
    """The service or rule that starts such tasks: web, worker, scheduler."""
    definition: str
    variable: str
    value_from: str
    secret: str = ""
    key: str = ""
    fault: str = ""

    def __str__(self) -> str:
        text = (
            f"{self.group} task definition {self.definition}: {self.variable} <- {self.value_from}"
        )
        return f"{text}: {self.fault_in_words}" if self.fault else text

    @property
    def fault_in_words(self) -> str:
        """The fault with the secret's name, as far as that is known."""
        return f"secret {self.secret} {self.fault}" if self.secret else self.fault


def read(definition: Mapping[str, Any], *, client: Any | None, group: str) -> Iterator[NamedSecret]:
    """Read from which secret each variable of a task definition comes.

    Args:
        definition: The task definition, as ECS describes it.
        client: A boto3 client of Secrets Manager, which shows the faults of secrets.
        group: The service or rule that starts such tasks.
    """
    name = str(definition.get("taskDefinitionArn", "")).rpartition("/")[2]
    values: dict[SecretReference, str | dict[str, Any]] = {}
    for container in definition["containerDefinitions"]:
        for secret in container.get("secrets", []):
            source = NamedSecret(group, name, secret["name"], secret["valueFrom"])
            try:
                reference = parse_value_from(secret["valueFrom"])
            except ValueFromError:
                yield replace(source, fault="is no reference that ECS understands")
                continue
            if not isinstance(reference, SecretReference):
                yield source
                continue
            fault = "" if client is None else _fault(reference, client=client, values=values)
            yield replace(source, secret=reference.name, key=reference.json_key, fault=fault)


def _fault(
    reference: SecretReference, *, client: Any, values: dict[SecretReference, str | dict[str, Any]]
) -> str:
    whole = replace(reference, json_key="")
    if whole not in values:
        values[whole] = _read(reference, client=client)
    value = values[whole]
    if isinstance(value, str):
        return value
    if reference.json_key and reference.json_key not in value:
        has = ", ".join(sorted(value)) or "none"
        return f"has no key {reference.json_key}; its keys: {has}"
    return ""


def _read(reference: SecretReference, *, client: Any) -> str | dict[str, Any]:
    """Return the secret as an object, or its fault; nothing when neither is known."""
    request = {"SecretId": reference.name}
    if reference.version_stage:
        request["VersionStage"] = reference.version_stage
    if reference.version_id:
        request["VersionId"] = reference.version_id
    try:
        text = client.get_secret_value(**request)["SecretString"]
    except client.exceptions.ResourceNotFoundException:
        return MISSING
    except client.exceptions.InvalidRequestException as error:
        return DELETED if "marked for deletion" in str(error) else ""
    if not reference.json_key:
        return ""
    try:
        document = json.loads(text)
    except ValueError:
        return NO_OBJECT
    return document if isinstance(document, dict) else NO_OBJECT
