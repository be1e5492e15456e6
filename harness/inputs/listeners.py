"""The way of a visitor from the load balancer's HTTPS listener to the target group.

Rules are taken in the order of their priorities, and the default action is for the requests that
fit none: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from harness.inputs.ecs_services import target_group_of
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production


def problems(production: Production) -> Iterator[Problem]:
    """Report a listener, or a rule for the public host, that leads to other target groups."""
    balancer = production.load_balancer
    name = str(production.target_group["TargetGroup"]["Name"])
    file = production.files["ecs.load_balancer"]
    rules = [*enumerate(balancer.get("Rules") or ())]
    listeners = [*enumerate(balancer.get("Listeners") or ())]
    one_listener = len({str(rule.get("ListenerArn")) for _, rule in rules}) == 1
    for index, rule in sorted(rules, key=_priority) if one_listener else ():
        if not _takes_all_of(rule, host=production.config.public_host):
            continue
        groups = forwarded(rule.get("Actions"))
        if groups and name not in groups:
            yield Problem(
                f"Rules[{index}].Actions",
                f"lead {production.config.public_host} to {_list(groups)}, and ecs.target_group"
                f' has "{name}": no visitor would reach the tasks',
                f"forward to {name} in this rule, or name its target group in ecs.target_group",
                file=file,
            )
        return
    by_rules = {group for _, rule in rules for group in forwarded(rule.get("Actions"))}
    for index, listener in listeners if rules else ():
        groups = forwarded(listener.get("DefaultActions"))
        is_https = (listener.get("Protocol"), listener.get("Port")) == ("HTTPS", 443)
        if is_https and groups and name not in by_rules | {*groups}:
            yield Problem(
                f"Listeners[{index}].DefaultActions",
                f'lead to {_list(groups)}, and neither they nor a rule to "{name}" of'
                " ecs.target_group: no visitor would reach the tasks",
                f"forward to {name}, or name the listener's target group in ecs.target_group",
                file=file,
            )


def _priority(numbered: tuple[int, Mapping[str, Any]]) -> int:
    number = str(numbered[1].get("Priority"))
    return int(number) if number.isdecimal() else 0


def _takes_all_of(rule: Mapping[str, Any], *, host: str) -> bool:
    """Return whether every request for a host fits the rule: it asks for the host alone."""
    conditions = rule.get("Conditions") or ()
    values = [
        value
        for one in conditions
        for value in (one.get("HostHeaderConfig") or {}).get("Values") or one.get("Values") or ()
    ]
    by_host = all(one.get("Field") == "host-header" for one in conditions)
    fits = any(fnmatchcase(host, str(value).lower()) for value in values)
    return len(conditions) == 1 and by_host and fits


def forwarded(actions: Any) -> list[str]:
    """Return the names of the target groups to which actions forward; one of weight 0 has none."""
    found: dict[str, None] = {}
    for action in actions or ():
        weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
        arns: Sequence[Any] = [
            one.get("TargetGroupArn") for one in weighted if one.get("Weight") != 0
        ] or [action.get("TargetGroupArn")]
        for arn in arns:
            found[target_group_of({"targetGroupArn": arn})] = None
    return [name for name in found if name]


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
