"""The lines of a proposed cutover.toml about the VPC and its security groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.document import toml_text
from harness.inputs.proposal.files import line_of

if TYPE_CHECKING:
    from harness.inputs.proposal.folder import Folder


def _printed_cidr(folder: Folder) -> str:
    """Return the range of the only VPC that a file of the network has; empty otherwise."""
    objects = [entry.data for document in folder.documents["network"] for entry in document.objects]
    values = [
        content[name] for content in objects for name in ("Vpcs", "CreateVpc") if name in content
    ]
    vpcs = [vpc for value in values for vpc in (value if isinstance(value, list) else [value])]
    return str(vpcs[0].get("CidrBlock", "")) if len(vpcs) == 1 else ""


def lines(folder: Folder) -> Iterator[str]:
    """The VPC's range, the file of the groups, and the groups that nothing tells."""
    yield "[network]"
    cidr = next(
        (
            address
            for address in folder.variables.get("TRUSTED_PROXIES", "").split(",")
            if _is_network(address.strip())
        ),
        "",
    )
    printed = _printed_cidr(folder)
    if printed:
        yield f"vpc_cidr = {toml_text(printed)}"
    elif cidr:
        text = toml_text(cidr.strip())
        yield f"vpc_cidr = {text}  # TRUSTED_PROXIES; the VPC's own, if it differs"
    else:
        yield '# vpc_cidr = "10.0.0.0/16"  # aws ec2 describe-vpcs --query "Vpcs[].CidrBlock"'
    yield line_of(folder, "security_groups")
    names = ", ".join(
        str(group.get("GroupName"))
        for document in folder.documents["security_groups"]
        for group in document.data.get("SecurityGroups") or ()
        if isinstance(group, dict)
    )
    hint = f"one of {names}" if names else "its name or id"
    for key, owner in (("proxy_group", "RDS Proxy"), ("database_group", "the database")):
        value = folder.derivation.values.get(f"network.{key}")
        comment = f"# {key} is taken from {value.place}: {value.text}" if value else ""
        yield comment or f'# {key} = "..."  # the group of {owner}: {hint}'
    yield '# endpoints_group = "..."  # of the VPC endpoints; leave it out with a NAT gateway'
    yield ""


def _is_network(text: str) -> bool:
    try:
        return ipaddress.IPv4Network(text).is_private and ipaddress.IPv4Network(text).prefixlen > 0
    except ValueError:
        return False
