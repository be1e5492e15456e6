"""ECS services, as Fargate and ECS take them: launch, deployment, limits of processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.problem import Problem, nearest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_LONGEST_GRACE_S = 10_000
"""Longer than any start: milliseconds, most likely."""
_LEAST_FILES = 256
"""Fewer than nginx has connections for a burst of visitors, with a file or PHP behind each."""
_STRATEGY = "capacityProviderStrategy"
_FARGATE = ("FARGATE", "FARGATE_SPOT")
_MOST: tuple[tuple[str, str, int], ...] = (
    ("networkConfiguration.awsvpcConfiguration", "subnets", 16),
    ("networkConfiguration.awsvpcConfiguration", "securityGroups", 5),
    ("", "loadBalancers", 5),
)
"""Object, list in it, and ECS's limit:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html"""
_PLACEMENT = ("placementStrategy", "placementConstraints")


def tables(production: Production) -> Iterator[Problem]:
    """Each service stands in one table."""
    first: dict[str, str] = {}
    for name, service in production.services.items():
        other = first.setdefault(service.name, name)
        if other != name:
            yield Problem(
                f"services.{name}.service",
                f'is the service "{service.name}", and so is services.{other}',
                "remove one of the two tables, or name another file",
                file=str(production.config.file),
            )


def deployments(production: Production) -> Iterator[Problem]:
    """A rolling deployment can start or stop a task.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    """
    for name, service in production.services.items():
        settings = service.create.get("deploymentConfiguration") or {}
        minimum = int(settings.get("minimumHealthyPercent", 100))
        maximum = int(settings.get("maximumPercent", 200))
        tasks = max(0, int(service.create.get("desiredCount", 1)))
        # ECS rounds the upper limit down and the lower one up.
        most, least = tasks * maximum // 100, -(-tasks * minimum // 100)
        can_start, can_stop = most > tasks, least < min(tasks, most)
        if tasks and not can_start and not can_stop:
            yield Problem(
                "deploymentConfiguration.maximumPercent",
                f"is {maximum}, with minimumHealthyPercent {minimum} and {tasks} tasks: a"
                " deployment could neither start a task nor stop one",
                "write maximumPercent 200 and minimumHealthyPercent 100, ECS's defaults",
                file=production.files[f"services.{name}.service"],
            )


def grace_periods(production: Production) -> Iterator[Problem]:
    """Only a service behind a load balancer has a grace period for its health checks.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    """
    for name, service in production.services.items():
        content = service.create
        if "healthCheckGracePeriodSeconds" in content and not content.get("loadBalancers"):
            yield Problem(
                "healthCheckGracePeriodSeconds",
                "is set, and the service has no load balancer: ECS refuses it",
                "remove it, or add loadBalancers",
                file=production.files[f"services.{name}.service"],
            )
        elif int(content.get("healthCheckGracePeriodSeconds") or 0) > _LONGEST_GRACE_S:
            seconds = content["healthCheckGracePeriodSeconds"]
            yield Problem(
                "healthCheckGracePeriodSeconds",
                f"is {seconds}, {seconds // 3600} hours: for so long ECS ends no task that answers"
                " no health check",
                "write the seconds that a task's start takes",
                file=production.files[f"services.{name}.service"],
            )


