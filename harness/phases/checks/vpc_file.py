"""The file of the VPC: subnets, routes and endpoints that EC2 takes and the app needs.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html (subnets),
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html (routes), and
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html (endpoints).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from harness.inputs.checks import trusted_proxies
from harness.inputs.checks.connections import HTTPS_PORT
from harness.inputs.files import phase_files
from harness.phases.checks.difference import Difference, calls_of, inputs_of
from harness.phases.checks.network import needed_endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.inputs.files.api_calls import Call
    from harness.phases.account import Account

_API = re.compile(r"(?:cn\.)?com\.amazonaws\.[a-z]{2,3}(?:-[a-z]+)+-\d\.(?P<name>.+)")
"""The name of an AWS API's endpoint service."""
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def differences(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Go through parts that EC2 refuses, or that keep visitors or tasks from their way."""
    yield from _of_zones(account, calls)
    yield from _of_ranges(account, calls)
    yield from _of_gateways(calls)
    yield from _of_public_subnets(account, calls)
    yield from _of_ways_out(account, calls)
    yield from _of_endpoints(account, calls)


def _of_zones(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """The load balancer's subnets lie in two zones, and so do the database's."""
    subnets = calls_of("CreateSubnet", calls)
    zones = Counter(
        subnet.input.get("AvailabilityZone", subnet.input.get("AvailabilityZoneId"))
        for subnet in subnets
    )
    production = account.production
    balancer = {*(production.load_balancer["LoadBalancer"].get("Subnets") or ())}
    groups = inputs_of("CreateDBSubnetGroup", phase_files.calls(production, "database"))
    database = {subnet_id for group in groups for subnet_id in group.get("SubnetIds") or ()}
    apart = 2 if balancer and database and not balancer & database else 1
    if not subnets or None in zones or len(balancer | database) > len(subnets):
        return
    zone, count = zones.most_common(1)[0]
    if len(subnets) - count < apart:
        expected = "two Availability Zones for the load balancer's subnets and for the database's"
        yield Difference("CreateSubnet", expected, f"has {count} of {len(subnets)} in {zone}")


def _of_ranges(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Subnets are parts of the VPC, which may have more ranges where it was printed."""
    subnets = calls_of("CreateSubnet", calls)
    ranges = [
        (entry, trusted_proxies.network(str(entry.input.get("CidrBlock", "")))) for entry in subnets
    ]
    networks = [(entry, subnet) for entry, subnet in ranges if isinstance(subnet, IPv4Network)]
    vpcs = inputs_of("CreateVpc", calls)
    is_printed = account.production.documents["phases.network"].origins
    vpc = trusted_proxies.network(str(vpcs[0].get("CidrBlock", ""))) if len(vpcs) == 1 else None
    for call, subnet in networks:
        if vpc and not is_printed and not subnet.subnet_of(vpc):
            yield Difference(f"{call.key}.CidrBlock", f"a part of the VPC, {vpc}", f"is {subnet}")


def _of_gateways(calls: list[Call]) -> Iterator[Difference]:
    gateways = calls_of("CreateInternetGateway", calls)
    if gateways and not calls_of("AttachInternetGateway", calls):
        expected = "AttachInternetGateway for it, without which EC2 refuses a route to it"
        yield Difference(gateways[0].key, expected, "attaches it to no VPC")


class _Tables:
    """The route tables of a file: which one a subnet has, and where its default route leads."""

    def __init__(self, calls: list[Call]) -> None:
        places = [place for place in inputs_of("AssociateRouteTable", calls) if "SubnetId" in place]
        self.of_subnet = {str(place["SubnetId"]): str(place["RouteTableId"]) for place in places}
        routes = inputs_of("CreateRoute", calls)
        self._peers: dict[str, list[str]] = {}
        for route in routes:
            if (
                route.get("DestinationCidrBlock", route.get("DestinationIpv6CidrBlock"))
                in _EVERYWHERE
            ):
                peers = [
                    str(v)
                    for k, v in route.items()
                    if k.endswith(("Id", "Arn")) and k != "RouteTableId"
                ]
                self._peers.setdefault(str(route.get("RouteTableId")), []).extend(peers)
        tables = {*self.of_subnet.values(), *(str(route.get("RouteTableId")) for route in routes)}
        self.has_main = len(tables) > len(calls_of("CreateRouteTable", calls))
        """Whether the file may route by the main table, which no operation makes."""
        self.is_full = len(self.of_subnet) >= len(calls_of("CreateSubnet", calls))
        """Whether each subnet of the file has a table: any other subnet is not of the file."""

    def is_known(self, subnet: str) -> bool:
        """Whether the file tells the route table of a subnet."""
        return bool(self._peers) and (
            subnet in self.of_subnet or not (self.has_main or self.is_full)
        )

    def leads_out(self, subnet: str) -> bool:
        """Whether a default route of the subnet leads anywhere."""
        return bool(self._peers.get(self.of_subnet.get(subnet, "")))

    def leads_to_visitors(self, subnet: str) -> bool:
        """Whether a default route of the subnet leads to an internet gateway."""
        peers = self._peers.get(self.of_subnet.get(subnet, ""), ())
        return any(peer.startswith("igw-") for peer in peers)


def _of_public_subnets(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """The load balancer's subnets, and those of NAT gateways, have a way to the internet."""
    tables = _Tables(calls)
    balancer = account.production.load_balancer["LoadBalancer"]
    mapped = [mapping.get("SubnetId") for mapping in balancer.get("SubnetMappings") or ()]
    subnets = [*(balancer.get("Subnets") or mapped)]
    if balancer.get("Scheme", "internet-facing") == "internet-facing":
        for subnet in filter(tables.is_known, map(str, subnets)):
            if not tables.leads_to_visitors(subnet):
                expected = (
                    f"a route to the internet gateway for {subnet}, a subnet of the load balancer"
                )
                actual = "has none: no visitor reaches the load balancer there"
                yield Difference("AssociateRouteTable", expected, actual)
    for call in calls_of("CreateNatGateway", calls):
        subnet = str(call.input.get("SubnetId", ""))
        is_public = call.input.get("ConnectivityType", "public") == "public"
        if (
            subnet
            and is_public
            and tables.is_known(subnet)
            and not tables.leads_to_visitors(subnet)
        ):
            expected = "a subnet with a route to the internet gateway"
            actual = f"is {subnet}, which has none: the gateway lets nothing out"
            yield Difference(f"{call.key}.SubnetId", expected, actual)


def _of_ways_out(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Where one of the tasks' subnets has a way out, each has, but for endpoints of all APIs."""
    tables = _Tables(calls)
    tasks = account.production.tasks.values()
    subnets = list(dict.fromkeys(subnet for task in tasks for subnet in task.network.subnets))
    lacking = [
        subnet for subnet in subnets if tables.is_known(subnet) and not tables.leads_out(subnet)
    ]
    names = {_api(endpoint) for endpoint in inputs_of("CreateVpcEndpoint", calls)}
    missing = [name for name in needed_endpoints(account) if name not in names]
    # Without a gateway the file has no way out at all: the other check of this file says so.
    has_gateway = any("NatGatewayId" in route for route in inputs_of("CreateRoute", calls))
    if lacking and missing and (has_gateway or inputs_of("CreateNatGateway", calls)):
        yield Difference(
            "CreateRoute",
            f"a default route for each of the tasks' subnets, {', '.join(subnets)}",
            f"has none for {', '.join(lacking)}: tasks there reach no {missing[0]}",
        )


def _api(endpoint: Mapping[str, Any]) -> str:
    """Return the name of an endpoint's API; empty for another service."""
    match = _API.fullmatch(str(endpoint.get("ServiceName", "")))
    return match["name"] if match else ""


def _of_endpoints(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """An endpoint of an API that tasks call admits them."""
    groups = account.production.network.groups.groups
    tasks = {
        group_id
        for task in account.production.tasks.values()
        for group_id in task.network.security_groups
    }
    needed = needed_endpoints(account)
    for call in calls_of("CreateVpcEndpoint", calls):
        is_interface = call.input.get("VpcEndpointType", "Gateway") == "Interface"
        if not is_interface or _api(call.input) not in needed:
            continue
        group_ids = [str(group_id) for group_id in call.input.get("SecurityGroupIds") or ()]
        rules = [
            rule
            for group_id in group_ids
            if group_id in groups
            for rule in groups[group_id].ingress
        ]
        opened = [rule for rule in rules if rule.covers("tcp", HTTPS_PORT)]
        is_known = all(group_id in groups for group_id in group_ids)
        if is_known and not any(rule.cidrs or tasks & {*rule.groups} for rule in opened):
            expected = "a security group that admits the tasks on port 443"
            actual = f"has {', '.join(group_ids) or 'none, and takes the default group of the VPC'}"
            yield Difference(f"{call.key}.SecurityGroupIds", expected, f"{actual}: tasks time out")
