"""The app's security groups, from a file as `aws ec2 describe-security-groups` prints it.

`stack.network.packet_rules` makes packet rules of them. A rule that cannot be enforced here is
rejected and not left out: a group that opens less, or more, than on AWS proves nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.errors import ConfigError
from harness.inputs.problem import Problem, closest, nearest, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.document import Document

ANY = "-1"
PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", ANY)
_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_NUMBER = re.compile(r"\d{1,2}|1\d\d|2[0-4]\d|25[0-5]", flags=re.ASCII)
"""IANA's protocol numbers, which EC2 takes and prints for all but these four."""
_PEERED = "VpcPeeringConnectionId"
"""A group of another VPC: no member of the stack has it."""
_MISSPELT = 0.9
"""Similarity of an id with one character wrong."""
_WITH_PORTS = ("tcp", "udp")
_WRITTEN_BY = "`aws ec2 describe-security-groups --filters Name=vpc-id,Values=...` writes it"


@dataclass(frozen=True)
class Permission:
    """One rule: the peers of a connection and its ports on the side that accepts it."""

    protocol: str
    """One of ``PROTOCOLS``, or the number of another."""
    from_port: int
    to_port: int
    groups: tuple[str, ...] = ()
    """Ids of the peers' groups."""
    cidrs: tuple[str, ...] = ()
    """The peers' IPv4 addresses."""
    ipv6_cidrs: tuple[str, ...] = ()
    """The peers' IPv6 addresses, which the stack has not."""
    prefix_lists: tuple[str, ...] = ()
    """Ids of AWS's or the account's prefix lists; their addresses are not known here."""

    def covers(self, protocol: str, port: int) -> bool:
        """Whether a connection with this protocol to this port is in the rule."""
        return self.protocol == ANY or (
            self.protocol == protocol and self.from_port <= port <= self.to_port
        )


EVERYTHING = Permission(ANY, 0, 65535, cidrs=("0.0.0.0/0",), ipv6_cidrs=("::/0",))
"""The egress of a group that is made without a rule of its own for it."""


@dataclass(frozen=True)
class SecurityGroup:
    """One group; connections that no rule names are dropped, answers pass."""

    id: str
    name: str
    ingress: tuple[Permission, ...]
    egress: tuple[Permission, ...] = (EVERYTHING,)
    vpc: str = ""
    """Id of its VPC; empty where the file leaves it out."""

    @property
    def rules(self) -> Iterator[tuple[str, int, Permission]]:
        """Go through all rules: the field of the file, the index in it, the rule."""
        for field, rules in (("IpPermissions", self.ingress), ("IpPermissionsEgress", self.egress)):
            for index, rule in enumerate(rules):
                yield field, index, rule


@dataclass(frozen=True)
class SecurityGroups:
    """All groups of the file."""

    path: Path
    groups: Mapping[str, SecurityGroup]
    """By id, in the order of the file."""
    elsewhere: Mapping[str, tuple[str, ...]]
    """Id of a group that rules name and the file lacks -> names of the groups with those rules."""

    def __getitem__(self, group_id: str) -> SecurityGroup:
        """Return the group with this id.

        Raises:
            ConfigError: There is none.
        """
        if group_id not in self.groups:
            raise ConfigError(
                f"there is no security group {group_id}",
                where=str(self.path),
                hint=f"add it to this file, or name one of: {', '.join(self.groups)}",
            )
        return self.groups[group_id]

    @property
    def ids(self) -> dict[str, str]:
        """Name or id -> id."""
        return {group.name: group.id for group in self.groups.values()} | {
            group_id: group_id for group_id in self.groups
        }

    def unknown(self, ids: Sequence[str], *, key: str) -> Iterator[Problem]:
        """Find ids in a list of another file that no group has."""
        for index, group_id in enumerate(ids):
            if group_id not in self.groups:
                message = f'is "{group_id}", which is no security group in {self.path}'
                yield Problem(f"{key}[{index}]", message, nearest(group_id, self.groups))


def read(document: Document) -> SecurityGroups:
    """Read the groups.

    Raises:
        InputError: The file has another form, or a rule in it cannot be enforced here.
    """
    entries = document.data.get("SecurityGroups")
    document.reject(_of_items(document.data, "SecurityGroups", key=""))
    if not entries:
        hint = "print it again with the VPC's id: `aws ec2 describe-security-groups` found none"
        document.reject([Problem("SecurityGroups", "is empty", hint)])
    document.reject(
        problem
        for index, group in enumerate(entries or ())
        for problem in _of_group(group, key=f"SecurityGroups[{index}]")
    )
    groups = [parse_group(raw) for raw in entries or ()]
    document.reject(_of_ids(groups))
    ids = {group.id for group in groups}
    elsewhere: dict[str, tuple[str, ...]] = {}
    for group in groups:
        names = {name for _, _, rule in group.rules for name in rule.groups}
        for name in sorted(names - ids):
            elsewhere[name] = (*elsewhere.get(name, ()), group.name)
    return SecurityGroups(document.path, {group.id: group for group in groups}, elsewhere)


def parse_group(raw: Mapping[str, Any]) -> SecurityGroup:
    """Return a group as DescribeSecurityGroups answers it."""
    egress = raw.get("IpPermissionsEgress")
    return SecurityGroup(
        id=raw["GroupId"],
        name=raw["GroupName"],
        ingress=tuple(_permission(rule) for rule in raw["IpPermissions"]),
        egress=(EVERYTHING,) if egress is None else tuple(_permission(rule) for rule in egress),
        vpc=str(raw.get("VpcId") or ""),
    )