def zone_rebalancing(production: Production) -> Iterator[Problem]:
    """Zone rebalancing needs a maximumPercent that lets it start one task more.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    for name, service in production.services.items():
        settings = service.create.get("deploymentConfiguration") or {}
        maximum = int(settings.get("maximumPercent", 200))
        if service.create.get("availabilityZoneRebalancing") == "ENABLED" and maximum <= 100:
            yield Problem(
                "availabilityZoneRebalancing",
                f'is "ENABLED", and deploymentConfiguration.maximumPercent {maximum}: ECS refuses'
                " the two together",
                'write "DISABLED", or a maximumPercent above 100',
                file=production.files[f"services.{name}.service"],
            )


def types(production: Production) -> Iterator[Problem]:
    """Fargate has no daemons, and only rolling deployments have a circuit breaker.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    """
    for name, service in production.services.items():
        content, file = service.create, production.files[f"services.{name}.service"]
        if content.get("schedulingStrategy") == "DAEMON":
            yield Problem(
                "schedulingStrategy",
                'is "DAEMON": a daemon runs on each instance of a cluster, and Fargate has none',
                'write "REPLICA", or leave it out, and set desiredCount',
                file=file,
            )
        controller = str((content.get("deploymentController") or {}).get("type", "ECS"))
        breaker = (content.get("deploymentConfiguration") or {}).get(
            "deploymentCircuitBreaker"
        ) or {}
        if controller != "ECS" and breaker.get("enable"):
            yield Problem(
                "deploymentController.type",
                f'is "{controller}", and deploymentCircuitBreaker is enabled: ECS refuses the two'
                " together",
                'write "ECS", or leave it out: ECS deploys, and rolls back',
                file=file,
            )


def launches(production: Production) -> Iterator[Problem]:
    """Fargate places a service's tasks itself.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
    """
    for name, service in production.services.items():
        file = production.files[f"services.{name}.service"]
        for key in _PLACEMENT:
            if service.create.get(key):
                yield Problem(
                    key,
                    "is set, and Fargate takes none: it spreads tasks over the subnets' zones",
                    "leave it out",
                    file=file,
                )


def process_limits(production: Production) -> Iterator[Problem]:
    """The soft limit of a container is not above its hard one, and leaves it files to work with.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
    """
    for name, service in production.services.items():
        for number, container in enumerate(service.definition.raw["containerDefinitions"]):
            for index, ulimit in enumerate(container.get("ulimits") or ()):
                soft, hard = int(ulimit.get("softLimit", 0)), int(ulimit.get("hardLimit", 0))
                message = hint = ""
                if soft > hard:
                    message = f"is {soft}, and hardLimit {hard}: the container would not start"
                    hint = "write a hardLimit as high as the softLimit, or higher"
                elif ulimit.get("name") == "nofile" and soft < _LEAST_FILES:
                    message = f"is {soft}: a process has no more files and connections open at once"
                    hint = "leave it out, for Fargate's 65535, or write 1024 at the least"
                if message:
                    yield Problem(
                        f"containerDefinitions[{number}].ulimits[{index}].softLimit",
                        message,
                        hint,
                        file=production.files[f"services.{name}.task_definition"],
                    )


def strategies(production: Production) -> Iterator[Problem]:
    """A strategy has Fargate's providers, a weight above 0, and a base of one of them.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    for name, service in production.services.items():
        file, items = production.files[f"services.{name}.service"], service.create.get(_STRATEGY)
        for index, item in enumerate(items or ()):
            if item.get("capacityProvider") not in _FARGATE:
                yield Problem(
                    f"{_STRATEGY}[{index}].capacityProvider",
                    f'is "{item.get("capacityProvider")}", and a task of Fargate runs on its'
                    " providers alone",
                    f"write {' or '.join(_FARGATE)}",
                    file=file,
                )
        if items and not any(item.get("weight", 0) for item in items):
            message = "has no weight above 0: ECS would start no task"
            yield Problem(_STRATEGY, message, 'write "weight": 1', file=file)
        if len([item for item in items or () if item.get("base")]) > 1:
            message, hint = "has several bases, and ECS takes one", "keep one of them"
            yield Problem(_STRATEGY, message, hint, file=file)


def sizes(production: Production) -> Iterator[Problem]:
    """Lists that ECS limits, the number of tasks, and the grace period."""
    for name, service in production.services.items():
        file = production.files[f"services.{name}.service"]
        network = (service.create.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        for at, key, most in _MOST:
            entries = ((network if at else service.create) or {}).get(key) or ()
            if len(entries) > most:
                place = f"{at}.{key}".lstrip(".")
                message = f"has {len(entries)}, and ECS takes {most}"
                yield Problem(place, message, f"name {most} at the most", file=file)
        for key in ("desiredCount", "healthCheckGracePeriodSeconds"):
            if int(service.create.get(key) or 0) < 0:
                reason = f"is {service.create[key]}, and ECS takes no number below 0"
                yield Problem(key, reason, "write a number from 0 on", file=file)


def service_connect(production: Production) -> Iterator[Problem]:
    """Service Connect names ports of the task definition.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html
    """
    for name, service in production.services.items():
        settings = service.create.get("serviceConnectConfiguration") or {}
        names = [
            str(mapping["name"])
            for container in service.definition.containers
            for mapping in container.raw.get("portMappings") or ()
            if mapping.get("name")
        ]
        for index, entry in enumerate(settings.get("services") or ()):
            port = str(entry.get("portName"))
            if settings.get("enabled") and port not in names:
                yield Problem(
                    f"serviceConnectConfiguration.services[{index}].portName",
                    f'is "{port}", and no portMapping of the task definition has this name',
                    nearest(port, names) if names else f'add "name": "{port}" to a portMapping',
                    file=production.files[f"services.{name}.service"],
                )


CHECKS = (
    tables,
    deployments,
    grace_periods,
    zone_rebalancing,
    types,
    launches,
    strategies,
    sizes,
    service_connect,
    process_limits,
)
