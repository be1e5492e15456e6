"""The way of a visitor through the load balancer's listeners to a target group.

Rules are taken in the order of their priorities, and the default action is for the requests that
fit none: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from harness.aws import listener_rules
from harness.inputs.load_balancer import LISTENER_ARN, without_arn
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

HTTPS, HTTP = ("HTTPS", 443), ("HTTP", 80)
RULES = "Rules"
_NOT_FOUND = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"}
_TO_HTTPS = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
_LAST = 50_000


@dataclass(frozen=True)
class Listener:
    """A listener with its rules."""

    create: Mapping[str, Any]
    """CreateListener's input, without the load balancer."""
    rules: tuple[Mapping[str, Any], ...] = ()
    """CreateRule's inputs."""

    @property
    def protocol(self) -> str:
        """HTTP or HTTPS."""
        return str(self.create.get("Protocol"))

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.create["Port"])

    @property
    def actions(self) -> Iterator[Mapping[str, Any]]:
        """Its own actions and those of its rules."""
        for actions in (self.create.get("DefaultActions"), *(o.get("Actions") for o in self.rules)):
            yield from actions or ()


def of_production(production: Production) -> tuple[Listener, ...]:
    """Return the listeners of the load balancer's file, with those that are assumed.

    Without listeners in the file there are an HTTPS one, for the public host alone, and an HTTP
    one that redirects to it. A file with listeners and no rules may lack them: where the default
    action does not lead to the app, a rule does.
    """
    balancer, rules = production.load_balancer, production.load_balancer.get(RULES) or ()
    given = balancer.get("Listeners")
    if not given:
        fixed = {"Type": listener_rules.FIXED, "FixedResponseConfig": _NOT_FOUND}
        redirect = {"Type": listener_rules.REDIRECT, "RedirectConfig": _TO_HTTPS}
        return (
            Listener(_listener(HTTPS, action=fixed), (*rules, _own_rule(production))),
            Listener(_listener(HTTP, action=redirect)),
        )
    found = [Listener(without_arn(one), tuple(_rules_of(one, given, rules))) for one in given]
    return tuple(
        replace(one, rules=(_own_rule(production),)) if is_without_rules(production, one) else one
        for one in found
    )


def is_without_rules(production: Production, listener: Listener) -> bool:
    """Whether an HTTPS listener leads elsewhere by default, and the file says nothing of rules."""
    if RULES in production.load_balancer or (listener.protocol, listener.port) != HTTPS:
        return False
    name = production.target_group["TargetGroup"]["Name"]
    actions = listener.create.get("DefaultActions") or ()
    return not any(listener_rules.weights(one).get(name) for one in actions)


def _rules_of(
    listener: Mapping[str, Any], listeners: Sequence[Mapping[str, Any]], rules: Iterable[Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the rules of a listener; those of one that has no ARN here are the HTTPS listener's."""
    arns = {one.get(LISTENER_ARN) for one in listeners}
    is_https = (listener.get("Protocol"), listener.get("Port")) == HTTPS
    for rule in rules:
        named = rule.get(LISTENER_ARN)
        if named == listener.get(LISTENER_ARN) if named in arns else is_https:
            yield rule


def _own_rule(production: Production) -> dict[str, Any]:
    """Return a rule that leads the public host to the app."""
    name = str(production.target_group["TargetGroup"]["Name"])
    config = production.config
    arn = f"arn:aws:elasticloadbalancing:{config.region}:{config.account_id}:targetgroup/{name}/0"
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": [config.public_host]}}
    return {
        "Priority": _LAST,
        "Conditions": [host],
        "Actions": [{"Type": listener_rules.FORWARD, "TargetGroupArn": arn}],
    }


def _listener(at: tuple[str, int], *, action: Mapping[str, Any]) -> dict[str, Any]:
    return {"Protocol": at[0], "Port": at[1], "DefaultActions": [action]}


def target_groups(production: Production) -> dict[str, Mapping[str, Any]]:
    """Return CreateTargetGroup's inputs, by name: the app's own, others of its file, and the rest.

    The rest are named by actions alone: somebody else's, and nothing here is behind them.
    """
    own = production.target_group["TargetGroup"]
    others = production.target_group.get("TargetGroups") or ()
    found = {str(one["Name"]): one for one in (own, *others)}
    for listener in of_production(production):
        for action in listener.actions:
            for name in listener_rules.weights(action):
                found.setdefault(name, {**_UNKNOWN, "Name": name, "VpcId": own.get("VpcId", "vpc")})
    return found


_UNKNOWN = {"TargetType": "ip", "Protocol": "HTTP", "Port": 80}
"""A target group of which the files have no more than the name."""


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
            found[listener_rules.group_name(arn)] = None
    return [name for name in found if name]


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
