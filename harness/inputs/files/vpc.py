"""Production's VPC: its addresses, its security groups, and their owners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.inputs.config import text_at
from harness.inputs.files.cache import Cache
from harness.inputs.files.security_groups import SecurityGroup, SecurityGroups
from harness.inputs.problem import Problem, nearest
from harness.inputs.reading import Reading

if TYPE_CHECKING:
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.schedule import Schedule


@dataclass(frozen=True)
class Network:
    """The VPC's addresses, its security groups, and those that no file of the app names."""

    vpc_cidr: str
    groups: SecurityGroups
    proxy_group: str
    """Id of RDS Proxy's group, empty where there is none; likewise below."""
    database_group: str
    cache_groups: tuple[str, ...]
    """Ids of the groups of the cache; none where there is no cache."""
    endpoints_group: str
    """Empty where the VPC has no endpoints: the AWS APIs are then open to tasks."""


def unknown_group(name: str, *, key: str, groups: SecurityGroups) -> Iterator[Problem]:
    """Find a name or id in cutover.toml that no group has."""
    if name not in groups.ids:
        message = f'is "{name}", which is no security group in {groups.path}'
        yield Problem(key, message, nearest(name, groups.ids))


def several_tiers(groups: SecurityGroups, tasks: Iterable[frozenset[str]]) -> Iterator[Problem]:
    """Find rules that tell one task from another, which addresses here cannot.

    Args:
        groups: The groups of the file.
        tasks: The ids of the groups of each task; a rule for one of them admits the task.
    """
    kinds = {task for task in tasks if task}
    for key, group in _with_keys(groups):
        opened: dict[tuple[str, int, int], set[str]] = {}
        for rule in group.ingress:
            ports = (rule.protocol, rule.from_port, rule.to_port)
            opened.setdefault(ports, set()).update(rule.groups)
        for ids in opened.values():
            admitted = {kind for kind in kinds if kind & ids}
            if admitted and admitted != kinds:
                yield Problem(
                    key,
                    f"{group.name} admits the tasks of {_listed(admitted)}"
                    f" and not those of {_listed(kinds - admitted)}",
                    "here all tasks share a range of addresses, so a pass would prove nothing:"
                    " give the services one group, or admit all of their groups",
                )


def _swapped(
    tasks: Mapping[str, Service | Schedule],
    *,
    first: SecurityGroup | None,
    balancer: frozenset[str],
) -> Iterator[tuple[str, Problem]]:
    """Find tasks with the load balancer's groups in place of the others' own.

    Args:
        tasks: All that runs tasks, by the key of its file.
        first: The group that tasks reach the database by, RDS Proxy's or its own.
        balancer: The load balancer's groups.
    """
    admitted = {group_id for rule in first.ingress for group_id in rule.groups} if first else set()
    kinds = {
        task.network.security_groups
        for task in tasks.values()
        if {*task.network.security_groups} & admitted
    }
    for key, task in tasks.items():
        ids = {*task.network.security_groups}
        if kinds and ids and ids <= balancer and not ids & admitted:
            message = f"is {', '.join(sorted(ids))}, the load balancer's: it reaches no database"
            hint = f"name the group of the other tasks, {', '.join(sorted(min(kinds)))}"
            yield key, Problem(task.network.key_of("securityGroups"), message, hint)


def _listed(kinds: Iterable[frozenset[str]]) -> str:
    return ", ".join(sorted(" and ".join(sorted(kind)) for kind in kinds))


def _with_keys(groups: SecurityGroups) -> Iterator[tuple[str, SecurityGroup]]:
    for index, group in enumerate(groups.groups.values()):
        yield f"SecurityGroups[{index}]", group


def read(
    reading: Reading,
    groups: SecurityGroups,
    tasks: Mapping[str, Service | Schedule],
    *,
    cache: Cache | None,
    balancer: Mapping[str, Any],
) -> Network | None:
    """Check the groups against cutover.toml and the tasks; None if a name is wrong.

    Args:
        reading: Keeps the problems.
        groups: The security groups.
        tasks: All that runs tasks, by the key of its file.
        cache: The cache, if there is one.
        balancer: The load balancer's file; empty where it has problems of its own.
    """
    keys = ("proxy_group", "database_group", "cache_group", "endpoints_group")
    names = {key: text_at(reading.filled, "network", key) for key in keys}
    for key, name in names.items():
        if name:
            unknown = unknown_group(name, key=f"network.{key}", groups=groups)
            reading.reject(reading.toml, unknown)
    cidr = text_at(reading.toml.data, "network", "vpc_cidr")
    proxy, database, _, endpoints = (groups.ids.get(name, "") for name in names.values())
    first = groups.groups.get(proxy or database)
    of_balancer = (balancer.get("LoadBalancer") or {}).get("SecurityGroups") or ()
    swapped = [*_swapped(tasks, first=first, balancer=frozenset(of_balancer))]
    for key, problem in swapped:
        reading.reject(reading.documents[reading.files[key]], [problem])
    judged = {
        frozenset(task.network.security_groups)
        for key, task in tasks.items()
        if key not in dict(swapped)
    }
    reading.reject(reading.documents[str(groups.path)], several_tiers(groups, judged))
    caches = _cache_groups(reading, groups, cache=cache) if cache else ()
    if swapped:
        return None  # the groups' rules would be blamed for it
    if not database or any(name and name not in groups.ids for name in names.values()):
        return None
    return Network(cidr, groups, proxy, database, caches, endpoints)


def _cache_groups(reading: Reading, groups: SecurityGroups, *, cache: Cache) -> tuple[str, ...]:
    """Return the ids of the cache's groups: those of its file, or the one in cutover.toml."""
    setting = text_at(reading.toml.data, "network", "cache_group")
    if setting or not cache.security_groups:
        name = setting or text_at(reading.filled, "network", "cache_group")
        if not name:
            hint = "add it to [network]: neither the cache's file nor port 6379 of a group names it"
            problem = Problem("network.cache_group", "is missing", hint)
            reading.reject(reading.toml, [problem])
        return tuple(filter(None, [groups.ids.get(name, "")]))
    key = f"{cache.operation}.SecurityGroupIds"
    unknown = groups.unknown(cache.security_groups, key=key)
    reading.reject(reading.documents[reading.files["cache.file"]], unknown)
    return tuple(group_id for group_id in cache.security_groups if group_id in groups.ids)
