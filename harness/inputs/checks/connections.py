"""The connections that a cutover cannot do without, judged by the security groups alone.

AWS takes groups that shut them; visitors then wait for the load balancer, or tasks for the database
and the AWS APIs, until something times out. A connection needs egress on the side that opens it and
ingress on the side that accepts it; one group of each side is enough
(https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from harness.inputs.checks.cache import uses_cache
from harness.inputs.files import phase_files
from harness.inputs.files.ecs_services import target_group_of
from harness.inputs.files.schedule import LARAVELS
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.security_groups import Permission, SecurityGroup
    from harness.inputs.production import Production

MYSQL_PORT = 3306
HTTPS_PORT = 443
_SCHEDULE = "the schedule"


@dataclass(frozen=True)
class Side:
    """One end of a connection: its name for error texts, and its groups."""

    name: str
    groups: tuple[SecurityGroup, ...]
    in_vpc: bool = True
    aws_apis: bool = False
    address: str = "0.0.0.0/0"
    """Its address for a rule, where it has no groups."""

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the groups."""
        return frozenset(group.id for group in self.groups)

    def __str__(self) -> str:
        names = ", ".join(f"{group.name} ({group.id})" for group in self.groups)
        return f"{self.name}, {names}" if names else self.name


_S3 = Side(
    "the gateway endpoint of S3",
    (),
    in_vpc=False,
    aws_apis=True,
    address="the prefix list of S3",
)


@dataclass(frozen=True)
class Connection:
    """One side opens, the other accepts, on a TCP port."""

    source: Side
    destination: Side
    port: int


def problems(production: Production) -> Iterator[Problem]:
    """Report each needed connection that the groups shut, with the side and the rule that lacks."""
    vpc = IPv4Network(production.network.vpc_cidr)
    for connection in needed(production):
        source, destination, port = connection.source, connection.destination, connection.port
        if source.groups and not _permits(source.groups, "egress", connection, vpc=vpc):
            yield Problem(
                _key(production, source, "IpPermissionsEgress"),
                f"of {source.groups[0].name} lets nothing out to {destination} on port {port}:"
                f" {source.name} could not reach {destination.name}",
                f"add an egress rule for tcp {port} to {_peer(destination)}",
                file=production.files["network.security_groups"],
            )
        if not admits(connection, vpc=vpc):
            yield Problem(
                _key(production, destination, "IpPermissions"),
                f"of {destination.groups[0].name} admits nobody of {source} on port {port}:"
                f" {source.name} could not reach {destination.name}",
                f"add an ingress rule for tcp {port} from {_peer(source)}",
                file=production.files["network.security_groups"],
            )


def needed(production: Production) -> Iterator[Connection]:
    """Go through the connections that a cutover cannot do without."""
    network, groups = production.network, production.network.groups

    def side(name: str, ids: Sequence[str]) -> Side:
        return Side(name, tuple(groups[group_id] for group_id in ids))

    balancer_ids = production.load_balancer["LoadBalancer"].get("SecurityGroups") or ()
    balancer = side("the load balancer", balancer_ids)
    database = side("the database", (network.database_group,))
    proxy = side("RDS Proxy", (network.proxy_group,)) if network.proxy_group else None
    cache = side("the cache", network.cache_groups)
    apis = Side(
        "the VPC endpoints" if network.endpoints_group else "the AWS APIs",
        (groups[network.endpoints_group],) if network.endpoints_group else (),
        in_vpc=bool(network.endpoints_group),
        aws_apis=True,
    )
    if balancer.groups:
        yield Connection(Side("visitors", (), in_vpc=False), balancer, HTTPS_PORT)
    for name, service in production.services.items():
        tasks = side(f"the tasks of {name}", service.network.security_groups)
        for target in service.create.get("loadBalancers") or ():
            # Without groups of its own, a side has the VPC's default group, which no file names.
            if balancer.groups and tasks.groups:
                yield Connection(balancer, tasks, int(target["containerPort"]))
                if port := _check_port(production, target):
                    check = replace(balancer, name="the load balancer's check (HealthCheckPort)")
                    yield Connection(check, tasks, port)
    users_of_cache = _users_of_cache(production)
    for ids, names in _tasks(production).items():
        tasks = side(f"the tasks of {', '.join(names)}", ids)
        yield Connection(tasks, proxy or database, MYSQL_PORT)
        yield Connection(tasks, apis, HTTPS_PORT)
        if _has_gateway_to_s3(production):
            yield Connection(tasks, _S3, HTTPS_PORT)
        if production.cache and users_of_cache.intersection(names):
            yield Connection(tasks, cache, production.cache.port)
    if proxy:
        yield Connection(proxy, database, MYSQL_PORT)


