"""The VPC in the configuration: its addresses and its security groups."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import ConfigError
from harness.inputs import security_groups
from harness.inputs.security_groups import SecurityGroups
from harness.inputs.toml_table import Table, nearest

_VPC_PREFIX_LENGTH = 21
"""The longest: room for the four tiers, and for another stack's."""


@dataclass(frozen=True)
class Network:
    """The VPC's addresses, its security groups, and whose are not named by a file of the app."""

    vpc_cidr: str
    """The load balancer and the tasks get their addresses from it, so that the app's trusted
    proxies are tested as they are."""
    groups: SecurityGroups
    proxy_group: str
    """Id of RDS Proxy's group; likewise below."""
    database_group: str
    endpoints_group: str
    """Empty where the VPC has no endpoints: the AWS APIs are then open to tasks."""


def read(table: Table, *, root: Path) -> Network:
    """Read the table ``[network]``.

    Raises:
        ConfigError: A key, the file of groups or one of the names is wrong.
    """
    table.only("vpc_cidr", "security_groups", "proxy_group", "database_group", "endpoints_group")
    groups = security_groups.load(table.existing_file("security_groups", root=root))
    cidr = _vpc_cidr(table)
    _refuse_subnets(groups, vpc_cidr=cidr)
    with_endpoints = "endpoints_group" in table.data
    return Network(
        vpc_cidr=cidr,
        groups=groups,
        proxy_group=_group(table, "proxy_group", groups=groups),
        database_group=_group(table, "database_group", groups=groups),
        endpoints_group=_group(table, "endpoints_group", groups=groups) if with_endpoints else "",
    )


def _group(table: Table, key: str, *, groups: SecurityGroups) -> str:
    """Read a group's name or id, and return its id."""
    text = table.text(key)
    ids = {one.name: one.id for one in groups.groups.values()} | {
        name: name for name in groups.groups
    }
    if text not in ids:
        problem = f'there is no security group "{text}" in {groups.path}'
        raise table.fail(key, problem, nearest(text, ids))
    return ids[text]


def _refuse_subnets(groups: SecurityGroups, *, vpc_cidr: str) -> None:
    """Refuse rules that name a part of the VPC: the stack's subnets are not production's.

    Raises:
        ConfigError: There is such a rule.
    """
    vpc = ipaddress.IPv4Network(vpc_cidr)
    for group in groups.groups.values():
        for cidr in (cidr for permission in group.ingress for cidr in permission.cidrs):
            named = ipaddress.IPv4Network(cidr)
            if named.subnet_of(vpc) and named != vpc:
                raise ConfigError(
                    f"security group {group.name} admits {cidr}, a part of the VPC",
                    where=str(groups.path),
                    hint="the stack's subnets have other addresses than production's: admit the"
                    " security group of those who are there, which is also what AWS advises",
                )


def _vpc_cidr(table: Table) -> str:
    cidr = table.text("vpc_cidr")
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise table.fail("vpc_cidr", str(error), 'write vpc_cidr = "10.40.0.0/16"') from error
    if network.prefixlen > _VPC_PREFIX_LENGTH:
        raise table.fail(
            "vpc_cidr", f"{cidr} has no room for a /24 of each tier", "take it from the VPC"
        )
    return cidr
