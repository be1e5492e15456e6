"""Phases 1 and 4: the load balancer, its listeners and rules, and the target groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.aws import elb_attributes
from harness.inputs.files.listeners import (
    RULES,
    Listener,
    has_unknown_listeners,
    of_production,
)
from harness.inputs.files.load_balancer import without_arn
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, absent, check

_OLD_PROTOCOLS = {"TLSv1", "TLSv1.1", "SSLv3"}
_OF_REQUESTS = (
    *("client_keep_alive.", "deregistration_delay.", "idle_timeout.", "load_balancing.algorithm."),
    *("routing.http", "slow_start.", "stickiness.enabled"),
)
"""Beginnings of the attributes that change a visitor's requests; a file may leave them out."""
_DEFAULTS = {
    "ecs.load_balancer": elb_attributes.BALANCER,
    "ecs.target_group": elb_attributes.GROUP,
}


def _no_load_balancer(account: Account) -> Finding:
    name = account.access.load_balancer
    return absent(f"load balancer {name}", remedy="create it: `cutover phase 1 --plan`")


@check(
    "1.load-balancer",
    reads=(
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
    ),
    readiness=True,
)
def load_balancer(account: Account) -> Iterator[Finding]:
    """The load balancer is as its file, with its attributes."""
    balancer, name = account.load_balancer(), account.access.load_balancer
    if balancer is None:
        yield _no_load_balancer(account)
        return
    thing, file = f"load balancer {name}", account.production.load_balancer
    fields = dict(file["LoadBalancer"])
    if mappings := fields.pop("SubnetMappings", ()):
        fields["Subnets"] = [mapping.get("SubnetId") for mapping in mappings]
    subnets = [zone.get("SubnetId") for zone in balancer.get("AvailabilityZones") or ()]
    description = {**balancer, "Name": balancer["LoadBalancerName"], "Subnets": subnets}
    yield from account.differences(thing, fields, description, key="ecs.load_balancer")
    answer = account.read(
        "elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=balancer["LoadBalancerArn"]
    )
    yield from _of_attributes(account, thing, file, answer, key="ecs.load_balancer")


def _of_attributes(
    account: Account, thing: str, file: Mapping[str, Any], answer: Mapping[str, Any], *, key: str
) -> Iterator[Finding]:
    """Compare the attributes of a file, and ELB's defaults of those that change requests."""
    attributes = file.get("Attributes") or []
    yield from account.differences(thing, {"Attributes": attributes}, answer, key=key)
    keys = {attribute["Key"] for attribute in attributes}
    usual = [
        {"Key": name, "Value": value}
        for name, value in _DEFAULTS[key].items()
        if name.startswith(_OF_REQUESTS) and name not in keys
    ]
    yield from account.default_differences(thing, {"Attributes": usual}, answer, key=key)


@check(
    "4.listeners",
    reads=(
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeSSLPolicies",
    ),
    not_local="nginx listens there; scenarios of the edge prove redirect and TLS",
)
def listeners(account: Account) -> Iterator[Finding]:
    """HTTPS on 443 with TLS 1.2 or later, and HTTP on 80 that redirects to it."""
    balancer = account.load_balancer()
    if balancer is None:
        yield _no_load_balancer(account)
        return
    arn = balancer["LoadBalancerArn"]
    answer = account.read("elbv2", "DescribeListeners", LoadBalancerArn=arn)
    by_port = {entry["Port"]: entry for entry in answer["Listeners"]} if answer else {}
    https, http = by_port.get(443), by_port.get(80)
    if https is None or https["Protocol"] != "HTTPS":
        yield absent("HTTPS listener on port 443", remedy="add it, with the host's certificate")
    else:
        yield from _policy(account, str(https["SslPolicy"]))
    actions = http["DefaultActions"] if http else []
    redirects = [action["RedirectConfig"] for action in actions if "RedirectConfig" in action]
    redirect = redirects[0] if redirects else {}
    if http is None:
        yield absent("listener on port 80", remedy="add it, with a redirect to HTTPS 443")
    elif redirect.get("Protocol") != "HTTPS" or redirect.get("StatusCode") != "HTTP_301":
        actual = f"{redirect.get('Protocol', 'no redirect')} {redirect.get('StatusCode', '')}"
        remedy = "make its default action a redirect to HTTPS 443, HTTP_301"
        yield Finding("listener on port 80", "a redirect to HTTPS, HTTP_301", actual, remedy)
    file_listeners = account.production.load_balancer.get("Listeners") or ()
    for listener in file_listeners:
        deployed = by_port.get(listener["Port"], {})
        thing = f"listener on port {listener['Port']}"
        fields = without_arn(listener)
        yield from account.differences(thing, fields, deployed, key="ecs.load_balancer")