def _permission(rule: Mapping[str, Any]) -> Permission:
    protocol = _protocol(rule)
    with_ports = protocol in _WITH_PORTS
    return Permission(
        protocol=protocol,
        from_port=rule["FromPort"] if with_ports else 0,
        to_port=rule["ToPort"] if with_ports else 65535,
        groups=tuple(
            pair["GroupId"] for pair in rule.get("UserIdGroupPairs", ()) if not pair.get(_PEERED)
        ),
        cidrs=tuple(block["CidrIp"] for block in rule.get("IpRanges", ())),
        ipv6_cidrs=tuple(block["CidrIpv6"] for block in rule.get("Ipv6Ranges", ())),
        prefix_lists=tuple(entry["PrefixListId"] for entry in rule.get("PrefixListIds", ())),
    )


def _protocol(rule: Mapping[str, Any]) -> str:
    protocol = str(rule.get("IpProtocol"))
    return _NUMBERS.get(protocol, protocol)


def _of_items(
    content: Mapping[str, Any], field: str, *, key: str, needs: str = "", optional: bool = False
) -> Iterator[Problem]:
    """Find a field that is no list of objects, or an object in it without its text field."""
    where, items = f"{key}.{field}".removeprefix("."), content.get(field)
    if items is None and optional:
        return
    if not isinstance(items, list):
        message = "is missing" if items is None else f"is {type_of(items)}, and must be a list"
        yield Problem(where, message, _WRITTEN_BY)
        return
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            message = f"is {type_of(item)}, and must be an object"
            yield Problem(f"{where}[{index}]", message, _WRITTEN_BY)
        elif needs:
            yield from _of_text(item, needs, key=f"{where}[{index}]")


def _of_text(content: Mapping[str, Any], field: str, *, key: str) -> Iterator[Problem]:
    if not isinstance(content.get(field), str) or not content[field]:
        message = "is missing" if field not in content else "is not a text"
        yield Problem(f"{key}.{field}", message, _WRITTEN_BY)


def _of_group(raw: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    yield from _of_text(raw, "GroupId", key=key)
    yield from _of_text(raw, "GroupName", key=key)
    for field, optional in (("IpPermissions", False), ("IpPermissionsEgress", True)):
        malformed = list(_of_items(raw, field, key=key, optional=optional))
        yield from malformed
        for index, rule in enumerate(() if malformed else raw.get(field) or ()):
            for check in _RULES:
                yield from check(rule, key=f"{key}.{field}[{index}]")


def _of_protocol(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    protocol = rule.get("IpProtocol")
    if protocol not in PROTOCOLS and not _NUMBER.fullmatch(str(protocol)):
        message = "is missing" if protocol is None else f'is "{protocol}", which is not known here'
        yield Problem(f"{key}.IpProtocol", message, f"write one of: {', '.join(PROTOCOLS)}")


def _of_ports(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    if _protocol(rule) not in _WITH_PORTS:
        return
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if type(first) is not int or type(last) is not int:
        field = "ToPort" if type(first) is int else "FromPort"
        message = "is not a number" if field in rule else "is missing"
        yield Problem(f"{key}.{field}", message, "write the first and the last port as numbers")
    elif not 0 <= first <= last <= 65535:
        yield Problem(key, f"has ports {first} to {last}, which are no range", "write 0 to 65535")


_RANGES = (
    ("IpRanges", "CidrIp", ipaddress.IPv4Network, '"10.0.0.0/8"'),
    ("Ipv6Ranges", "CidrIpv6", ipaddress.IPv6Network, '"2001:db8::/32"'),
)


def _of_ranges(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    for field, address, parse, example in _RANGES:
        malformed = list(_of_items(rule, field, key=key, needs=address, optional=True))
        yield from malformed
        for index, item in enumerate(() if malformed else rule.get(field, ())):
            where, hint = f"{key}.{field}[{index}].{address}", f"write an address block: {example}"
            try:
                parse(item[address])
            except ValueError as error:
                yield Problem(where, f"is no CIDR: {error}", hint)
            else:
                if "/" not in item[address]:
                    yield Problem(where, f'is "{item[address]}", without the size of a block', hint)


def _of_prefix_lists(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    yield from _of_items(rule, "PrefixListIds", key=key, needs="PrefixListId", optional=True)


def _of_pairs(rule: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    yield from _of_items(rule, "UserIdGroupPairs", key=key, needs="GroupId", optional=True)


_RULES = (_of_protocol, _of_ports, _of_ranges, _of_prefix_lists, _of_pairs)


def _of_ids(groups: Sequence[SecurityGroup]) -> Iterator[Problem]:
    """Find an id that two groups have, and one that a rule names and spells wrong.

    A rule may name groups that the file lacks: those of a bastion, say.
    """
    ids = [security_group.id for security_group in groups]
    for index, group in enumerate(groups):
        key = f"SecurityGroups[{index}]"
        if group.id in ids[:index]:
            yield Problem(f"{key}.GroupId", f"repeats {group.id}", "keep one of the two groups")
        for field, number, permission in group.rules:
            for pair, group_id in enumerate(permission.groups):
                nearest_id = "" if group_id in ids else closest(group_id, ids, similarity=_MISSPELT)
                if nearest_id:
                    yield Problem(
                        f"{key}.{field}[{number}].UserIdGroupPairs[{pair}].GroupId",
                        f'is "{group_id}", which is no security group in this file',
                        f'did you mean "{nearest_id}"?',
                    )
