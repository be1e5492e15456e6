"""The files of the load balancer and its target group, with the settings that shut visitors out.

AWS takes all that is rejected here. It fails later, when the first visitor or health check comes,
and not in a way that the stand-in, which speaks HTTP/1.1 to its targets, could show.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
load-balancer-target-groups.html (target types, protocol versions) and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html (target type ip with awsvpc).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.aws import arn as arns
from harness.inputs import operation_shapes
from harness.inputs.files import placeholders, rule_checks
from harness.inputs.problem import Problem, nearest, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.inputs.document import Document
    from harness.inputs.files.security_groups import SecurityGroups

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
    "IpAddressType": (
        "ipv4",
        "ECS registers a task by its IPv4 address; a group of IPv6 is for tasks in subnets without",
    ),
    "HealthCheckProtocol": (
        "HTTP",
        "the health check would speak TLS to nginx in the task, which listens for plain HTTP",
    ),
}
_LISTENERS = "Listeners"
LISTENER_ARN = "ListenerArn"
"""The field of a listener, beside CreateListener's, by which a rule names it."""
_CERTIFICATES = ("acm", "iam")
"""Services that have certificates for ELB."""
_KEPT = {"Path": "#{path}", "Query": "#{query}"}
"""Fields of a redirect, and the words for those of the visitor's request."""
_AROUND = (_LISTENERS, "Rules", "Certificates")
"""Keys beside the load balancer: its listeners, with their rules and further certificates."""
_DEFAULTS = {
    "Type": "application",
    "Scheme": "internet-facing",
    "TargetType": "instance",
    "Protocol": "(none)",
    "ProtocolVersion": "HTTP1",
    "HealthCheckProtocol": "HTTP",
    "IpAddressType": "ipv4",
}
"""AWS's defaults for fields that are left out."""


def load_balancer(document: Document, *, groups: SecurityGroups | None = None) -> dict[str, Any]:
    """Check the inputs of CreateLoadBalancer, its attributes, and CreateListener if it is there.

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
    data = document.data
    keys = (name, "Attributes", *(_AROUND if name == "LoadBalancer" else (f"{name}s",)))
    document.reject(
        Problem(key, "is unknown", nearest(key, keys)) for key in data if key not in keys
    )
    content = data.get(name, {})
    if not isinstance(content, dict):
        hint = f'write "{name}": {{"Name": ...}}, the input of Create{name}'
        document.reject([Problem(name, f"is {type_of(content)}, and must be an object", hint)])
    fit = operation_shapes.fit(content, api="elbv2", operation=f"Create{name}", key=name)
    problems = list(_of_values(fit.fitting, name, wanted=wanted))
    if groups is not None:
        ids = fit.fitting.get("SecurityGroups", ())
        problems += groups.unknown(ids, key=f"{name}.SecurityGroups")
    beside = [
        *_of_attributes(data.get("Attributes", []), name=name),
        *(_of_listeners(data[_LISTENERS]) if _LISTENERS in data else ()),
        *_of_others(data),
        *placeholders.problems(data),
    ]
    document.reject([*fit.with_checks(problems), *beside])
    return data


def without_arn(listener: Mapping[str, Any]) -> dict[str, Any]:
    """Return CreateListener's input of a listener."""
    return {name: value for name, value in listener.items() if name != LISTENER_ARN}


def _of_attributes(entries: Any, *, name: str) -> Iterator[Problem]:
    """Find attributes that AWS rejects; there may be more of them than one call takes."""
    one_by_one = [[entry] for entry in entries] if isinstance(entries, list) else [entries]
    for index, attributes in enumerate(one_by_one):
        for problem in operation_shapes.fit(
            {f"{name}Arn": "arn", "Attributes": attributes},
            api="elbv2",
            operation=f"Modify{name}Attributes",
        ).problems:
            yield replace(problem, key=problem.key.replace("[0]", f"[{index}]", 1))


