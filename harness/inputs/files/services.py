"""The file of a service: CreateService's input, with load balancers that fit its tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.files import placeholders
from harness.inputs.files.container_checks import NAME, OF_NAMES
from harness.inputs.files.ecs_services import target_group_of
from harness.inputs.files.placeholders import reference_in
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.aws.task_definition import TaskDefinition
    from harness.inputs.document import Document
    from harness.inputs.files.security_groups import SecurityGroups

_PLATFORMS = ("1.4.0", "LATEST")
_SERVICE = ("launchType", "capacityProviderStrategy", "platformVersion")
RULE = ("LaunchType", "CapacityProviderStrategy", "PlatformVersion")
"""EventBridge's spelling of launchType and its siblings."""
_SERVICE_GROUPS = "networkConfiguration.awsvpcConfiguration.securityGroups"


def read(
    document: Document,
    *,
    definition: TaskDefinition | None = None,
    groups: SecurityGroups | None = None,
) -> dict[str, Any]:
    """Check a service: on Fargate, with load balancers that fit its tasks, and known groups.

    Args:
        document: The file.
        definition: Its task definition; None where that has problems of its own.
        groups: The security groups; likewise.

    Raises:
        InputError: Every problem of the file.
    """
    fit = operation_shapes.fit(document.data, api="ecs", operation="CreateService")
    service = fit.fitting
    problems = [
        *of_name(service),
        *of_definition(service),
        *of_launch(service),
        *of_count(service),
        *of_target_groups(service),
        *placeholders.problems(service),
    ]
    if definition is not None:
        problems += of_load_balancers(service, definition=definition)
    if groups is not None:
        network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        problems += groups.unknown(network.get("securityGroups", ()), key=_SERVICE_GROUPS)
    document.reject(fit.with_checks(problems))
    return document.data


def of_launch(settings: Mapping[str, Any], *, names: Sequence[str] = _SERVICE) -> Iterator[Problem]:
    """Find launch settings that are not Fargate's, or of a platform that is too old.

    Without launch type and capacity provider, ECS takes the cluster's default strategy, which no
    file has, and EC2 where the cluster has none.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html and
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    (JSON keys of secrets from platform version 1.4.0 on).

    Args:
        settings: A service, or a rule's EcsParameters.
        names: How it spells launch type, capacity provider strategy and platform version.
    """
    launch, providers, version = names
    if settings.get(launch) != "FARGATE" and not settings.get(providers):
        fault = (
            f'is "{settings[launch]}"'
            if settings.get(launch)
            else "is missing, so that ECS takes EC2"
        )
        hint = (
            f'write "{launch}": "FARGATE": a task definition of Fargate has no instance to run on;'
            f" or the strategy of the cluster as {providers}"
        )
        yield Problem(launch, fault, hint)
    elif settings.get(launch) and settings.get(providers):
        message = f"is set, and {launch}, too: ECS refuses the two together"
        yield Problem(providers, message, f"leave {launch} out")
    if settings.get(version, "LATEST") not in _PLATFORMS:
        hint = "write 1.4.0: an earlier one cannot take a key out of a secret's JSON"
        yield Problem(version, f'is "{settings[version]}"', hint)


def of_name(service: Mapping[str, Any]) -> Iterator[Problem]:
    """Find a name that ECS refuses."""
    name = str(service.get("serviceName") or "")
    if name and not NAME.fullmatch(name) and not reference_in(name):
        yield Problem("serviceName", f'is "{name}"', OF_NAMES)


def of_definition(service: Mapping[str, Any]) -> Iterator[Problem]:
    """Find a service without the task definition that ECS deploys."""
    if not service.get("taskDefinition"):
        hint = "name its family: ECS creates no service without it"
        yield Problem("taskDefinition", "is missing", hint)


def of_count(service: Mapping[str, Any]) -> Iterator[Problem]:
    """Find a service that runs no task."""
    if service.get("desiredCount") == 0:
        hint = "write how many tasks run after the cutover, 1 at the least"
        yield Problem("desiredCount", "is 0: nobody does its work", hint)


def of_target_groups(service: Mapping[str, Any]) -> Iterator[Problem]:
    """Find load balancers of a service that name no target group by its ARN."""
    for index, entry in enumerate(service.get("loadBalancers") or ()):
        arn = str(entry.get("targetGroupArn") or "")
        if not target_group_of(entry):
            yield Problem(
                f"loadBalancers[{index}].targetGroupArn",
                f'is "{arn}", which is no ARN of a target group' if arn else "is missing",
                "write the ARN that `aws elbv2 describe-target-groups` prints:"
                " arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID",
            )


def of_load_balancers(
    service: Mapping[str, Any], *, definition: TaskDefinition
) -> Iterator[Problem]:
    """Find load balancers of a service that name a container or port that its tasks lack."""
    mappings = {
        container.name: container.raw.get("portMappings") or ()
        for container in definition.containers
    }
    for index, entry in enumerate(service.get("loadBalancers") or ()):
        key = f"loadBalancers[{index}]"
        name, port = entry.get("containerName"), entry.get("containerPort")
        ports = [mapping.get("containerPort") for mapping in mappings.get(name, ())]
        if not name:
            yield Problem(
                f"{key}.containerName",
                "is missing: the load balancer would not know which container visitors reach",
                f"name one of {', '.join(mappings)}",
            )
        elif name not in mappings:
            message = f'is "{name}", which {definition.source} does not have'
            hint = f"name one of {', '.join(mappings)}"
            yield Problem(f"{key}.containerName", message, hint)
        elif port not in ports:
            yield Problem(
                f"{key}.containerPort",
                f'is {port}, which is no portMapping of the container "{name}" in'
                f" {definition.source}",
                f"name one of {', '.join(map(str, ports)) or 'its ports'}, or add it there",
            )
        elif ports.count(port) > 1:
            # InvalidParameterException: Container port 53 is used in more than one port mapping
            # (https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/89).
            yield Problem(
                f"{key}.containerPort",
                f'is {port}, which has several portMappings in the container "{name}" of'
                f" {definition.source}: ECS refuses the service",
                "leave one of them there",
            )
        elif mappings[name][ports.index(port)].get("protocol") == "udp":
            yield Problem(
                f"{key}.containerPort",
                f'is {port}, whose portMapping in the container "{name}" of {definition.source}'
                " has the protocol udp: the load balancer speaks TCP",
                'write "protocol": "tcp" there, or leave it out',
            )
