"""The purpose of an ECS service: visitors come to one, another takes jobs. Names are free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.aws import listener_rules
from harness.aws.task_definition import TaskDefinition
from harness.inputs.files.task_network import TaskNetwork

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
        content = (self.create.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        return TaskNetwork("networkConfiguration.awsvpcConfiguration", content)

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
    return listener_rules.group_name(balancer.get("targetGroupArn"))


def rehearsed_groups(
    balancer: Mapping[str, Any] | None, target_group: Mapping[str, Any] | None
) -> list[str]:
    """Return the names of the groups that a service here may be behind: the app's own comes first.

    Further ones are described in the same file, and a listener or a rule leads to them.
    """
    if target_group is None:
        return [""]
    led_to = {
        name
        for action in actions_of(balancer or {})
        for name, weight in listener_rules.weights(action).items()
        if weight
    }
    described = [str(group.get("Name")) for group in target_group.get("TargetGroups") or ()]
    own = str(target_group["TargetGroup"].get("Name"))
    return [own, *(name for name in described if name in led_to and name != own)]


def actions_of(balancer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield all actions of the load balancer's file."""
    for listener in balancer.get("Listeners") or ():
        yield from listener.get("DefaultActions") or ()
    for rule in balancer.get("Rules") or ():
        yield from rule.get("Actions") or ()


def behind(services: Mapping[str, Service], *, target_groups: Sequence[str]) -> dict[str, Service]:
    """Return services as they are behind the target groups of a rehearsal: each behind one.

    Load balancers of other groups, that nothing here leads to, are left out. Where no service names
    the app's own group, nothing is: that is a mistake to be named.

    Args:
        services: The services as their files have them.
        target_groups: The app's own, and then further ones.
    """
    own, *further = target_groups
    balancers = {name: _of_groups(service, ("", own)) for name, service in services.items()}
    if not any(balancers.values()):
        return dict(services)
    return {
        name: _with_balancers(service, balancers[name] or _of_groups(service, further)[:1])
        for name, service in services.items()
    }


def _of_groups(service: Service, names: Sequence[str]) -> list[Mapping[str, Any]]:
    balancers = service.create.get("loadBalancers") or ()
    return [balancer for balancer in balancers if target_group_of(balancer) in names]


def _with_balancers(service: Service, balancers: list[Mapping[str, Any]]) -> Service:
    """Return a service with these load balancers; without any ECS takes no grace period."""
    if len(balancers) == len(service.create.get("loadBalancers") or ()):
        return service
    create = {**service.create, "loadBalancers": balancers}
    if not balancers:
        create.pop("healthCheckGracePeriodSeconds", None)
    return replace(service, create=create)


def web(services: Mapping[str, Service], *, target_group: Mapping[str, Any] | None = None) -> str:
    """Return the first service behind the load balancer; empty when there is none.

    Of several it is the first in the app's own target group, if the file is given.
    """
    name = str(target_group["TargetGroup"].get("Name")) if target_group else ""
    candidates = [name for name, service in services.items() if is_balanced(service.create)]
    own = (
        candidate
        for candidate in candidates
        if target_group_of(services[candidate].reached) == name
    )
    return next(own, candidates[0] if candidates else "")


def worker(services: Mapping[str, Service], *, web: str) -> str:
    """Return the service that takes jobs, or else is called ``worker``; empty when there is none.

    A command that starts no queue worker is a mistake of the service that is called so.
    """
    candidates = {name: service for name, service in services.items() if name != web}
    default = _WORKER if _WORKER in candidates else ""
    return next((name for name, service in candidates.items() if service.takes_jobs), default)