def _of_listeners(listeners: Any) -> Iterator[Problem]:
    """Find listeners that AWS rejects, or that leave https:// without an answer."""
    if not isinstance(listeners, list) or not all(
        isinstance(listener, dict) for listener in listeners
    ):
        yield Problem(_LISTENERS, "is no list of objects", "write CreateListener's inputs")
        return
    fits = [
        operation_shapes.fit(
            {"LoadBalancerArn": "arn", **without_arn(listener)},
            api="elbv2",
            operation="CreateListener",
            key=f"{_LISTENERS}[{index}]",
        )
        for index, listener in enumerate(listeners)
    ]
    listeners = [fit.fitting for fit in fits]
    for index, listener in enumerate(listeners):
        key = f"{_LISTENERS}[{index}]"
        yield from fits[index].with_checks(_of_listener(listener, listeners, key=key))
    if any(_LISTENERS in key for fit in fits for key in fit.dropped):
        return  # one of a wrong port or protocol may be the one for https
    if not any(
        listener.get("Protocol") == "HTTPS" and listener.get("Port") == 443
        for listener in listeners
    ):
        message = "has no HTTPS listener on port 443: nobody answers https://"
        yield Problem(_LISTENERS, message, "add it, with a certificate for the public URL")


def _of_listener(
    listener: Mapping[str, Any], listeners: list[dict[str, Any]], *, key: str
) -> Iterator[Problem]:
    """Find faults of one listener that ELB refuses, and redirects that lead nowhere."""
    for name in ("Port", "Protocol"):
        if not listener.get(name):
            hint = "ELB refuses a listener of an application load balancer without it: add it"
            yield Problem(f"{key}.{name}", "is missing", hint)
    if listener.get("DefaultActions") == []:
        hint = "write a forward to the target group, or what `aws elbv2 describe-listeners` prints"
        yield Problem(f"{key}.DefaultActions", "is empty, and ELB takes no such listener", hint)
    actions = listener.get("DefaultActions") or ()
    yield from rule_checks.of_actions(actions, key=f"{key}.DefaultActions")
    yield from _of_redirects(listener.get("DefaultActions"), key=f"{key}.DefaultActions")
    yield from _of_targets(listener, listeners, key=f"{key}.DefaultActions")
    if listener.get("Protocol") == "HTTPS" and not listener.get("Certificates"):
        hint = "name the certificate of the public URL by its ARN"
        yield Problem(f"{key}.Certificates", "is missing, and HTTPS needs one", hint)
    yield from _of_certificates(listener.get("Certificates") or (), key=f"{key}.Certificates")
    same = [entry for entry in listeners if entry.get("Port") == listener.get("Port")]
    if listener.get("Port") and same[0] is not listener:
        message = f"is {listener['Port']}, as that of another listener: ELB refuses it"
        yield Problem(f"{key}.Port", message, "leave one of the two out, or correct its port")


def _of_certificates(certificates: Sequence[Mapping[str, Any]], *, key: str) -> Iterator[Problem]:
    """A listener has one certificate; further ones are added to it, and stand beside listeners.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_CreateListener.html (exactly one).
    """
    if len(certificates) > 1:
        message = f"has {len(certificates)}, and CreateListener takes one"
        hint = 'write the others beside "Listeners", as "Certificates"'
        yield Problem(key, message, hint)
    for index, certificate in enumerate(certificates):
        text = str(certificate.get("CertificateArn") or "")
        arn = arns.parse(text)
        if arn is None or arn.service not in _CERTIFICATES:
            fault = f'is "{text}", which is no ARN of a certificate' if text else "is missing"
            hint = "write it as `aws acm list-certificates` prints it"
            yield Problem(f"{key}[{index}].CertificateArn", fault, hint)


def _of_redirects(actions: Any, *, key: str) -> Iterator[Problem]:
    """Find redirects that lose a page's path or query.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_RedirectActionConfig.html (the defaults keep path and query).
    """
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        config = action.get("RedirectConfig") if isinstance(action, dict) else None
        for name, keyword in _KEPT.items():
            value = config.get(name, keyword) if isinstance(config, dict) else keyword
            if keyword not in str(value):
                yield Problem(
                    f"{key}[{index}].RedirectConfig.{name}",
                    f'is "{value}": links in mails and search engines lose theirs in the redirect',
                    f"leave it out, or write {keyword} in it",
                )