def _check_port(production: Production, target: Mapping[str, Any]) -> int:
    """Return the port of the health checks where it is another one than visitors'; else 0."""
    group = production.target_group["TargetGroup"]
    port = str(group.get("HealthCheckPort", ""))
    is_other = port.isdecimal() and port != str(target["containerPort"])
    return int(port) if is_other and group["Name"] == target_group_of(target) else 0


def _has_gateway_to_s3(production: Production) -> bool:
    """Whether tasks reach S3, and the layers of their image there, by its public addresses.

    A gateway endpoint has no group, and only the file of the VPC has it:
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html.
    """
    endpoints = s3_endpoints(production)
    return "Gateway" in endpoints and "Interface" not in endpoints


def s3_endpoints(production: Production) -> list[str]:
    """Return the types of the VPC's endpoints for S3; none where no file has the VPC."""
    return endpoints(production, "s3")


def endpoints(production: Production, service: str) -> list[str]:
    """Return the types of the VPC's endpoints for a service; none where no file has the VPC."""
    return [
        str(call.input.get("VpcEndpointType", "Gateway"))
        for call in phase_files.calls(production, "network")
        if call.operation == "CreateVpcEndpoint"
        and str(call.input.get("ServiceName")).endswith(f".{service}")
    ]


def _tasks(production: Production) -> dict[tuple[str, ...], list[str]]:
    """Name the services, and the schedule, of each list of security groups that a file names."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, service in production.services.items():
        names.setdefault(service.network.security_groups, []).append(name)
    for key, schedule in production.schedules.items():
        names.setdefault(schedule.network.security_groups, []).append(_name(key))
    names.pop((), None)
    return names


def admits(connection: Connection, *, vpc: IPv4Network) -> bool:
    """Whether the destination's groups let the connection in; without groups, nothing is known."""
    groups = connection.destination.groups
    return not groups or _permits(groups, "ingress", connection, vpc=vpc)


def _users_of_cache(production: Production) -> set[str]:
    """Name the services, and the schedule, with tasks that know the cache's host."""
    names = {
        name for name, service in production.services.items() if uses_cache(service.definition)
    }
    return names | {
        _name(key)
        for key, schedule in production.schedules.items()
        if uses_cache(schedule.definition)
    }


def _name(schedule: str) -> str:
    """Return the words for a schedule, by the key of its file."""
    return _SCHEDULE if schedule == LARAVELS else schedule.removesuffix(".rule")


def _permits(
    groups: Sequence[SecurityGroup], direction: str, connection: Connection, *, vpc: IPv4Network
) -> bool:
    peer = connection.destination if direction == "egress" else connection.source
    rules: Iterator[Permission] = (rule for group in groups for rule in getattr(group, direction))
    return any(
        rule.covers("tcp", connection.port) and _names(rule, peer, vpc=vpc) for rule in rules
    )


def _names(rule: Permission, peer: Side, *, vpc: IPv4Network) -> bool:
    if peer.ids.intersection(rule.groups):
        return True
    networks = [IPv4Network(cidr) for cidr in rule.cidrs]
    if peer.in_vpc:
        # Only egress rules still name a part of the VPC, and its subnets are not known here.
        return any(vpc.overlaps(network) for network in networks) or bool(
            peer.aws_apis and rule.prefix_lists
        )
    if any(not network.subnet_of(vpc) for network in networks) or rule.prefix_lists:
        return True
    # Visitors have IPv6; the AWS APIs' usual names have IPv4 addresses only.
    return bool(rule.ipv6_cidrs) and not peer.aws_apis


def _key(production: Production, side: Side, field: str) -> str:
    index = list(production.network.groups.groups).index(side.groups[0].id)
    return f"SecurityGroups[{index}].{field}"


def _peer(side: Side) -> str:
    if side.groups:
        return side.groups[0].id
    return side.address
