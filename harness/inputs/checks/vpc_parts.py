"""Ingress rules that name a part of the VPC, which a stack with other subnets cannot take as it is.

Such a rule stands for the peers in those subnets. Where the app needs a connection that no other
rule admits, it is taken for the groups of that connection's source; else for hosts that a stack
does not have, a bastion for instance. A part in an egress rule counts as the VPC: the ingress of
the peer tells whether it is open.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.inputs.checks import connections

if TYPE_CHECKING:
    from harness.inputs.files.security_groups import Permission, SecurityGroup
    from harness.inputs.production import Production


def resolve(production: Production) -> Production:
    """Take each part of the VPC for the groups that need it, and say so in the notes."""
    network = production.network
    vpc = ipaddress.IPv4Network(network.vpc_cidr)
    parts = {
        (group.id, number): cidrs
        for group in network.groups.groups.values()
        for number, rule in enumerate(group.ingress)
        if (cidrs := _parts(rule, vpc=vpc))
    }
    if not parts:
        return production
    without = _rewritten(production, parts, {})
    peers: dict[tuple[str, int], frozenset[str]] = {}
    for connection in connections.needed(without):
        if not connection.source.groups or connections.admits(connection, vpc=vpc):
            continue
        for place in _opened(connection.destination.groups, parts, port=connection.port):
            peers[place] = peers.get(place, frozenset()) | connection.source.ids
    return replace(
        _rewritten(production, parts, peers),
        notes=(*production.notes, *_notes(production, parts, peers)),
    )


def _parts(rule: Permission, *, vpc: ipaddress.IPv4Network) -> tuple[str, ...]:
    networks = ((cidr, ipaddress.IPv4Network(cidr)) for cidr in rule.cidrs)
    return tuple(cidr for cidr, network in networks if network.subnet_of(vpc) and network != vpc)


def _opened(
    groups: tuple[SecurityGroup, ...], parts: dict[tuple[str, int], tuple[str, ...]], *, port: int
) -> Iterator[tuple[str, int]]:
    """Find the rules with a part that open a port of these groups."""
    for group in groups:
        for number, rule in enumerate(group.ingress):
            if (group.id, number) in parts and rule.covers("tcp", port):
                yield group.id, number


def _rewritten(
    production: Production,
    parts: dict[tuple[str, int], tuple[str, ...]],
    peers: dict[tuple[str, int], frozenset[str]],
) -> Production:
    """Return the same production with groups in place of parts of the VPC."""
    network, groups = production.network, production.network.groups

    def rewrite(rule: Permission, place: tuple[str, int]) -> Permission:
        added = sorted(peers.get(place, frozenset()) - set(rule.groups))
        cidrs = tuple(cidr for cidr in rule.cidrs if cidr not in parts.get(place, ()))
        return replace(rule, cidrs=cidrs, groups=(*rule.groups, *added))

    changed = {
        group.id: replace(
            group,
            ingress=tuple(
                rewrite(rule, (group.id, number)) for number, rule in enumerate(group.ingress)
            ),
        )
        for group in groups.groups.values()
    }
    return replace(production, network=replace(network, groups=replace(groups, groups=changed)))


def _notes(
    production: Production,
    parts: dict[tuple[str, int], tuple[str, ...]],
    peers: dict[tuple[str, int], frozenset[str]],
) -> Iterator[str]:
    groups = production.network.groups
    for (group_id, number), cidrs in parts.items():
        prefix = f"{groups.path.name}: {groups[group_id].name} admits {', '.join(cidrs)}"
        names = sorted(groups[peer].name for peer in peers.get((group_id, number), ()))
        yield (
            f"{prefix}: taken for {', '.join(names)}, since the stack has other subnets"
            if names
            else f"{prefix}: left out, since no connection that the app needs depends on it"
        )
