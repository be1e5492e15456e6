"""Conditions and actions of a listener's rules, as ELB takes them.

ELB's models leave most of it to their documentation: RuleCondition, Action and their siblings in
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html. The
number of values is no model's either: https://github.com/aws/aws-cdk/issues/10065.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.aws import arn as arns
from harness.aws import listener_rules
from harness.aws.listener_rules import (
    CONFIGS,
    HEADER,
    HOST,
    METHOD,
    PATH,
    QUERY,
    SOURCE_IP,
    TRANSFORM_CONFIGS,
)
from harness.inputs.problem import Problem, nearest

_MOST_VALUES = 5
"""Values of all conditions of a rule together."""
_KINDS = ("Values", "RegexValues")
_ONCE = (HOST, METHOD, PATH, SOURCE_IP)
_LENGTHS: Mapping[str, int] = {METHOD: 40}
_LENGTH = 128
_FORMS: Mapping[str, tuple[str, str]] = {
    HOST: (
        r"[A-Za-z0-9.*?-]+",
        "write the host alone, without scheme, port and path",
    ),
    METHOD: (r"[A-Z_-]+", "write the method in capitals; it has no wildcards"),
    PATH: (r"[/*?].*", "begin it with a slash: any other fits no path"),
}
"""Field -> a pattern of its values, and the remedy."""
_UNREAD = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]")
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html"""
_MOST_GROUPS = 5
_WEIGHTS = range(1000)
_STICKY_S = range(1, 604_801)
_CONTENT = (*("text/plain", "text/css", "text/html", "application/javascript", "application/json"),)
_CONFIG_OF = {
    listener_rules.REDIRECT: "RedirectConfig",
    listener_rules.FIXED: "FixedResponseConfig",
}


