"""The chain of security groups: load balancer, tasks, RDS Proxy, database, each by reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.phases.phase import Finding

if TYPE_CHECKING:
    from harness.inputs.files.security_groups import Permission, SecurityGroup
    from harness.inputs.production import Production

PUBLIC_PORTS = (80, 443)
LOAD_BALANCER, TASKS, PROXY = "load balancer", "tasks", "RDS Proxy"
DATABASE, CACHE, ENDPOINTS = "database", "cache", "VPC endpoints"


@dataclass(frozen=True)
class Link:
    """Peers that a group admits to its ports: a group's id, an address block or a prefix list."""

    peer: str
    group: str
    """Id of the group that admits it."""
    protocol: str
    from_port: int
    to_port: int

    @property
    def ports(self) -> str:
        """Such as ``tcp 3306``; ``everything`` of a rule for all protocols."""
        if self.protocol == "-1":
            return "everything"
        if self.protocol not in ("tcp", "udp"):
            return self.protocol
        last = f" to {self.to_port}" if self.to_port != self.from_port else ""
        return f"{self.protocol} {self.from_port}{last}"


def owners(production: Production) -> dict[str, str]:
    """Return the owner of each group that production's parts have, by the group's id."""
    network = production.network
    balancer = production.load_balancer["LoadBalancer"].get("SecurityGroups") or ()
    networks = [task.network for task in production.tasks.values()]
    tasks = [group for network in networks for group in network.security_groups]
    owned = {
        **dict.fromkeys(balancer, LOAD_BALANCER),
        **dict.fromkeys(tasks, TASKS),
        network.proxy_group: PROXY,
        network.database_group: DATABASE,
        **dict.fromkeys(network.cache_groups, CACHE),
        network.endpoints_group: ENDPOINTS,
    }
    return {group: owner for group, owner in owned.items() if group}


def links(group: SecurityGroup) -> Iterator[Link]:
    """Go through all that a group admits, one peer each."""
    for rule in group.ingress:
        for peer in _peers(rule):
            yield Link(peer, group.id, rule.protocol, rule.from_port, rule.to_port)


def _peers(rule: Permission) -> tuple[str, ...]:
    return (*rule.groups, *rule.cidrs, *rule.ipv6_cidrs, *rule.prefix_lists)


def breaks(groups: Iterable[SecurityGroup], owned: Mapping[str, str]) -> Iterator[Finding]:
    """Find rules that admit addresses where the chain admits groups.

    Visitors come by address, to the load balancer's ports for HTTP and HTTPS only. Endpoints are
    left out: the whole VPC may use them.
    """
    for group in groups:
        owner = owned.get(group.id, "")
        for link in links(group):
            is_public = owner == LOAD_BALANCER and link.from_port == link.to_port
            is_group = link.peer.startswith("sg-")
            if owner == LOAD_BALANCER and not (is_public and link.from_port in PUBLIC_PORTS):
                yield Finding(
                    f"{group.name} ({owner})",
                    "visitors on ports 80 and 443 only",
                    f"admits {link.peer} on {link.ports}",
                    "remove that ingress rule",
                )
            elif owner in (TASKS, PROXY, DATABASE, CACHE) and not is_group:
                yield Finding(
                    f"{group.name} ({owner})",
                    "other groups by reference, and no addresses",
                    f"admits {link.peer} on {link.ports}",
                    "name the peer's security group as the source of that ingress rule",
                )


def differences(
    file_groups: Iterable[SecurityGroup], deployed: Iterable[SecurityGroup]
) -> Iterator[Finding]:
    """Compare the ingress of groups in the file with that of the account's groups."""
    answers = {group.id: set(links(group)) for group in deployed}
    for group in file_groups:
        if group.id not in answers:
            yield Finding(group.name, f"a security group {group.id}", "there is none", "create it")
            continue
        declared = set(links(group))
        for link in sorted(declared - answers[group.id], key=str):
            actual = "no such ingress rule"
            yield Finding(group.name, f"admits {link.peer} on {link.ports}", actual, "add it")
        for link in sorted(answers[group.id] - declared, key=str):
            actual = f"admits {link.peer} on {link.ports}"
            yield Finding(group.name, "as in the file", actual, "remove that ingress rule")