def _of_targets(
    listener: Mapping[str, Any], listeners: list[dict[str, Any]], *, key: str
) -> Iterator[Problem]:
    """Find redirects to a port on which no listener speaks https, or to where they come from.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_RedirectActionConfig.html (protocol and port are kept by default).
    """
    actions = listener.get("DefaultActions")
    secure = [str(entry.get("Port")) for entry in listeners if entry.get("Protocol") == "HTTPS"]
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        config = action.get("RedirectConfig") if isinstance(action, dict) else None
        if not isinstance(config, dict):
            continue
        place = f"{key}[{index}].RedirectConfig"
        own = {"#{protocol}": listener.get("Protocol"), "#{port}": str(listener.get("Port"))}
        protocol = own.get(config.get("Protocol", "#{protocol}"), config.get("Protocol"))
        port = own.get(config.get("Port", "#{port}"), config.get("Port"))
        text = f'is "{config["Port"]}"' if "Port" in config else f"is missing, and AWS takes {port}"
        if protocol == "HTTPS" and secure and port not in secure:
            message = f"{text}: no listener speaks https on that port"
            yield Problem(f"{place}.Port", message, f'write "{secure[0]}"')
        text = config.get("Protocol", "#{protocol}")
        if (listener.get("Protocol"), protocol) == ("HTTPS", "HTTP"):
            message = f'is "{text}", and AWS takes no redirect from HTTPS to HTTP'
            yield Problem(f"{place}.Protocol", message, 'write "HTTPS", or leave it out')
        elif protocol == "HTTP" and port in secure:
            message = f'is "{text}", and the listener on port {port} speaks https'
            yield Problem(f"{place}.Protocol", message, 'write "HTTPS"')
        elif (protocol, port) == (listener.get("Protocol"), own["#{port}"]) and _stays(config):
            is_plain, remedy = protocol == "HTTP", 'write "HTTPS", and "443" as Port'
            message = f'is "{text}": the redirect leads to itself'
            yield Problem(
                f"{place}.Protocol",
                f"{message}, and never to https" if is_plain else message,
                remedy if is_plain else "forward to the target group instead",
            )


def _stays(config: Mapping[str, Any]) -> bool:
    """Whether a redirect keeps host and path."""
    host, path = config.get("Host", "#{host}"), config.get("Path", "/#{path}")
    return bool(host == "#{host}" and path == "/#{path}")


def _of_others(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find rules, certificates, and target groups of other services, that AWS rejects."""
    for name, operation in (("Rules", "CreateRule"), ("TargetGroups", "CreateTargetGroup")):
        entries = data.get(name, [])
        if not isinstance(entries, list):
            message = f"is {type_of(entries)}, and must be a list"
            yield Problem(name, message, f"write {operation}'s inputs, or leave it out")
            continue
        for index, entry in enumerate(entries):
            key = f"{name}[{index}]"
            if isinstance(entry, dict):
                fit = operation_shapes.fit(entry, api="elbv2", operation=operation, key=key)
                rules = rule_checks.of_rule(fit.fitting, key=key) if name == "Rules" else ()
                yield from fit.with_checks(rules)
            else:
                message = f"is {type_of(entry)}, and must be an object"
                yield Problem(key, message, f"write {operation}'s input")
    yield from _of_names(data)
    certificates = {"ListenerArn": "arn", "Certificates": data.get("Certificates") or []}
    yield from operation_shapes.fit(
        certificates, api="elbv2", operation="AddListenerCertificates"
    ).problems


def _of_names(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find target groups of one name: ELB has one of it, and refuses another with other settings.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_CreateTargetGroup.html (DuplicateTargetGroupName).
    """
    first = data.get("TargetGroup")
    by_name = {first.get("Name"): ("TargetGroup", first)} if isinstance(first, dict) else {}
    groups = data.get("TargetGroups")
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        key = f"TargetGroups[{index}]"
        if not isinstance(group, dict):
            continue
        place, same = by_name.setdefault(group.get("Name"), (key, group))
        if same != group:
            message = f'is "{group.get("Name")}", as that of {place}, with other settings'
            hint = "leave one of the two out, or correct its name: ELB has one group of a name"
            yield Problem(f"{key}.Name", message, hint)


def _of_values(
    content: Mapping[str, Any], name: str, *, wanted: Mapping[str, tuple[str, str]]
) -> Iterator[Problem]:
    for field, (value, why) in wanted.items():
        setting = content.get(field, _DEFAULTS[field])
        if setting != value:
            message = (
                f'is "{setting}"' if field in content else f'is missing, and AWS takes "{setting}"'
            )
            yield Problem(f"{name}.{field}", message, f'write "{value}": {why}')
