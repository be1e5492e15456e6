"""The app's security groups, from a file of the shape that `aws ec2 describe-security-groups` has.

Read and checked here; what they mean for a container's packets is in `packetrules`. Rules that
cannot be carried out here are refused and not left out: a group that opens less, or more, than on
AWS proves nothing.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import ConfigError

ANY = "-1"
PROTOCOLS = ("tcp", "udp", "icmp", ANY)
_WITH_PORTS = ("tcp", "udp")
_UNSUPPORTED = {
    "PrefixListIds": "a prefix list's addresses are not known here: write its CIDRs as IpRanges",
    "Ipv6Ranges": "the stack has no IPv6: remove the range, or add the same for IPv4",
}


@dataclass(frozen=True)
class Permission:
    """Who may open connections, to which ports."""

    protocol: str
    """One of ``PROTOCOLS``."""
    from_port: int
    to_port: int
    groups: tuple[str, ...]
    """Ids of groups whose members may."""
    cidrs: tuple[str, ...]
    """Addresses that may."""


@dataclass(frozen=True)
class SecurityGroup:
    """One group: its ingress; whatever it does not name is dropped, and egress is open."""

    id: str
    name: str
    ingress: tuple[Permission, ...]


@dataclass(frozen=True)
class SecurityGroups:
    """All groups of the file."""

    path: Path
    groups: Mapping[str, SecurityGroup]
    """By id."""

    def __getitem__(self, group_id: str) -> SecurityGroup:
        """Return the group with this id.

        Raises:
            ConfigError: There is none.
        """
        if group_id not in self.groups:
            raise ConfigError(
                f"there is no security group {group_id}",
                where=str(self.path),
                hint=f"add it to this file, or name one of: {self._listed()}",
            )
        return self.groups[group_id]

    def _listed(self) -> str:
        return ", ".join(f"{one.id} ({one.name})" for one in self.groups.values())


def load(path: Path) -> SecurityGroups:
    """Read the file.

    Raises:
        ConfigError: It is not of that shape, or a rule in it cannot be carried out here.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        listed = raw["SecurityGroups"]
        found = [_group(one, path=path) for one in listed]
    except (OSError, ValueError) as error:
        raise _wrong(path, f"cannot be read: {error}") from error
    except (KeyError, TypeError) as error:
        raise _wrong(path, f"has not the shape of AWS's own listing: {error!r}") from error
    groups = SecurityGroups(path=path, groups={one.id: one for one in found})
    if len(groups.groups) < len(found):
        raise _wrong(path, "two groups have the same GroupId")
    for name in (name for one in found for rule in one.ingress for name in rule.groups):
        _ = groups[name]
    return groups


def _wrong(path: Path, problem: str, *, hint: str = "") -> ConfigError:
    return ConfigError(
        f"security groups: {problem}",
        where=str(path),
        hint=hint
        or "`aws ec2 describe-security-groups --filters Name=vpc-id,Values=...` writes it",
    )


def _group(raw: Mapping[str, Any], *, path: Path) -> SecurityGroup:
    name, egress = raw["GroupName"], raw.get("IpPermissionsEgress")
    if egress is not None and not any(_opens_all(rule) for rule in egress):
        raise _wrong(
            path,
            f"{name} limits egress",
            hint="only ingress is enforced here: say the same as ingress of the groups it reaches,"
            " and leave IpPermissionsEgress open or out",
        )
    return SecurityGroup(
        id=raw["GroupId"],
        name=name,
        ingress=tuple(_permissions(raw["IpPermissions"], group=name, path=path)),
    )


def _opens_all(rule: Mapping[str, Any]) -> bool:
    ranges = [one["CidrIp"] for one in rule.get("IpRanges", [])]
    return rule["IpProtocol"] == ANY and "0.0.0.0/0" in ranges


def _permissions(rules: list[Mapping[str, Any]], *, group: str, path: Path) -> Iterator[Permission]:
    for rule in rules:
        protocol = str(rule["IpProtocol"])
        if protocol not in PROTOCOLS:
            raise _wrong(
                path,
                f'{group}: IpProtocol "{protocol}" is not known here',
                hint=f"write one of: {', '.join(PROTOCOLS)}",
            )
        for key, hint in _UNSUPPORTED.items():
            if rule.get(key):
                raise _wrong(path, f"{group}: {key} cannot be carried out here", hint=hint)
        first, last = 0, 65535
        if protocol in _WITH_PORTS:
            first, last = int(rule["FromPort"]), int(rule["ToPort"])
            if not 0 <= first <= last <= 65535:
                raise _wrong(path, f"{group}: ports {first} to {last} are no range")
        cidrs = tuple(str(one["CidrIp"]) for one in rule.get("IpRanges", []))
        for cidr in cidrs:
            ipaddress.IPv4Network(cidr)
        pairs = rule.get("UserIdGroupPairs", [])
        yield Permission(
            protocol=protocol,
            from_port=first,
            to_port=last,
            groups=tuple(str(one["GroupId"]) for one in pairs),
            cidrs=cidrs,
        )
