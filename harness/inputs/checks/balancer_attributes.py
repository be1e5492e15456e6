"""Attributes of the load balancer and its target group, as ELB takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.aws.elb_attributes import VALUES
from harness.inputs import operation_shapes
from harness.inputs.checks.load_balancer import resources
from harness.inputs.problem import Problem, closest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_SLOW_START_S = 30
"""The shortest slow start; 0 is none."""
_SLOW_STARTS = ("slow_start.duration_seconds", "load_balancing.algorithm.type", "round_robin")
_RESERVED_COOKIE, _COOKIE_NAME = "AWSALB", "stickiness.app_cookie.cookie_name"
_LOGS_ENABLED, _LOGS_BUCKET = "_logs.s3.enabled", "_logs.s3.bucket"
_SIMILARITY = 0.8
"""How close to one of ELB's an unknown attribute is misspelt; another may be new."""
_CODE = re.compile(r"<code>([\w.]+)</code>")


def attributes(production: Production) -> Iterator[Problem]:
    """Attributes of the load balancer and its target group: names, values, and a pair that fails.

    Slow start goes with round robin only:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    for name, content, file in resources(production):
        place, entries = production.files[file], content.get("Attributes") or []
        values = _values(entries)
        for index, entry in enumerate(entries):
            key, value = str(entry.get("Key") or ""), str(entry.get("Value", ""))
            if not key:
                hint = 'write {"Key": ..., "Value": ...}, or leave it out'
                yield Problem(f"Attributes[{index}]", "names no attribute", hint, file=place)
                continue
            for message, hint in _of_attribute(name, key, value):
                yield Problem(f"Attributes[{index}]", f"{key} {message}", hint, file=place)
            if key in [str(other.get("Key")) for other in entries[:index]]:
                message, hint = f"{key} stands there twice", "leave one of the two out"
                yield Problem(f"Attributes[{index}]", message, hint, file=place)
        start, algorithm, only = _SLOW_STARTS
        chosen = values.get(algorithm, only)
        if values.get(start, "0") != "0" and chosen != only:
            yield Problem(
                f"Attributes[{[entry.get('Key') for entry in entries].index(start)}]",
                f"{start} is {values[start]}, and {algorithm} {chosen}: ELB refuses the two"
                " together",
                f'write "0", or the algorithm {only}',
                file=place,
            )


def unknown(production: Production) -> Iterator[str]:
    """Yield a note for each attribute that botocore does not know; ELB may have it since."""
    for name, content, file in resources(production):
        for entry in content.get("Attributes") or ():
            if entry.get("Key") not in _attribute_names(name):
                yield f"{file}: the attribute {entry.get('Key')} is not known here, and not judged"


def _of_attribute(name: str, key: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for an attribute of another resource, or with a value that fails."""
    other = "TargetGroup" if name == "LoadBalancer" else "LoadBalancer"
    if key not in _attribute_names(name) and key in _attribute_names(other):
        file = "target group's" if other == "TargetGroup" else "load balancer's"
        yield (
            f"is an attribute of the {file}, and ELB refuses it here",
            f"move it to the {file} file",
        )
        return
    attribute = closest(key, _attribute_names(name), similarity=_SIMILARITY)
    if key not in _attribute_names(name) and attribute:
        yield "is no attribute that ELB has", f'did you mean "{attribute}"?'
        return
    values = VALUES.get(key, ())
    if not values:
        return
    if isinstance(values[0], str):
        if value not in values:
            yield f'is "{value}"', f"write one of {', '.join(map(str, values))}"
        return
    least, most = int(values[0]), int(values[1])
    is_short = key == _SLOW_STARTS[0] and value.isdigit() and 0 < int(value) < _SLOW_START_S
    if not value.isdigit() or not least <= int(value) <= most or is_short:
        either = f'"0", or "{_SLOW_START_S}"' if key == _SLOW_STARTS[0] else f'"{least}"'
        yield f'is "{value}"', f'write {either} to "{most}"'


@cache
def _attribute_names(name: str) -> frozenset[str]:
    """Return the attributes of a resource; botocore has them in its documentation only."""
    shape = operation_shapes.input_shape("elbv2", f"Modify{name}Attributes")
    text = str(shape.members["Attributes"].member.members["Key"].documentation)
    return frozenset(name for name in _CODE.findall(text) if "." in name)


def cookies(production: Production) -> Iterator[Problem]:
    """Stickiness by the app's cookie names one, and none of the load balancer's own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    entries = production.target_group.get("Attributes") or ()
    values = _values(entries)
    by_app = values.get("stickiness.type") == "app_cookie"
    if by_app and values.get("stickiness.enabled") == "true" and not values.get(_COOKIE_NAME):
        yield Problem(
            "Attributes",
            f"have the stickiness.type app_cookie and no {_COOKIE_NAME}: ELB refuses it",
            f"add {_COOKIE_NAME} with a cookie of the app, or write the stickiness.type lb_cookie",
            file=production.files["ecs.target_group"],
        )
    for index, entry in enumerate(entries):
        value = str(entry.get("Value"))
        is_name = str(entry.get("Key")) == _COOKIE_NAME
        if is_name and value.upper().startswith(_RESERVED_COOKIE):
            yield Problem(
                f"Attributes[{index}]",
                f'{_COOKIE_NAME} is "{value}": names with {_RESERVED_COOKIE} are the load'
                " balancer's own, and ELB refuses it",
                "write the name of a cookie of the app, or the stickiness.type lb_cookie",
                file=production.files["ecs.target_group"],
            )


def logs(production: Production) -> Iterator[Problem]:
    """Logs of the load balancer have a bucket.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    entries = production.load_balancer.get("Attributes") or ()
    values = _values(entries)
    for index, entry in enumerate(entries):
        key = str(entry.get("Key"))
        bucket = key.removesuffix(_LOGS_ENABLED) + _LOGS_BUCKET
        if key.endswith(_LOGS_ENABLED) and values[key] == "true" and not values.get(bucket):
            yield Problem(
                f"Attributes[{index}]",
                f'{key} is "true", and {bucket} is missing: ELB refuses the two together',
                f'add {bucket} with the bucket of the logs, or write "false"',
                file=production.files["ecs.load_balancer"],
            )


def _values(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the values of attributes by their keys."""
    return {str(entry.get("Key")): str(entry.get("Value", "")) for entry in entries}


CHECKS = (
    attributes,
    cookies,
    logs,
)