@check(
    "4.rules",
    reads=(
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
    ),
    not_local="the load balancer here has the rules of the same file",
)
def rules(account: Account) -> Iterator[Finding]:
    """The listeners have the rules of the file, and none is left from the switch."""
    production, balancer = account.production, account.load_balancer()
    if balancer is None:
        yield _no_load_balancer(account)
        return
    if RULES not in production.load_balancer or has_unknown_listeners(production.load_balancer):
        raise NotCovered(
            "the file of ecs.load_balancer has no Rules, or none with its listener",
            key="put there what `aws elbv2 describe-listeners` and `describe-rules` print",
        )
    answer = account.read("elbv2", "DescribeListeners", LoadBalancerArn=balancer["LoadBalancerArn"])
    deployed = (
        {entry["Port"]: entry["ListenerArn"] for entry in answer["Listeners"]} if answer else {}
    )
    for listener in of_production(production):
        if arn := deployed.get(listener.port):
            yield from _rules_of(account, listener, arn)


def _rules_of(account: Account, listener: Listener, arn: str) -> Iterator[Finding]:
    answer = account.read("elbv2", "DescribeRules", ListenerArn=arn)
    on_aws = {entry["Priority"]: entry for entry in answer["Rules"] if not entry.get("IsDefault")}
    for rule in listener.rules:
        priority = str(rule["Priority"])
        thing = f"rule {priority} of the listener on port {listener.port}"
        aws_rule = on_aws.pop(priority, None)
        if aws_rule is None:
            yield absent(thing, remedy="create it: `cutover phase 4 --plan`")
        else:
            fields = {name: rule[name] for name in ("Conditions", "Actions") if name in rule}
            yield from account.differences(thing, fields, aws_rule, key="ecs.load_balancer")
    for priority, rule in on_aws.items():
        types = ", ".join(str(action.get("Type")) for action in rule.get("Actions") or ())
        yield Finding(
            f"rule {priority} of the listener on port {listener.port}",
            "no rule beside those of the file",
            f"one with {types}, that no rehearsal has seen",
            "delete it, or add it to Rules in the file of ecs.load_balancer and rehearse again",
        )


def _policy(account: Account, policy: str) -> Iterator[Finding]:
    answer = account.read("elbv2", "DescribeSSLPolicies", Names=[policy])
    protocols = set(answer["SslPolicies"][0]["SslProtocols"])
    if protocols & _OLD_PROTOCOLS:
        yield Finding(
            "HTTPS listener on port 443",
            "TLS 1.2 or later",
            f"{policy} takes {', '.join(sorted(protocols & _OLD_PROTOCOLS))}",
            "choose ELBSecurityPolicy-TLS13-1-2-2021-06",
        )


@check(
    "4.target-group",
    reads=(
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
    ),
)
def target_group(account: Account) -> Iterator[Finding]:
    """The target group is as its file, and behind a load balancer."""
    group, name = account.target_group(), account.access.target_group
    thing = f"target group {name}"
    if group is None:
        yield absent(thing, remedy="create it: `cutover phase 4 --plan`")
        return
    file = account.production.target_group
    yield from account.differences(thing, file["TargetGroup"], group, key="ecs.target_group")
    answer = account.read(
        "elbv2", "DescribeTargetGroupAttributes", TargetGroupArn=group["TargetGroupArn"]
    )
    yield from _of_attributes(account, thing, file, answer, key="ecs.target_group")
    if not account.is_local and not group.get("LoadBalancerArns"):
        remedy = "let a listener's rule forward to it"
        yield Finding(thing, "a load balancer that forwards to it", "has none", remedy)


CHECKS = (listeners, rules, target_group)
