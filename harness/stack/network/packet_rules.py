"""Security groups as packet rules of a network namespace: the connections that pass it.

Ingress admits named sources to named ports, egress lets out to named destinations; both are
stateful, so answers pass. Addresses do not change while the stack is up: no rule follows a task.
DNS and the credentials' address are inside the namespace, as they are apart from groups on AWS
(https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html).

The rules are text for ``iptables-restore``. Known differences from AWS: tasks share a range, so
rules that tell one task's group from another's are rejected; a CIDR or prefix list outside the VPC
means, for the load balancer's ingress, the internet's side; a prefix list in egress means the AWS
APIs; there is no IPv6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from harness.inputs.files.security_groups import ANY, Permission, SecurityGroups
from harness.stack.network.addresses import Tier
from harness.standins.contract import TaskRules
from harness.target.access import Opening, Origin

PUBLIC, OPERATOR = "public", "operator"
TASKS = "tasks"
_FIRST = ("*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
_OPEN = (
    "-A INPUT -i lo -j ACCEPT",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A OUTPUT -o lo -j ACCEPT",
    "-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
)
_SEALED = "-A OUTPUT -j DROP"
_LAST = ("COMMIT",)
_WORLD = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Member:
    """A component, or all tasks: it has network namespaces of its own."""

    networks: tuple[str, ...]
    groups: tuple[str, ...] = ()
    """Ids of its security groups."""
    published: tuple[int, ...] = ()
    """Ports that the harness reaches over the operator's network."""
    ports: Mapping[int, int] = field(default_factory=dict)
    """Port on AWS -> port that it has here."""
    also: tuple[tuple[str, int], ...] = ()
    """Components that reach a port of it by no rule of the app's: the platform's own."""
    speaks_for: tuple[str, ...] = ()
    """Ids of groups; it makes their connections on its first tier: health checks are the load
    balancer's."""
    aws_apis: bool = False
    """Whether it stands for the AWS APIs, which a prefix list reaches."""
    in_vpc: bool = True
    """Whether its counterpart on AWS has addresses of the VPC."""


_PRIVATE = [
    IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
]
"""Addresses of peered networks and of a VPN. https://www.rfc-editor.org/rfc/rfc1918, rfc6598."""


