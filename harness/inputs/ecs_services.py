"""The purpose of an ECS service: visitors come to one, another takes jobs. Names are free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.aws import arn as arns
from harness.aws.task_definition import TaskDefinition
from harness.inputs.task_network import TaskNetwork

_TAKES_JOBS = re.compile(r"\b(?:queue:work|queue:listen|horizon)\b")
_WORKER = "worker"


@dataclass(frozen=True)
class Service:
    """One ECS service: the inputs of RegisterTaskDefinition and CreateService."""

    definition: TaskDefinition
    create: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The service's name in its cluster."""
        return str(self.create["serviceName"])

    @property
    def reached(self) -> Mapping[str, Any]:
        """The container and port that visitors reach; empty without a load balancer."""
        return next(iter(self.create.get("loadBalancers") or ()), {})

    @property
    def network(self) -> TaskNetwork:
        """Where its tasks start."""
        given = (self.create.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        return TaskNetwork("networkConfiguration.awsvpcConfiguration", given)

    @property
    def takes_jobs(self) -> bool:
        """Whether a container's command starts a queue worker of Laravel."""
        words = (word for container in self.definition.containers for word in container.words)
        return bool(_TAKES_JOBS.search(" ".join(words)))


def is_balanced(create: Mapping[str, Any] | None) -> bool:
    """Whether a load balancer sends visitors to the service of this CreateService input."""
    return bool(create and create.get("loadBalancers"))


def target_group_of(balancer: Mapping[str, Any]) -> str:
    """Return the name of the target group in an entry of loadBalancers; empty without its ARN."""
    arn = arns.parse(str(balancer.get("targetGroupArn") or ""))
    parts = arn.resource.split("/") if arn else []
    return parts[1] if len(parts) == 3 else ""


def behind(services: Mapping[str, Service], *, target_group: str) -> dict[str, Service]:
    """Return services as they are behind one target group: a rehearsal has no other.

    Load balancers of other groups, for a service of WebSockets say, are left out. Where no service
    names the group, nothing is: that is a mistake to be named.
    """
    kept = {
        name: [
            one
            for one in service.create.get("loadBalancers") or ()
            if target_group_of(one) in ("", target_group)
        ]
        for name, service in services.items()
    }
    if not any(kept.values()):
        return dict(services)
    return {name: _with_balancers(service, kept[name]) for name, service in services.items()}


def _with_balancers(service: Service, balancers: list[Mapping[str, Any]]) -> Service:
    """Return a service with these load balancers; without any ECS takes no grace period."""
    if len(balancers) == len(service.create.get("loadBalancers") or ()):
        return service
    create = {**service.create, "loadBalancers": balancers}
    if not balancers:
        create.pop("healthCheckGracePeriodSeconds", None)
    return replace(service, create=create)


def web(services: Mapping[str, Service]) -> str:
    """Return the first service that is behind the load balancer; empty when there is none."""
    return next((name for name, service in services.items() if is_balanced(service.create)), "")


def worker(services: Mapping[str, Service]) -> str:
    """Return the service that takes jobs, or else is called ``worker``; empty when there is none.

    A command that starts no queue worker is a mistake of the service that is called so.
    """
    others = {name: service for name, service in services.items() if name != web(services)}
    named = _WORKER if _WORKER in others else ""
    return next((name for name, service in others.items() if service.takes_jobs), named)
