"""A VPC's parts as `aws ec2 describe-*` prints them, as the inputs that make them.

A printed part holds others: a gateway its VPC, a route table its routes and subnets. Each has an
operation of its own. Ids are those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Operations = Iterator[tuple[str, dict[str, Any]]]
"""Operations with their inputs, in their order."""
Maker = Callable[[Mapping[str, Any], dict[str, Any]], Operations]
"""Makes them of a printed thing, and of the part of it that the first operation takes as it is."""

_PEERS = (
    *("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId"),
    *("NetworkInterfaceId", "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId"),
    "CoreNetworkArn",
)
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_OF_EC2 = ("CreateRouteTable", "EnableVgwRoutePropagation")
"""Origins of routes that nobody made."""


def _vpc(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    yield "CreateVpc", {**body, **_tags(printed, "vpc")}


def _subnet(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    if "AvailabilityZone" in body:
        body.pop("AvailabilityZoneId", None)
    yield "CreateSubnet", {**body, **_tags(printed, "subnet")}
    if printed.get("MapPublicIpOnLaunch"):
        public = {"MapPublicIpOnLaunch": {"Value": True}}
        yield "ModifySubnetAttribute", {"SubnetId": printed.get("SubnetId"), **public}


def _internet_gateway(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    yield "CreateInternetGateway", {**body, **_tags(printed, "internet-gateway")}
    for attachment in printed.get("Attachments") or ():
        place = {
            "InternetGatewayId": printed.get("InternetGatewayId"),
            "VpcId": attachment.get("VpcId"),
        }
        yield "AttachInternetGateway", place


def _nat_gateway(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    if printed.get("State", "available") not in ("pending", "available"):
        return  # EC2 prints a deleted one for an hour
    if "SubnetId" in body:
        body.pop("VpcId", None)  # only of a gateway for all zones
    addresses = printed.get("NatGatewayAddresses") or ()
    allocated = [address["AllocationId"] for address in addresses if address.get("AllocationId")]
    for _ in allocated:
        yield "AllocateAddress", {"Domain": "vpc"}
    more = {"AllocationId": allocated[0]} if allocated else {}
    yield "CreateNatGateway", {**body, **more, **_tags(printed, "natgateway")}


def _route_table(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    """The main table comes with the VPC; its routes do not."""
    table, places = {"RouteTableId": printed.get("RouteTableId")}, printed.get("Associations") or ()
    if not any(association.get("Main") for association in places):
        yield "CreateRouteTable", {**body, **_tags(printed, "route-table")}
    for route in printed.get("Routes") or ():
        peer = next(({name: route[name]} for name in _PEERS if route.get(name)), {})
        gateway = str(route.get("GatewayId"))
        by_itself = gateway == "local" or gateway.startswith("vpce-")
        if peer and not by_itself and route.get("Origin") not in _OF_EC2:
            where = {name: route[name] for name in _DESTINATIONS if route.get(name)}
            yield "CreateRoute", {**table, **where, **peer}
    for association in places:
        place = {
            name: association[name] for name in ("SubnetId", "GatewayId") if association.get(name)
        }
        if place:
            yield "AssociateRouteTable", {**table, **place}


def _endpoint(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    groups = [group.get("GroupId") for group in printed.get("Groups") or ()]
    more = {"SecurityGroupIds": groups} if groups else {}
    if printed.get("VpcEndpointType") == "Gateway":
        for name in ("PrivateDnsEnabled", "DnsOptions", "IpAddressType"):
            body.pop(name, None)
    content = {name: value for name, value in body.items() if value != []}
    yield "CreateVpcEndpoint", {**content, **more, **_tags(printed, "vpc-endpoint")}


def _tags(printed: Mapping[str, Any], noun: str) -> dict[str, Any]:
    """Return tags as EC2 takes them; those of AWS's own services it does not take."""
    tags = [tag for tag in printed.get("Tags") or () if not str(tag.get("Key")).startswith("aws:")]
    return {"TagSpecifications": [{"ResourceType": noun, "Tags": tags}]} if tags else {}


NETWORK: Mapping[str, Maker] = {
    "Vpcs": _vpc,
    "Subnets": _subnet,
    "InternetGateways": _internet_gateway,
    "NatGateways": _nat_gateway,
    "RouteTables": _route_table,
    "VpcEndpoints": _endpoint,
}
"""Field at the top of the output -> the maker of inputs."""
USED = frozenset(
    {
        *("Tags", "Attachments", "NatGatewayAddresses", "Routes", "Associations", "Groups"),
        *("MapPublicIpOnLaunch", "InternetGatewayId", "RouteTableId", "SubnetId"),
    }
)
"""Fields of the output that the inputs have under other names."""
