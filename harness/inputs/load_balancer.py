"""The files of the load balancer and its target group, and what in them leaves visitors outside.

AWS takes all that is refused here. It fails later, when the first visitor or health check comes,
and not in a way that the stand-in, which speaks HTTP/1.1 to its targets, could show.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
load-balancer-target-groups.html (target types, protocol versions) and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html (target type ip with awsvpc).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.errors import ConfigError
from harness.inputs import operation_shapes
from harness.inputs.problem import load_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BALANCER = {
    "Type": (
        "application",
        "only an application load balancer ends TLS and sets X-Forwarded-For as the app expects",
    ),
    "Scheme": (
        "internet-facing",
        "an internal load balancer has private addresses only, which no visitor reaches",
    ),
}
_GROUP = {
    "TargetType": (
        "ip",
        "tasks have addresses of their own (awsvpc), and ECS refuses a group of instances for them",
    ),
    "Protocol": (
        "HTTP",
        "the load balancer would speak TLS to nginx in the task, which listens for plain HTTP",
    ),
    "ProtocolVersion": (
        "HTTP1",
        "the load balancer would speak HTTP/2 in the clear to nginx in the task, which answers"
        " HTTP/1.1 only: visitors have HTTP/2 from the load balancer all the same",
    ),
    "HealthCheckProtocol": (
        "HTTP",
        "the health check would speak TLS to nginx in the task, which listens for plain HTTP",
    ),
}
_DEFAULTS = {
    "Type": "application",
    "Scheme": "internet-facing",
    "TargetType": "instance",
    "Protocol": "(none)",
    "ProtocolVersion": "HTTP1",
    "HealthCheckProtocol": "HTTP",
}
"""What AWS takes for a member that is left out."""


def load_balancer(path: Path) -> dict[str, Any]:
    """Read the inputs of CreateLoadBalancer and ModifyLoadBalancerAttributes.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    return _load(path, key="LoadBalancer", wanted=_BALANCER)


def target_group(path: Path) -> dict[str, Any]:
    """Read the inputs of CreateTargetGroup and ModifyTargetGroupAttributes.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    return _load(path, key="TargetGroup", wanted=_GROUP)


def _load(path: Path, *, key: str, wanted: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    raw = load_json(path)
    given = raw.get(key)
    if not isinstance(given, dict) or not given.get("Name"):
        hint = f'write "{key}": {{"Name": ...}}, the input of Create{key}'
        raise ConfigError(f"{path}: {key}.Name is missing", where=str(path), hint=hint)
    operation_shapes.check(given, api="elbv2", operation=f"Create{key}", path=path, key=key)
    operation_shapes.check(
        {f"{key}Arn": "arn", "Attributes": raw.get("Attributes", [])},
        api="elbv2",
        operation=f"Modify{key}Attributes",
        path=path,
    )
    for name, (value, why) in wanted.items():
        found = given.get(name, _DEFAULTS[name])
        if found != value:
            said = f'is "{found}"' if name in given else f'is missing, and AWS takes "{found}"'
            where = f"{path}: {key}.{name}"
            raise ConfigError(f"{where} {said}", where=where, hint=f'write "{value}": {why}')
    return raw
