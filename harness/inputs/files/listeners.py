"""The way of a visitor through the load balancer's listeners to a target group.

Rules are taken in the order of their priorities, and the default action is for the requests that
fit none: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws import listener_rules
from harness.aws.listener_rules import group_name
from harness.inputs.aws_cli import forms
from harness.inputs.config import text_at
from harness.inputs.files import load_balancer
from harness.inputs.files.ecs_services import actions_of, is_balanced, target_group_of
from harness.inputs.files.load_balancer import LISTENER_ARN, without_arn

if TYPE_CHECKING:
    from harness.inputs.config import Config
    from harness.inputs.production import Production
    from harness.inputs.reading import Reading

HTTPS, HTTP = ("HTTPS", 443), ("HTTP", 80)
RULES = "Rules"
_NOT_FOUND = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"}
_TO_HTTPS = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
_LAST = 50_000
_UNKNOWN = {"TargetType": "ip", "Protocol": "HTTP", "Port": 80}
"""A target group of which the files have no more than the name."""


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

    @property
    def hosts(self) -> Iterator[str]:
        """The hosts that its rules name, without those that have a wildcard."""
        for rule in self.rules:
            for condition in rule.get("Conditions") or ():
                if condition.get("Field") == listener_rules.HOST:
                    config = condition.get("HostHeaderConfig") or condition
                    hosts = (str(value).lower() for value in config.get("Values") or ())
                    yield from (host for host in hosts if not {*"*?"} & {*host})


def of_production(production: Production) -> tuple[Listener, ...]:
    """Return the listeners of the load balancer's file, with those that are assumed.

    Without listeners in the file there are an HTTPS one, for the public host alone, and an HTTP
    one that redirects to it. A file with listeners and no rules may lack them: where the default
    action does not lead to the app, a rule does.
    """
    balancer = production.load_balancer
    rules = () if has_unknown_listeners(balancer) else balancer.get(RULES) or ()
    inputs = balancer.get("Listeners")
    if not inputs:
        fixed = {"Type": listener_rules.FIXED, "FixedResponseConfig": _NOT_FOUND}
        redirect = {"Type": listener_rules.REDIRECT, "RedirectConfig": _TO_HTTPS}
        return (
            Listener(_listener(HTTPS, action=fixed), (*rules, _own_rule(production))),
            Listener(_listener(HTTP, action=redirect)),
        )
    pairs = [*_rules_with_listeners(inputs, rules)]
    listeners = [
        _with_own_share(
            production,
            Listener(without_arn(create), tuple(rule for rule, of in pairs if of is create)),
        )
        for create in inputs
    ]
    return tuple(
        replace(listener, rules=(_own_rule(production),))
        if is_without_rules(production, listener)
        else listener
        for listener in listeners
    )


def _with_own_share(production: Production, listener: Listener) -> Listener:
    """Give the app the share of groups that nothing here is behind, where it has one itself."""
    served = _served(production)

    def with_share(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
        actions = [_shared(action, served=served) for action in holder.get(key) or ()]
        return {**holder, key: actions}

    if not any(unserved_shares(action, served=served) for action in listener.actions):
        return listener
    rules = tuple(with_share(rule, "Actions") for rule in listener.rules)
    return Listener(with_share(listener.create, "DefaultActions"), rules)


def _served(production: Production) -> set[str]:
    """Return the groups that a service here is behind."""
    return {target_group_of(service.reached) for service in production.services.values()}


def left_out(production: Production) -> list[str]:
    """Return the groups that get no share of the visitors, since nothing here is behind them."""
    served = _served(production)
    actions = actions_of(production.load_balancer)
    return sorted({name for action in actions for name in unserved_shares(action, served=served)})


def _shared(action: Mapping[str, Any], *, served: set[str]) -> Mapping[str, Any]:
    without = unserved_shares(action, served=served)
    if not without:
        return action
    config = action["ForwardConfig"]
    groups = [
        {**group, "Weight": 0} if group_name(group.get("TargetGroupArn")) in without else group
        for group in config["TargetGroups"]
    ]
    return {**action, "ForwardConfig": {**config, "TargetGroups": groups}}


def unserved_shares(action: Mapping[str, Any], *, served: set[str]) -> list[str]:
    """Return groups with a share of the requests that no service here is behind, beside one."""
    shares = {name for name, weight in listener_rules.weights(action).items() if weight}
    return sorted(shares - served) if shares & served else []


def is_without_rules(production: Production, listener: Listener) -> bool:
    """Whether an HTTPS listener leads elsewhere by default, and the file says nothing of rules."""
    balancer = production.load_balancer
    has_rules = RULES in balancer and not has_unknown_listeners(balancer)
    if has_rules or (listener.protocol, listener.port) != HTTPS:
        return False
    name = production.target_group["TargetGroup"]["Name"]
    actions = listener.create.get("DefaultActions") or ()
    return not any(listener_rules.weights(action).get(name) for action in actions)


def _rules_with_listeners(
    listeners: Sequence[Mapping[str, Any]], rules: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each rule with its listener; one without an ARN here is the HTTPS listener."""
    by_arn = {str(entry[LISTENER_ARN]): entry for entry in listeners if LISTENER_ARN in entry}
    https = _https(listeners)
    for rule in rules:
        listener = by_arn.get(str(rule.get(LISTENER_ARN)), https)
        if listener is not None:
            yield rule, listener


