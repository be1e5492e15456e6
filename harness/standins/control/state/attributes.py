"""Changes of the attributes of target groups and load balancers, as ELB takes or refuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.aws.elb_attributes import VALUES
from harness.standins.control.wire.protocol import ApiError


def change(
    attributes: dict[str, str], *, request: Sequence[Mapping[str, str]], known: Mapping[str, str]
) -> None:
    """Set the requested attributes; an unknown key or a value out of range changes none of them."""
    for item in request:
        key, value = item.get("Key", ""), item.get("Value", "")
        if key not in known:
            raise ApiError("ValidationError", message=f"Attribute key '{key}' is not recognized")
        match VALUES.get(key):
            case (int(least), int(most)):
                is_valid = value.isdecimal() and least <= int(value) <= most
                expected = f"between {least} and {most}"
            case known_values:
                is_valid = known_values is None or value in known_values
                expected = f"one of {', '.join(map(str, known_values or ()))}"
        if not is_valid:
            message = f"'{key}' must be {expected}, not '{value}'"
            raise ApiError("ValidationError", message=message)
    attributes.update({item["Key"]: item.get("Value", "") for item in request})


def to_api(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return attributes in the form of the API."""
    return [{"Key": key, "Value": value} for key, value in attributes.items()]
