"""Addresses on the stack's networks: fixed ones for components, a range for tasks.

The lower half of a network of the VPC belongs to the components, the upper half to tasks, which
come and go. So the source of a packet is known before anything runs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from harness.core.components import COMPONENTS

_GATEWAY = 1
_HOSTS = {name: host for host, name in enumerate(COMPONENTS, start=10)}
_PREFIX, _SMALL_PREFIX = 24, 26
_ROOMY_VPC_PREFIX = 21
"""In a smaller VPC each tier has 64 addresses instead of 256."""


@dataclass(frozen=True)
class Tier:
    """The addresses of one network."""

    subnet: IPv4Network
    gateway: IPv4Address

    @classmethod
    def at(cls, subnet: IPv4Network) -> Tier:
        """Return the tier of a subnet that is ours to divide."""
        return cls(subnet=subnet, gateway=subnet[_GATEWAY])

    @property
    def tasks(self) -> IPv4Network:
        """The addresses of tasks, and of components without a fixed one."""
        return list(self.subnet.subnets(prefixlen_diff=1))[1]

    def of(self, component: str) -> IPv4Address | None:
        """Return a component's fixed address, if it has one."""
        host = _HOSTS.get(component)
        return self.subnet[host] if host else None


def some_tiers(cidr: str, *, count: int) -> list[Tier]:
    """Pick a few subnets of a VPC at random: two stacks seldom pick the same."""
    vpc = IPv4Network(cidr)
    prefix = _PREFIX if vpc.prefixlen <= _ROOMY_VPC_PREFIX else _SMALL_PREFIX
    subnets = list(vpc.subnets(new_prefix=prefix))
    return [Tier.at(subnet) for subnet in random.sample(subnets, min(count, len(subnets)))]