def _https(listeners: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the first listener for HTTPS on its usual port."""
    for listener in listeners:
        if (listener.get("Protocol"), listener.get("Port")) == HTTPS:
            return listener
    return None


def groups_of(balancer: Mapping[str, Any], request: listener_rules.Request) -> set[str]:
    """Return the target groups to which the HTTPS listener leads a request."""
    assumed: Mapping[str, Any] = {"Protocol": HTTPS[0], "Port": HTTPS[1]}
    creates: Sequence[Mapping[str, Any]] = balancer.get("Listeners") or (assumed,)
    https = _https(creates)
    pairs = _rules_with_listeners(creates, balancer.get(RULES) or ())
    rules = [listener_rules.rule(rule) for rule, of in pairs if of is https]
    default = listener_rules.default((https or {}).get("DefaultActions"))
    decision = listener_rules.decide([*rules, default], request)
    shares = listener_rules.weights(decision.action) if decision else {}
    return {name for name, weight in shares.items() if weight}


def hosts_by_group(production: Production) -> dict[str, set[str]]:
    """Return the hosts that rules lead to each target group, without those with a wildcard."""
    hosts: dict[str, set[str]] = {}
    rules = (rule for listener in of_production(production) for rule in listener.rules)
    for rule in rules:
        for action in rule.get("Actions") or ():
            for name in listener_rules.weights(action):
                hosts.setdefault(name, set()).update(Listener({}, (rule,)).hosts)
    return hosts


def read_target_group(
    reading: Reading, balancer: Mapping[str, Any] | None, *, settings: Config | None
) -> dict[str, Any] | None:
    """Read the target group: of several, that of the public URL, or else of the first service."""
    values = (source.data.get("loadBalancers") for source in reading.sources)
    entries = (entry for value in values if isinstance(value, list) for entry in value)
    arns = [str(entry.get("targetGroupArn")) for entry in entries if isinstance(entry, dict)]
    groups = _groups_of_site(balancer, settings)
    arns.sort(key=lambda arn: group_name(arn) not in groups)
    form = partial(forms.target_group, arns=arns or None)
    return reading.file("ecs", "target_group", read=load_balancer.target_group, form=form)


def read_web(
    reading: Reading, creates: Mapping[str, Mapping[str, Any] | None], *, settings: Config | None
) -> str:
    """Return the first service to which the public URL leads, or else that has a load balancer.

    Only where several have one is the load balancer's file read.

    Args:
        reading: The files.
        creates: The inputs of CreateService, by the names of the services in cutover.toml.
        settings: The configuration.
    """
    names = [name for name, create in creates.items() if is_balanced(create)]
    if len(names) > 1 and text_at(reading.toml.data, "ecs", "load_balancer"):
        read, form = load_balancer.load_balancer, forms.load_balancer
        balancer = reading.file("ecs", "load_balancer", read=read, form=form)
        groups = _groups_of_site(balancer, settings)
        names.sort(key=lambda name: groups.isdisjoint(_groups_of_service(creates[name] or {})))
    return next(iter(names), "")


def _groups_of_site(balancer: Mapping[str, Any] | None, settings: Config | None) -> set[str]:
    if not balancer or not settings:
        return set()
    return groups_of(balancer, listener_rules.Request(settings.public_host, settings.pages.public))


def _groups_of_service(create: Mapping[str, Any]) -> set[str]:
    return {target_group_of(entry) for entry in create.get("loadBalancers") or ()}


def has_unknown_listeners(balancer: Mapping[str, Any]) -> bool:
    """Whether rules name several listeners, and the file does not show which is which."""
    arns = {str(listener.get(LISTENER_ARN)) for listener in balancer.get("Listeners") or ()}
    return len({str(rule.get(LISTENER_ARN)) for rule in balancer.get(RULES) or ()} - arns) > 1


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


def place(production: Production, listener: Listener) -> str:
    """Return the key of a listener's own actions in the load balancer's file."""
    for number, entry in enumerate(production.load_balancer.get("Listeners") or ()):
        if entry.get("Port") == listener.port:
            return f"Listeners[{number}].DefaultActions"
    return "Listeners"


def target_groups(production: Production) -> dict[str, Mapping[str, Any]]:
    """Return CreateTargetGroup's inputs, by name: the app's own, others of its file, and the rest.

    The rest are named by actions alone: somebody else's, and nothing here is behind them.
    """
    own = production.target_group["TargetGroup"]
    groups = production.target_group.get("TargetGroups") or ()
    inputs = {str(group["Name"]): group for group in (own, *groups)}
    for listener in of_production(production):
        for action in listener.actions:
            for name in listener_rules.weights(action):
                inputs.setdefault(
                    name, {**_UNKNOWN, "Name": name, "VpcId": own.get("VpcId", "vpc")}
                )
    return inputs
