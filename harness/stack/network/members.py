"""Members of the network and their security groups: from the configuration to packet rules.

The load balancer's and the services' groups are those that their own files name; those of RDS
Proxy, of the database and of the VPC endpoints are named in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from harness.aws import ses_smtp
from harness.stack.components import cache, control, edge, emulator, mysql, proxy
from harness.stack.network.addresses import Tier
from harness.stack.network.packet_rules import TASKS, Layout, Member
from harness.standins.contract import PacketRules
from harness.target import naming
from harness.target.access import Opening

if TYPE_CHECKING:
    from harness.inputs.production import Production

_HTTPS = 443


def packet_rules(
    production: Production, *, tiers: Mapping[str, Tier], is_local: bool = True
) -> PacketRules:
    """Return the rules that control enforces: of each component, and of tasks in parts.

    Args:
        production: Names the groups and their members.
        tiers: The addresses of each network, by its role.
        is_local: Whether the engine publishes ports on this machine's loopback.
    """
    layout = _layout(production, tiers=tiers, is_local=is_local)
    components = [name for name in layout.members if name != TASKS]
    return PacketRules(
        components={name: layout.of_component(name) for name in components},
        tasks=layout.of_tasks(),
    )


def task_networks(production: Production) -> tuple[str, ...]:
    """Return the roles of the networks that tasks are on; targets live on the first."""
    return ("app", database_network(production), "aws")


def database_network(production: Production) -> str:
    """Return the role of the network on which tasks reach the database, and the cache."""
    return "proxy" if production.network.proxy_group else "data"


def openings(production: Production) -> tuple[Opening, ...]:
    """Return the connections that the security groups admit, as AWS reads them."""
    return tuple(dict.fromkeys(_layout(production, tiers={}).openings()))


def _layout(production: Production, *, tiers: Mapping[str, Tier], is_local: bool = True) -> Layout:
    return Layout(
        vpc=IPv4Network(production.network.vpc_cidr),
        tiers=tiers,
        members=members(production),
        groups=production.network.groups,
        is_local=is_local,
    )


def members(production: Production) -> dict[str, Member]:
    """Return every component, and the tasks."""
    network = production.network
    balancer = tuple(_load_balancer_groups(production))
    tasks = tuple(sorted(_task_groups(production)))
    endpoints = (network.endpoints_group,) if network.endpoints_group else ()
    smtp_ports = ses_smtp.PORTS if naming.smtp_host(production) else ()
    open_to_tasks = () if endpoints else [(TASKS, port) for port in (emulator.PORT, *smtp_ports)]
    return {
        "edge": Member(edge.NETWORKS, groups=balancer),
        TASKS: Member(task_networks(production), groups=tasks),
        **_proxy(network.proxy_group),
        **_cache(production),
        "mysql": Member(
            mysql.NETWORKS,
            groups=(network.database_group,),
            published=(mysql.PORT,),
        ),
        "emulator": Member(
            emulator.NETWORKS,
            groups=endpoints,
            published=(emulator.PORT,),
            ports={_HTTPS: emulator.PORT, **{port: port for port in smtp_ports}},
            aws_apis=True,
            in_vpc=bool(endpoints),
            also=(("control", emulator.PORT), *open_to_tasks),
        ),
        # Target health checks come from the load balancer's addresses on AWS.
        "control": Member(control.NETWORKS, published=(control.PORT,), speaks_for=balancer),
    }


def _proxy(group: str) -> dict[str, Member]:
    member = Member(proxy.NETWORKS, groups=(group,), published=(proxy.PORT,))
    return {"proxy": member} if group else {}


def _cache(production: Production) -> dict[str, Member]:
    if production.cache is None:
        return {}
    networks = cache.networks(beside=database_network(production))
    groups, port = production.network.cache_groups, production.cache.port
    return {"cache": Member(networks, groups=groups, published=(port,))}


def _load_balancer_groups(production: Production) -> list[str]:
    return list(production.load_balancer["LoadBalancer"].get("SecurityGroups") or ())


def _task_groups(production: Production) -> set[str]:
    """Groups of the services' tasks and of the scheduled ones."""
    networks = (task.network for task in production.tasks.values())
    return {name for network in networks for name in network.security_groups}
