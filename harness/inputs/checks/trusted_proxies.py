"""TRUSTED_PROXIES with subnets of the VPC, which a stack with other subnets cannot take as it is.

Laravel believes the X-Forwarded headers of these addresses. A subnet of the VPC stands for one of
the load balancer's: the tasks here trust the stack's own in its place.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.inputs.production import Production

VARIABLE = "TRUSTED_PROXIES"
_OWN_SUBNET = "{app_network_cidr}"


def resolve(production: Production) -> Production:
    """Take each subnet of the VPC for the load balancer's here, and say so in the notes."""
    overlay, vpc = production.config.overlay, IPv4Network(production.network.vpc_cidr)
    proxies = _listed(production)
    parts = [proxy for proxy in proxies if (block := network(proxy)) and block.subnet_of(vpc)]
    covers_all = any((block := network(proxy)) and vpc.subnet_of(block) for proxy in proxies)
    if not parts or covers_all or VARIABLE in overlay.environment:
        return production
    value = ",".join([_OWN_SUBNET, *(proxy for proxy in proxies if proxy not in parts)])
    environment = {**overlay.environment, VARIABLE: value}
    changed = replace(
        production.config, overlay=overlay.model_copy(update={"environment": environment})
    )
    note = (
        f"{VARIABLE} is {', '.join(parts)}: taken for the load balancer's subnets, since the stack"
        " has other ones"
    )
    return replace(production, config=changed, notes=(*production.notes, note))


def networks(production: Production) -> list[IPv4Network]:
    """Return the networks that the app trusts, without names and asterisks."""
    return [block for proxy in _listed(production) if (block := network(proxy))]


def network(text: str) -> IPv4Network | None:
    """Return an IPv4 address or network; None where the text is something else."""
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        return None


def _listed(production: Production) -> list[str]:
    if production.web not in production.services:
        return []  # a problem of its own
    value = production.laravel.environment.get(VARIABLE, "")
    return [proxy.strip() for proxy in value.split(",") if proxy.strip()]
