"""The files of the load balancer and its target group, with the settings that shut visitors out.

AWS takes all that is rejected here. It fails later, when the first visitor or health check comes,
and not in a way that the stand-in, which speaks HTTP/1.1 to its targets, could show.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
load-balancer-target-groups.html (target types, protocol versions) and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html (target type ip with awsvpc).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.problem import Problem, nearest, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.inputs.document import Document
    from harness.inputs.security_groups import SecurityGroups

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
"""AWS's defaults for fields that are left out."""


def load_balancer(document: Document, *, groups: SecurityGroups | None = None) -> dict[str, Any]:
    """Check the inputs of CreateLoadBalancer and ModifyLoadBalancerAttributes.

    Args:
        document: The file.
        groups: The security groups; None where these have problems of their own.

    Raises:
        InputError: Every problem of the file.
    """
    return _checked(document, "LoadBalancer", wanted=_BALANCER, groups=groups)


def target_group(document: Document) -> dict[str, Any]:
    """Check the inputs of CreateTargetGroup and ModifyTargetGroupAttributes.

    Raises:
        InputError: Every problem of the file.
    """
    return _checked(document, "TargetGroup", wanted=_GROUP)


def _checked(
    document: Document,
    name: str,
    *,
    wanted: Mapping[str, tuple[str, str]],
    groups: SecurityGroups | None = None,
) -> dict[str, Any]:
    data, known = document.data, (name, "Attributes")
    document.reject(
        Problem(key, "is unknown", nearest(key, known)) for key in data if key not in known
    )
    given = data.get(name, {})
    if not isinstance(given, dict):
        hint = f'write "{name}": {{"Name": ...}}, the input of Create{name}'
        document.reject([Problem(name, f"is {type_of(given)}, and must be an object", hint)])
    fit = operation_shapes.fit(given, api="elbv2", operation=f"Create{name}", key=name)
    rules = list(_of_values(fit.fitting, name, wanted=wanted))
    if groups is not None:
        ids = fit.fitting.get("SecurityGroups", ())
        rules += groups.unknown(ids, key=f"{name}.SecurityGroups")
    attributes = operation_shapes.fit(
        {f"{name}Arn": "arn", "Attributes": data.get("Attributes", [])},
        api="elbv2",
        operation=f"Modify{name}Attributes",
    )
    document.reject([*fit.with_rules(rules), *attributes.problems])
    return data


def _of_values(
    content: Mapping[str, Any], name: str, *, wanted: Mapping[str, tuple[str, str]]
) -> Iterator[Problem]:
    for field, (value, why) in wanted.items():
        found = content.get(field, _DEFAULTS[field])
        if found != value:
            message = (
                f'is "{found}"' if field in content else f'is missing, and AWS takes "{found}"'
            )
            yield Problem(f"{name}.{field}", message, f'write "{value}": {why}')
