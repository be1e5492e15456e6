"""Phase 4: listeners, target group, the web service and its tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from harness.aws import declared
from harness.inputs.files.listeners import (
    RULES,
    Listener,
    has_unknown_listeners,
    of_production,
)
from harness.inputs.files.load_balancer import without_arn
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, absent, check
from harness.target.discovery import CHOSEN_LATER, COMPLETE
from harness.target.resources.task_logs import awslogs_groups

_OLD_PROTOCOLS = {"TLSv1", "TLSv1.1", "SSLv3"}
_FULL_PERCENT = 100
_LOG_MINUTES = 15
_LOG_PATTERN = '?ERROR ?CRITICAL ?ALERT ?EMERGENCY ?"PHP Fatal" ?"PHP Parse"'
_LOG_FAULT = re.compile(
    r"\.(?:ERROR|CRITICAL|ALERT|EMERGENCY):|\"level_name\":\s*\"(?:ERROR|CRITICAL|ALERT|EMERGENCY)\""
    r"|PHP (?:Fatal|Parse) error"
)
"""Laravel's line and JSON formats, and PHP's own words; FilterLogEvents finds more than these."""


def _no_load_balancer(account: Account) -> Finding:
    name = account.access.load_balancer
    return absent(f"load balancer {name}", remedy="create it: `cutover phase 1 --plan`")


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
    by_port = {one["Port"]: one for one in answer["Listeners"]} if answer else {}
    https, http = by_port.get(443), by_port.get(80)
    if https is None or https["Protocol"] != "HTTPS":
        yield absent("HTTPS listener on port 443", remedy="add it, with the host's certificate")
    else:
        yield from _policy(account, str(https["SslPolicy"]))
    actions = http["DefaultActions"] if http else []
    redirects = [one["RedirectConfig"] for one in actions if "RedirectConfig" in one]
    redirect = redirects[0] if redirects else {}
    if http is None:
        yield absent("listener on port 80", remedy="add it, with a redirect to HTTPS 443")
    elif redirect.get("Protocol") != "HTTPS" or redirect.get("StatusCode") != "HTTP_301":
        actual = f"{redirect.get('Protocol', 'no redirect')} {redirect.get('StatusCode', '')}"
        remedy = "make its default action a redirect to HTTPS 443, HTTP_301"
        yield Finding("listener on port 80", "a redirect to HTTPS, HTTP_301", actual, remedy)
    wanted = account.production.load_balancer.get("Listeners") or ()
    for listener in wanted:
        deployed = by_port.get(listener["Port"], {})
        thing = f"listener on port {listener['Port']}"
        given = without_arn(listener)
        yield from account.differences(thing, given, deployed, key="ecs.load_balancer")


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
    deployed = {one["Port"]: one["ListenerArn"] for one in answer["Listeners"]} if answer else {}
    for listener in of_production(production):
        if arn := deployed.get(listener.port):
            yield from _rules_of(account, listener, arn)


def _rules_of(account: Account, listener: Listener, arn: str) -> Iterator[Finding]:
    answer = account.read("elbv2", "DescribeRules", ListenerArn=arn)
    there = {one["Priority"]: one for one in answer["Rules"] if not one.get("IsDefault")}
    for rule in listener.rules:
        priority = str(rule["Priority"])
        thing = f"rule {priority} of the listener on port {listener.port}"
        found = there.pop(priority, None)
        if found is None:
            yield absent(thing, remedy="create it: `cutover phase 4 --plan`")
        else:
            wanted = {name: rule[name] for name in ("Conditions", "Actions") if name in rule}
            yield from account.differences(thing, wanted, found, key="ecs.load_balancer")
    for priority, rule in there.items():
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
    attributes = {"Attributes": file.get("Attributes") or []}
    yield from account.differences(thing, attributes, answer, key="ecs.target_group")
    if not account.is_local and not group.get("LoadBalancerArns"):
        remedy = "let a listener's rule forward to it"
        yield Finding(thing, "a load balancer that forwards to it", "has none", remedy)


@check(
    "4.targets-healthy",
    reads=(
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "ecs:DescribeServices",
    ),
)
def targets_healthy(account: Account) -> Iterator[Finding]:
    """As many targets are healthy as the web service wants, in two zones."""
    group, service = account.target_group(), _web(account)
    if group is None or service is None:
        raise NotCovered("there is no target group or no web service", key="4.target-group")
    answer = account.read("elbv2", "DescribeTargetHealth", TargetGroupArn=group["TargetGroupArn"])
    targets = answer["TargetHealthDescriptions"] if answer else []
    healthy = [one for one in targets if one["TargetHealth"]["State"] == "healthy"]
    wanted, thing = service["desiredCount"], f"target group {account.access.target_group}"
    if len(healthy) < wanted:
        reasons = [_reason(one) for one in targets if one not in healthy]
        actual = f"{len(healthy)}; {'; '.join(reasons) or 'no other targets'}"
        remedy = "read the tasks' logs, and `" + str(group.get("HealthCheckPath")) + "` in a task"
        yield Finding(thing, f"{wanted} healthy targets", actual, remedy)
    zones = {one["Target"].get("AvailabilityZone") for one in healthy}
    if not account.is_local and len(healthy) >= 2 and len(zones) == 1:
        remedy = "give the service subnets of two zones"
        yield Finding(thing, "targets in two zones", f"all in {zones.pop()}", remedy)


def _reason(description: Mapping[str, Any]) -> str:
    health = description["TargetHealth"]
    texts = (description["Target"]["Id"], health["State"], health.get("Description") or "")
    return " ".join(filter(None, texts))


def _web(account: Account) -> dict[str, Any] | None:
    return account.services().get(account.access.services[account.access.web])


def steadiness(account: Account, names: list[str]) -> Iterator[Finding]:
    """Find services that are missing, deploying, or short of tasks."""
    services = account.services()
    for name in names:
        service = services.get(name)
        if service is None:
            yield absent(f"ECS service {name}", remedy="create it: `cutover phase 4 --plan`")
            continue
        events = service.get("events") or [{}]
        last = events[0].get("message", "no event")
        states = [one.get("rolloutState", "COMPLETED") for one in service["deployments"]]
        if len(states) > 1 or states != ["COMPLETED"]:
            actual = f"{', '.join(states)}; {last}"
            yield Finding(f"ECS service {name}", "one completed deployment", actual, _STEADY)
        elif service["runningCount"] != service["desiredCount"]:
            expected = f"{service['desiredCount']} running tasks"
            actual = f"{service['runningCount']}; {last}"
            yield Finding(f"ECS service {name}", expected, actual, _STEADY)


_STEADY = "wait, then read its events and the logs of its stopped tasks"


@check("4.steady", reads=("ecs:DescribeServices",))
def steady(account: Account) -> Iterator[Finding]:
    """The web service is steady on one deployment."""
    return steadiness(account, [account.access.services[account.access.web]])


@check("4.breaker", reads=("ecs:DescribeServices",))
def breaker(account: Account) -> Iterator[Finding]:
    """A bad release rolls itself back, and takes no healthy task away before."""
    service = _web(account)
    if service is None:
        raise NotCovered("there is no web service", key="4.steady")
    settings = service["deploymentConfiguration"]
    circuit = settings.get("deploymentCircuitBreaker", {})
    percent = settings.get("minimumHealthyPercent", _FULL_PERCENT)
    grace = service.get("healthCheckGracePeriodSeconds") or 0
    for is_right, expected, actual in (
        (circuit.get("enable"), "the deployment circuit breaker", "it is off"),
        (circuit.get("rollback"), "rollback on failure", "it is off"),
        (percent >= _FULL_PERCENT, "minimumHealthyPercent 100", str(percent)),
        (grace > 0, "a health check grace period", "0 s: a slow start is taken for a fault"),
    ):
        if not is_right:
            thing = f"ECS service {service['serviceName']}"
            yield Finding(thing, expected, actual, "update the service, and its file")


@check("4.as-file", reads=("ecs:DescribeServices", "ecs:DescribeTaskDefinition"))
def as_file(account: Account) -> Iterator[Finding]:
    """Services and their task definitions are deployed as the files have them."""
    for key, service in account.production.services.items():
        deployed = account.services().get(service.name)
        if deployed is None:
            continue  # 4.steady and 5.worker name it
        # The local stack gives its target group another id, and attaches it without listeners.
        left_out = CHOSEN_LATER | ({"loadBalancers"} if account.is_local else set())
        wanted = {k: v for k, v in service.create.items() if k not in left_out}
        place = f"services.{key}.service"
        yield from account.differences(f"ECS service {service.name}", wanted, deployed, key=place)
        arn = str(deployed["taskDefinition"])
        answer = account.read("ecs", "DescribeTaskDefinition", taskDefinition=arn)
        definition = answer["taskDefinition"]
        thing = f"task definition {definition['family']}:{definition['revision']}"
        raw, file = (
            service.definition.raw,
            account.production.path_of(f"services.{key}.task_definition"),
        )
        for text in declared.differences(raw, definition, complete=COMPLETE):
            remedy = "register the file as a new revision, and deploy it; or correct the file"
            yield Finding(thing, f"as in {file}", text, remedy)


@check(
    "4.logs-clean",
    reads=("logs:FilterLogEvents",),
    not_local="the logs of containers are files of the run: `cutover logs web`",
)
def logs_clean(account: Account) -> Iterator[Finding]:
    """No error is in the web tasks' logs of the last 15 minutes."""
    begin = account.now() - timedelta(minutes=_LOG_MINUTES)
    definition = account.production.services[account.access.web].definition
    for name in awslogs_groups(definition.raw):
        answer = account.read(
            "logs",
            "FilterLogEvents",
            logGroupName=name,
            startTime=int(begin.timestamp() * 1000),
            filterPattern=_LOG_PATTERN,
            at_most=100,
        )
        if answer is None:
            raise NotCovered(f"there is no log group {name}", key="0.log-groups")
        faults = [one["message"] for one in answer["events"] if _LOG_FAULT.search(one["message"])]
        if faults:
            actual = f"{len(faults)}, the first: {faults[0].strip()[:300]}"
            yield Finding(f"log group {name}", "no error", actual, "mend its cause")


CHECKS = (
    listeners,
    rules,
    target_group,
    targets_healthy,
    steady,
    breaker,
    as_file,
    logs_clean,
)