@dataclass(frozen=True)
class Layout:
    """The whole network: its tiers and its members."""

    vpc: IPv4Network
    tiers: Mapping[str, Tier]
    """By network role."""
    members: Mapping[str, Member]
    """By the component's name; ``tasks`` are all tasks."""
    groups: SecurityGroups
    is_local: bool = True
    """Whether the engine publishes ports on this machine's loopback."""

    def of_component(self, name: str) -> str:
        """Return the rules for a component's namespace."""
        own = (*self._platform(name), *self._ingress(name, self.members[name].groups))
        return _text((*_FIRST, *_OPEN, *self._inside(name), *own, *self._way_out(name), *_LAST))

    def _way_out(self, name: str) -> Iterator[str]:
        """Let a component out as its groups' egress says; without groups it is the platform's."""
        member = self.members[name]
        if member.groups:
            yield from self._egress(name, member.groups)
            yield _SEALED
        elif member.speaks_for:
            tier = self._first_tier(member)
            yield from (
                rule
                for rule in self._egress(name, member.speaks_for)
                if f"-d {tier.tasks} " in f"{rule} "
            )
            yield f"-A OUTPUT -d {tier.tasks} -j DROP"

    def _inside(self, name: str) -> Iterator[str]:
        """Keep everyone but visitors out of the public side.

        The engine parts networks too, but not while it rewrites its rules for one that comes or
        goes.
        """
        if PUBLIC in self.members[name].networks:
            for source in (self.vpc, self.tiers[OPERATOR].subnet):
                yield f"-A INPUT -s {source} -d {self.tiers[PUBLIC].subnet} -j DROP"

    def of_tasks(self) -> TaskRules:
        """Return the rules for tasks in parts.

        A task has no way out of its tiers: none to the machine that the stack runs on, which it has
        not on Fargate either, and none to the internet.
        """
        return TaskRules(
            first=_text((*_FIRST, *_OPEN)),
            groups={
                name: _text((*self._ingress(TASKS, [name]), *self._egress(TASKS, [name])))
                for name in self.groups.groups
            },
            last=_text((_SEALED, *_LAST)),
        )

    def openings(self) -> Iterator[Opening]:
        """List the connections that the groups alone admit, as AWS reads them.

        A network that two members do not share hides a group that opens too much; this does not.
        """
        for name, member in self.members.items():
            for group_id in member.groups:
                for permission in self.groups[group_id].ingress:
                    sources: list[tuple[str, Origin]] = [
                        (other, "component")
                        for other, peer in self.members.items()
                        if set(permission.groups) & set(peer.groups)
                    ]
                    sources += self._outside_sources(name, permission)
                    for first, last in _ports(permission, member.ports):
                        for source, origin in sources:
                            yield Opening(source, name, permission.protocol, first, last, origin)

    def _outside_sources(self, name: str, permission: Permission) -> Iterator[tuple[str, Origin]]:
        for cidr in permission.cidrs:
            source = "internet" if self._by_public_side(name, cidr) else cidr
            yield source, self._origin(IPv4Network(cidr))
        # Without IPv6 or the list's addresses here, the load balancer's are visitors all the same.
        for source in (*permission.ipv6_cidrs, *permission.prefix_lists):
            yield "internet" if PUBLIC in self.members[name].networks else source, "public"

    def _origin(self, network: IPv4Network) -> Origin:
        if network.subnet_of(self.vpc):
            return "vpc"
        return "private" if any(map(network.subnet_of, _PRIVATE)) else "public"

    def _by_public_side(self, name: str, cidr: str) -> bool:
        outside = not IPv4Network(cidr).subnet_of(self.vpc)
        return outside and PUBLIC in self.members[name].networks

    def _platform(self, name: str) -> Iterator[str]:
        member = self.members[name]
        if OPERATOR in member.networks:
            tier = self.tiers[OPERATOR]
            # A port published on loopback is reached through the network's gateway; one that is
            # published on another address keeps its client's.
            client: object = tier.gateway if self.is_local else _WORLD
            for port in member.published:
                yield _rule("tcp", source=client, to=tier.subnet, ports=(port, port))
        for other, port in member.also:
            for source, tier in self._shared(name, other):
                yield _rule("tcp", source=source, to=tier.subnet, ports=(port, port))

    def _ingress(self, name: str, group_ids: Iterable[str]) -> Iterator[str]:
        for group_id in group_ids:
            for permission in self.groups[group_id].ingress:
                for ports in _ports(permission, self.members[name].ports):
                    for source, to in self._sources(name, permission):
                        yield _rule(permission.protocol, source=source, to=to, ports=ports)

    def _sources(self, name: str, permission: Permission) -> Iterator[tuple[object, IPv4Network]]:
        for group_id in permission.groups:
            for other, member in self.members.items():
                for source, tier in self._shared(name, other):
                    if group_id in member.groups or (
                        group_id in member.speaks_for and tier is self._first_tier(member)
                    ):
                        yield source, tier.subnet
        if permission.prefix_lists and PUBLIC in self.members[name].networks:
            yield _WORLD, self.tiers[PUBLIC].subnet
        for text in permission.cidrs:
            if self._by_public_side(name, text):
                yield _WORLD, self.tiers[PUBLIC].subnet
            else:
                yield text, _WORLD

    def _egress(self, name: str, group_ids: Iterable[str]) -> Iterator[str]:
        for group_id in group_ids:
            for permission in self.groups[group_id].egress:
                for other in self.members:
                    if not self._reaches(permission, other):
                        continue
                    for ports in _ports(permission, self.members[other].ports):
                        for destination, _ in self._shared(name, other):
                            yield _rule_out(permission.protocol, to=destination, ports=ports)

    def _reaches(self, permission: Permission, other: str) -> bool:
        """Whether an egress rule names a member, by the addresses and groups that it has on AWS."""
        member = self.members[other]
        networks = [IPv4Network(cidr) for cidr in permission.cidrs]
        if member.in_vpc and any(self.vpc.overlaps(network) for network in networks):
            return True
        if not member.in_vpc and any(not network.subnet_of(self.vpc) for network in networks):
            return True
        by_list = member.aws_apis and bool(permission.prefix_lists)
        return by_list or bool(set(permission.groups) & set(member.groups))

    def _first_tier(self, member: Member) -> Tier:
        return next(
            self.tiers[network] for network in member.networks if network not in (PUBLIC, OPERATOR)
        )

    def _shared(self, name: str, other: str) -> Iterator[tuple[object, Tier]]:
        """Go through the addresses of ``other`` on the networks that both are on."""
        for network in self.members[name].networks:
            if network in self.members[other].networks and network not in (PUBLIC, OPERATOR):
                tier = self.tiers[network]
                yield tier.tasks if other == TASKS else tier.of(other), tier


def _ports(permission: Permission, local_ports: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    first, last = permission.from_port, permission.to_port
    if not local_ports or permission.protocol == ANY:
        yield first, last
    else:
        yield from (
            (local_port, local_port)
            for port, local_port in local_ports.items()
            if first <= port <= last
        )


def _rule(protocol: str, *, source: object, to: object, ports: tuple[int, int]) -> str:
    return _accept(f"-A INPUT -s {source} -d {to}", protocol, ports)


def _rule_out(protocol: str, *, to: object, ports: tuple[int, int]) -> str:
    return _accept(f"-A OUTPUT -d {to}", protocol, ports)


def _accept(start: str, protocol: str, ports: tuple[int, int]) -> str:
    words = [start]
    if protocol != ANY:
        words.append(f"-p {protocol}")
    if protocol in ("tcp", "udp"):
        first, last = ports
        words.append(f"--dport {first}:{last}" if first != last else f"--dport {first}")
    return " ".join([*words, "-j ACCEPT"])


def _text(rules: Iterable[str]) -> str:
    return "".join(f"{rule}\n" for rule in dict.fromkeys(rules))
