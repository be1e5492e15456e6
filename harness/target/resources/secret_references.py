"""What is wrong with the secrets that a task definition names, without showing any value.

ECS's own words for a bad secret often leave out which one it was. Whoever may read the secrets can
say it: the variable, the key, the secret, and what is the matter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOT_JSON = "is not JSON"
NO_OBJECT = "is JSON, but not an object"
DELETED = "is scheduled for deletion"
MISSING = "does not exist"


def lines(definition: Mapping[str, Any], *, client: Any, kind: str) -> Iterator[str]:
    """Say of each variable from which secret it comes, and what is wrong with that, if anything.

    Args:
        definition: The task definition, as ECS describes it.
        client: A boto3 client of Secrets Manager.
        kind: What these tasks are called.
    """
    name = str(definition.get("taskDefinitionArn", "")).rpartition("/")[2]
    read: dict[SecretReference, str | dict[str, Any]] = {}
    for container in definition["containerDefinitions"]:
        for secret in container.get("secrets", []):
            told = f"{kind} task definition {name}: {secret['name']} <- {secret['valueFrom']}"
            wrong = _wrong(secret["valueFrom"], client=client, read=read)
            yield f"{told}: {wrong}" if wrong else told


def _wrong(text: str, *, client: Any, read: dict[SecretReference, str | dict[str, Any]]) -> str:
    try:
        reference = parse_value_from(text)
    except ValueFromError:
        return "is no reference that ECS understands"
    whole = SecretReference(**{**vars(reference), "json_key": ""})
    if whole not in read:
        read[whole] = _read(reference, client=client)
    found = read[whole]
    if isinstance(found, str):
        return f"secret {reference.name} {found}" if found else ""
    if reference.json_key and reference.json_key not in found:
        has = ", ".join(sorted(found)) or "none"
        return f"secret {reference.name} has no key {reference.json_key}; its keys: {has}"
    return ""


def _read(reference: SecretReference, *, client: Any) -> str | dict[str, Any]:
    """Return the secret as an object, or what is wrong with it; nothing when that is unknown."""
    wanted = {"SecretId": reference.name}
    if reference.version_stage:
        wanted["VersionStage"] = reference.version_stage
    if reference.version_id:
        wanted["VersionId"] = reference.version_id
    try:
        text = client.get_secret_value(**wanted)["SecretString"]
    except client.exceptions.ResourceNotFoundException:
        return MISSING
    except client.exceptions.InvalidRequestException as error:
        return DELETED if "marked for deletion" in str(error) else ""
    if not reference.json_key:
        return ""
    try:
        found = json.loads(text)
    except ValueError:
        return NOT_JSON
    return found if isinstance(found, dict) else NO_OBJECT
