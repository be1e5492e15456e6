"""Phase 4: the web service, its targets and its tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from harness.aws import declared
from harness.aws.task_definition import TaskDefinition
from harness.inputs.files import phase_files
from harness.phases.account import Account
from harness.phases.checks.difference import inputs_of
from harness.phases.phase import Finding, NotCovered, absent, check
from harness.target.discovery import COMPLETE, fields_to_compare
from harness.target.resources.task_logs import awslogs_groups

_FULL_PERCENT = 100
_LOG_MINUTES = 15
_LOG_PATTERN = '?ERROR ?CRITICAL ?ALERT ?EMERGENCY ?"PHP Fatal" ?"PHP Parse"'
_LOG_FAULT = re.compile(
    r"\.(?:ERROR|CRITICAL|ALERT|EMERGENCY):|\"level_name\":\s*\"(?:ERROR|CRITICAL|ALERT|EMERGENCY)\""
    r"|PHP (?:Fatal|Parse) error"
)
"""Laravel's line and JSON formats, and PHP's own words; FilterLogEvents finds more than these."""


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
    healthy = [target for target in targets if target["TargetHealth"]["State"] == "healthy"]
    count, thing = service["desiredCount"], f"target group {account.access.target_group}"
    if len(healthy) < count:
        reasons = [_reason(target) for target in targets if target not in healthy]
        actual = f"{len(healthy)}; {'; '.join(reasons) or 'no other targets'}"
        remedy = "read the tasks' logs, and `" + str(group.get("HealthCheckPath")) + "` in a task"
        yield Finding(thing, f"{count} healthy targets", actual, remedy)
    zones = {target["Target"].get("AvailabilityZone") for target in healthy}
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
        if service["desiredCount"] < (least := _least_tasks(account, name)):
            cluster = account.access.cluster
            remedy = f"aws ecs update-service --cluster {cluster} --service {name}"
            yield Finding(
                f"ECS service {name}",
                f"{least} tasks at least, as in the files",
                f"its desiredCount is {service['desiredCount']}",
                f"{remedy} --desired-count {least}",
            )
        events = service.get("events") or [{}]
        last = events[0].get("message", "no event")
        states = [
            deployment.get("rolloutState", "COMPLETED") for deployment in service["deployments"]
        ]
        if len(states) > 1 or states != ["COMPLETED"]:
            actual = f"{', '.join(states)}; {last}"
            yield Finding(f"ECS service {name}", "one completed deployment", actual, _STEADY)
        elif service["runningCount"] != service["desiredCount"]:
            expected = f"{service['desiredCount']} running tasks"
            actual = f"{service['runningCount']}; {last}"
            yield Finding(f"ECS service {name}", expected, actual, _STEADY)


def _least_tasks(account: Account, name: str) -> int:
    """Return how few tasks a service may want: auto scaling's minimum, or else its file's count."""
    calls = phase_files.calls(account.production, "scaling")
    resource = f"service/{account.access.cluster}/{name}"
    for target in inputs_of("RegisterScalableTarget", calls):
        if target["ResourceId"] == resource:
            return int(target.get("MinCapacity", 1))
    services = account.production.services.values()
    return next((int(s.create.get("desiredCount", 1)) for s in services if s.name == name), 1)


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
        fields = fields_to_compare(service.create, is_local=account.is_local)
        place = f"services.{key}.service"
        yield from account.differences(f"ECS service {service.name}", fields, deployed, key=place)
        yield from definition_differences(
            account, service.definition, str(deployed["taskDefinition"]), key=f"services.{key}"
        )


def definition_differences(
    account: Account, file: TaskDefinition, arn: str, *, key: str
) -> Iterator[Finding]:
    """Compare the revision that is deployed with the file of a task definition."""
    answer = account.read("ecs", "DescribeTaskDefinition", taskDefinition=arn)
    definition = answer["taskDefinition"] if answer else {"family": arn, "revision": "none"}
    thing = f"task definition {definition['family']}:{definition['revision']}"
    place = account.production.path_of(f"{key}.task_definition")
    for text in declared.differences(file.raw, definition, complete=COMPLETE):
        remedy = "register the file as a new revision, and deploy it; or correct the file"
        yield Finding(thing, f"as in {place}", text, remedy)


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
        faults = [
            event["message"] for event in answer["events"] if _LOG_FAULT.search(event["message"])
        ]
        if faults:
            actual = f"{len(faults)}, the first: {faults[0].strip()[:300]}"
            yield Finding(f"log group {name}", "no error", actual, "mend its cause")


CHECKS = (targets_healthy, steady, breaker, as_file, logs_clean)