def of_rule(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    """Find faults of a rule's conditions and actions; its types are those of AWS's models."""
    if "Conditions" in rule:
        yield from _of_conditions(rule["Conditions"], key=f"{key}.Conditions")
    if "Actions" in rule:
        if not rule["Actions"]:
            hint = "write a forward to a target group, a redirect or a fixed response"
            yield Problem(f"{key}.Actions", "is empty: ELB takes no rule without an action", hint)
        yield from of_actions(rule["Actions"], key=f"{key}.Actions")
        yield from _of_loops(rule["Actions"], key=f"{key}.Actions")
    yield from _of_transforms(rule.get("Transforms") or (), key=f"{key}.Transforms")


def _of_transforms(transforms: Sequence[Mapping[str, Any]], *, key: str) -> Iterator[Problem]:
    """One of each kind, with one expression of the part of the language that ELB reads."""
    kinds: set[str] = set()
    for index, transform in enumerate(transforms):
        kind, place = str(transform.get("Type")), f"{key}[{index}]"
        config = TRANSFORM_CONFIGS.get(kind)
        if config is None:
            continue  # the model's own problem
        if kind in kinds:
            message = f'is "{kind}", as that of another one: ELB takes one of it in a rule'
            yield Problem(f"{place}.Type", message, "keep one of the two")
        kinds.add(kind)
        rewrites = (transform.get(config) or {}).get("Rewrites") or ()
        if len(rewrites) != 1:
            message = f"has {len(rewrites)} Rewrites in {config}, and ELB takes one"
            yield Problem(place, message, f'write "{config}": {{"Rewrites": [{{...}}]}}')
        for number, rewrite in enumerate(rewrites):
            fault = _fault(str(rewrite.get("Regex", "")))
            if fault:
                where = f"{place}.{config}.Rewrites[{number}].Regex"
                yield Problem(where, fault, "write an expression that ELB reads")


def _fault(expression: str) -> str:
    """Return why ELB takes no such expression; empty where it may."""
    if match := _UNREAD.search(expression):
        return f"has {match[0]}, and ELB reads no lookaround, backreference or atomic group"
    try:
        re.compile(expression)
    except re.error as error:
        return f"is no regular expression: {error}"
    return ""


def _of_conditions(conditions: Sequence[Mapping[str, Any]], *, key: str) -> Iterator[Problem]:
    if not conditions:
        hint = "add one, or write the actions as the listener's DefaultActions"
        yield Problem(key, "is empty: ELB takes no rule without a condition", hint)
    names: set[str] = set()
    for index, condition in enumerate(conditions):
        name, place = str(condition.get("Field") or ""), f"{key}[{index}]"
        if name not in CONFIGS:
            fault = f'is "{name}", which ELB does not know' if name else "is missing"
            yield Problem(f"{place}.Field", fault, nearest(name, CONFIGS))
            continue
        if name in _ONCE and name in names:
            message = f'is "{name}", as that of another condition: ELB takes one of it in a rule'
            yield Problem(f"{place}.Field", message, "put the values of the two into one condition")
        names.add(name)
        yield from _of_condition(condition, name, key=place)
    count = sum(len(_values(condition)) for condition in conditions)
    if count > _MOST_VALUES:
        yield Problem(
            key,
            f"have {count} values together, and ELB takes {_MOST_VALUES} in a rule",
            f"write two rules of the same actions, with {_MOST_VALUES} values at the most in each",
        )


def _values(condition: Mapping[str, Any]) -> list[Any]:
    return [value for kind in _KINDS for value in _listed(condition, kind)[1]]


def _listed(condition: Mapping[str, Any], kind: str) -> tuple[str, Sequence[Any]]:
    """Return the key of a condition's values, and the values: its own, or those of its config."""
    own = CONFIGS.get(str(condition.get("Field")), "")
    config = condition.get(own) or {}
    if config.get(kind):
        return f"{own}.{kind}", config[kind]
    return kind, condition.get(kind) or ()


def _of_condition(condition: Mapping[str, Any], name: str, *, key: str) -> Iterator[Problem]:
    own = CONFIGS[name]
    for other in CONFIGS.values():
        if other != own and other in condition:
            message = f'is set, and Field is "{name}": ELB refuses the two together'
            yield Problem(f"{key}.{other}", message, f"write {own}, or correct Field")
    config = condition.get(own) or {}
    if not _values(condition):
        place = key if "Values" in condition else f"{key}.{own}"
        yield Problem(f"{place}.Values", "has no value, and ELB takes none that is empty", "add it")
    if name == HEADER and not config.get("HttpHeaderName"):
        yield Problem(f"{key}.{own}.HttpHeaderName", "is missing", "name the header")
    plain, expressions = _KINDS
    at, values = _listed(condition, plain)
    for index, value in enumerate(values):
        yield from _of_value(value, name, key=f"{key}.{at}[{index}]")
    at, values = _listed(condition, expressions)
    for index, value in enumerate(values):
        try:
            re.compile(value)
        except re.error as error:
            message = f'is "{value}", which the load balancer here cannot read: {error}'
            hint = "correct the expression, or write it in another way"
            yield Problem(f"{key}.{at}[{index}]", message, hint)


def _of_value(value: Any, name: str, *, key: str) -> Iterator[Problem]:
    if name == QUERY:
        if isinstance(value, Mapping) and not value.get("Value"):
            hint = 'add it; "*" stands for each'
            yield Problem(f"{key}.Value", "is missing, and ELB takes no parameter without it", hint)
        return
    pattern, hint = _FORMS.get(name, ("", ""))
    most = _LENGTHS.get(name, _LENGTH)
    if not value:
        yield Problem(key, "is empty, and ELB takes no such value", "write it, or leave it out")
    elif len(value) > most:
        yield Problem(key, f"has {len(value)} characters", f"write {most} at the most")
    elif pattern and not re.fullmatch(pattern, value):
        yield Problem(key, f'is "{value}", which no {name} has', hint)
    elif name == SOURCE_IP and not _is_network(value):
        hint = "write an address with its prefix, as 203.0.113.0/24; one address has /32"
        yield Problem(key, f'is "{value}", which is no CIDR', hint)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def of_actions(actions: Sequence[Mapping[str, Any]], *, key: str) -> Iterator[Problem]:
    """Find faults of the actions of a rule, or of a listener's own."""
    routing = [action for action in actions if action.get("Type") in listener_rules.ROUTING]
    types = ", ".join(listener_rules.ROUTING)
    if len(routing) != 1 and actions:
        fault = f"have {len(routing)} actions that answer" if routing else "have none that answers"
        yield Problem(key, f"{fault}: ELB takes exactly one of {types}", "write one, as the last")
    elif routing and sorted(actions, key=_order)[-1] is not routing[0]:
        yield Problem(key, f"go on after {routing[0]['Type']}: ELB takes it as the last", "sort")
    for index, action in enumerate(actions):
        place, config = f"{key}[{index}]", _CONFIG_OF.get(str(action.get("Type")), "")
        if config and config not in action:
            message = f"is missing, and ELB takes no {action['Type']} without it"
            yield Problem(f"{place}.{config}", message, f"add {config}")
        if action.get("Type") == listener_rules.FORWARD:
            yield from _of_forward(action, key=place)
        kind = (action.get("FixedResponseConfig") or {}).get("ContentType")
        if kind and kind not in _CONTENT:
            hint = f"write one of {', '.join(_CONTENT)}"
            place = f"{place}.FixedResponseConfig.ContentType"
            yield Problem(place, f'is "{kind}", which ELB does not answer with', hint)
        yield from _of_redirect(action.get("RedirectConfig") or {}, key=f"{place}.RedirectConfig")


def _order(action: Mapping[str, Any]) -> int:
    return int(action.get("Order", 0))


def _of_forward(action: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    config, single = action.get("ForwardConfig") or {}, action.get("TargetGroupArn")
    groups, place = config.get("TargetGroups") or (), f"{key}.ForwardConfig.TargetGroups"
    if not groups and not single:
        hint = "write the ARN that `aws elbv2 describe-target-groups` prints"
        yield Problem(f"{key}.TargetGroupArn", "is missing: nobody would answer", hint)
    if len(groups) > _MOST_GROUPS:
        hint = f"name {_MOST_GROUPS} at the most"
        yield Problem(place, f"are {len(groups)}, and ELB takes {_MOST_GROUPS} in an action", hint)
    if single and groups and [group.get("TargetGroupArn") for group in groups] != [single]:
        message = "is set, and ForwardConfig names another: ELB refuses the two together"
        yield Problem(f"{key}.TargetGroupArn", message, "leave TargetGroupArn out")
    for index, group in enumerate(groups):
        arn, weight = str(group.get("TargetGroupArn") or ""), group.get("Weight", 1)
        if not arns.parse(arn):
            fault = f'is "{arn}", which is no ARN of a target group' if arn else "is missing"
            hint = "write it as `aws elbv2 describe-target-groups` prints it"
            yield Problem(f"{place}[{index}].TargetGroupArn", fault, hint)
        if weight not in _WEIGHTS:
            yield Problem(f"{place}[{index}].Weight", f"is {weight}", "write 0 to 999")
    sticky = config.get("TargetGroupStickinessConfig") or {}
    seconds = sticky.get("DurationSeconds")
    if (seconds is None and sticky.get("Enabled")) or (
        seconds is not None and seconds not in _STICKY_S
    ):
        place = f"{key}.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds"
        fault = "is missing" if seconds is None else f"is {seconds}"
        yield Problem(place, f"{fault}, and groups are to be sticky", "write 1 to 604800")


def _of_redirect(config: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    port, path = str(config.get("Port", "443")), str(config.get("Path", "/"))
    if port != "#{port}" and not (port.isdecimal() and 1 <= int(port) <= 65535):
        yield Problem(f"{key}.Port", f'is "{port}"', 'write "1" to "65535", or "#{port}"')
    if not path.startswith("/"):
        message = f'is "{path}", and ELB takes an absolute path'
        yield Problem(f"{key}.Path", message, f'write "/{path}"')


def _of_loops(actions: Sequence[Mapping[str, Any]], *, key: str) -> Iterator[Problem]:
    """Find redirects of rules that change nothing; a listener's own are judged with it."""
    for index, action in enumerate(actions):
        config = action.get("RedirectConfig")
        parts = listener_rules.UNCHANGED.items()
        if config and all(
            config.get(name, default) == default for name, default in parts if name != "Query"
        ):
            yield Problem(
                f"{key}[{index}].RedirectConfig",
                "changes neither protocol, host, port nor path: the redirect would lead to itself",
                "name the part that differs, or write a forward",
            )
