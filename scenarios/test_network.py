"""The only connections: visitors to the load balancer, it to tasks, they to database and cache."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered
from harness.stack.reachability import HOST, INTERNET, LET_IN, OPEN, Reachability
from harness.target.target import HTTP_PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.stack.reachability import ConnectionAttempt, NetworkNode
    from harness.target.access import Access, Opening
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Target

TASK = "tasks"
STORES = ("mysql", "cache")
PLAIN = ("internet", "edge", 80, "public")
"""Declared where the load balancer's security groups admit it: plain HTTP is for a redirect."""
THROUGH_PROXY = {(TASK, "proxy", 3306, "proxy"), ("proxy", "mysql", 3306, "data")}
DIRECT = {(TASK, "mysql", 3306, "data")}
WAYS = {
    ("internet", "edge", 443, "public"),
    (TASK, "emulator", 4566, "aws"),
    ("control", "emulator", 4566, "aws"),  # ECS itself, which fetches secrets
}
"""Declared connections of every app: source, destination, port, the network that carries them."""
Way = tuple[str, str, int, str]
ENGINE_PATHS = ("/var/run/docker.sock", "/run/docker.sock", "/run/control")
LOOPBACK = "127.0.0.1"
SHOWN = 8

INSIDE = not_covered("nothing of the harness runs inside the VPC")

as_rules = pytest.mark.truth(
    local=emulated(
        "Docker networks and packet rules stand in for the VPC and its security groups; tasks have"
        " no way to the internet, and so none to the load balancer's public side"
    ),
    aws=INSIDE,
    url=INSIDE,
)
from_inside = pytest.mark.requires("containers", "ecs", "elb")


@pytest.fixture(scope="module")
def ways(web_tier: WebTier, target: Target, access: Access) -> set[Way]:
    """The declared connections, those to the app's own port and of its health checks too."""
    port = web_tier.port()
    check = web_tier.group.health_check_port(port)
    plain = {PLAIN} if HTTP_PLAIN in target.capabilities else set()
    database = THROUGH_PROXY if access.proxy_endpoint else DIRECT
    beside = "proxy" if access.proxy_endpoint else "data"
    cache = {(TASK, "cache", access.cache_port, beside)} if access.cache_endpoint else set()
    return (
        WAYS
        | database
        | cache
        | plain
        | {("edge", TASK, port, "app"), ("control", TASK, check, "app")}
    )


@pytest.fixture(scope="module")
def reachability(containers: Containers, ways: set[Way]) -> Reachability:
    """Every network namespace of the stack."""
    return Reachability(containers, ports=[port for _, _, port, _ in ways])


@pytest.fixture(scope="module")
def matrix(reachability: Reachability) -> list[ConnectionAttempt]:
    """The connections between all namespaces, tried once for this module."""
    return reachability.matrix()


def kind(place: NetworkNode) -> str:
    """Return a namespace's name among the declared connections, in which all tasks are one."""
    return TASK if place.is_task else place.role


def way(cell: ConnectionAttempt) -> Way:
    """Return the entry that would declare this connection."""
    return kind(cell.source), kind(cell.destination), cell.port, cell.network


def is_of(cell: ConnectionAttempt, opening: Opening) -> bool:
    """Whether a security group admits a connection on AWS, so that it may be open here."""
    # Control checks the health of targets in the load balancer's stead.
    source = {"control": "edge"}.get(kind(cell.source), kind(cell.source))
    return (
        (opening.origin != "component" or opening.source == source)
        and opening.destination == kind(cell.destination)
        and opening.covers(cell.port)
    )


def is_strange(opening: Opening, declared: set[tuple[str, str]]) -> bool:
    """Whether a security group admits somebody that an app's move gives no reason for.

    More ports than one, other components of the VPC and private networks beside it, such as a VPN,
    are a team's own matter; data is for those that use it, and only visitors come from outside.
    """
    if opening.origin == "public":
        return opening.destination != "edge"
    if opening.destination not in STORES or opening.origin == "private":
        return False
    source = TASK if opening.origin == "vpc" else opening.source
    return source != opening.destination and (source, opening.destination) not in declared


def listed(cells: list[ConnectionAttempt]) -> str:
    """Return the first connections as text."""
    more = f"; and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    return "; ".join(str(cell) for cell in cells[:SHOWN]) + more


@as_rules
@from_inside
@pytest.mark.read_only
def test_declared_connections_succeed(
    matrix: list[ConnectionAttempt], ways: set[Way], web_tier: WebTier
) -> None:
    targets = {target.address for target in web_tier.targets() if target.state == "healthy"}

    def is_needed(cell: ConnectionAttempt) -> bool:
        # Nobody needs to reach a worker, whose security groups may be others.
        destination = cell.destination
        return not destination.is_task or destination.addresses[cell.network] in targets

    declared = [cell for cell in matrix if way(cell) in ways and is_needed(cell)]
    untried = ways - {way(cell) for cell in declared}
    assert not untried, f"never tried, since source or destination was missing: {sorted(untried)}"
    shut = [cell for cell in declared if cell.state != OPEN]
    expect(
        not shut,
        f"declared, and not open: {listed(shut)}",
        cause="".join(
            f"the security group of {cell.destination.name} has no rule that admits"
            f" {cell.source.name} on port {cell.port}"
            for cell in shut[:1]
        ),
        certain=True,
    )


@as_rules
@from_inside
@pytest.mark.read_only
def test_undeclared_connections_are_dropped(
    matrix: list[ConnectionAttempt],
    ways: set[Way],
    access: Access,
    reachability: Reachability,
    eventually: Callable[..., Any],
) -> None:
    leaks = [
        cell
        for cell in matrix
        if cell.state in LET_IN
        and way(cell) not in ways
        and cell.destination.role != HOST
        and not any(is_of(cell, opening) for opening in access.openings)
    ]
    holes: list[ConnectionAttempt] = []

    def retry() -> str:
        holes[:] = reachability.retry(holes or leaks)
        return listed(holes)

    if leaks:
        eventually(
            retry,
            until=lambda _: not holes,
            what="a connection stays open that no security group admits",
        )


@as_rules
@from_inside
@pytest.mark.read_only
def test_security_groups_admit_no_strangers(access: Access, ways: set[Way]) -> None:
    declared = {(source, to) for source, to, _, _ in ways}
    strangers = [opening for opening in access.openings if is_strange(opening, declared)]
    for gap in strangers[:1]:
        expect(
            False,
            f"admitted on AWS, and not declared: {'; '.join(map(str, strangers))}",
            cause=f"the security group of {gap.destination} admits {gap.source} on {gap.ports}; on"
            " AWS, the connection succeeds",
            certain=True,
        )


@as_rules
@from_inside
@pytest.mark.read_only
def test_published_ports_listen_on_loopback_only(
    matrix: list[ConnectionAttempt], reachability: Reachability
) -> None:
    published = {port.port: port for port in reachability.published()}
    assert published, "no port is published at all, and the harness uses some"
    for port in published.values():
        address = f"{port.address}:{port.port}"
        expect(
            port.address == LOOPBACK,
            f"{port.container} listens on {address} of this machine",
            cause=f"{port.container} publishes a port on {address}, which everyone who reaches"
            " this machine can reach",
            certain=True,
        )
    beyond = [
        cell
        for cell in matrix
        if cell.source.role == INTERNET and cell.destination.role == HOST and cell.state == OPEN
    ]
    published_cells = [cell for cell in beyond if cell.port in published]
    assert not published_cells, f"published beyond loopback: {listed(published_cells)}"


@as_rules
@from_inside
@pytest.mark.read_only
def test_tasks_are_isolated_from_control_host_and_docker(
    matrix: list[ConnectionAttempt], containers: Containers
) -> None:
    leaks = [
        cell
        for cell in matrix
        if cell.source.is_task
        and cell.destination.role in ("control", HOST)
        and cell.state in LET_IN
    ]
    expect(
        not leaks,
        f"a task reaches the machinery that runs it: {listed(leaks)}",
        cause="".join(
            f"{cell.source.name} reaches {cell.destination.name}: its packet rules are not in"
            " place, or the task shares a network with the machinery that runs it"
            for cell in leaks[:1]
        ),
        certain=True,
    )
    for container in containers.of_role("task"):
        paths = ", ".join(engine_mounts(container))
        expect(
            not paths,
            f"{container.name} sees {paths}",
            cause=f"{paths} is mounted into {container.name}: an attacker in the app then owns"
            " this machine",
            certain=True,
        )


def engine_mounts(container: Any) -> list[str]:
    """Return the mounts of a container that are of the engine or of control.

    They are read from the engine: a container may have no shell, and may end meanwhile. A volume
    at /run is the app's own.
    """
    mounts = container.attrs["Mounts"]
    folders = [mount["Source"] for mount in mounts if mount["Type"] == "bind"]
    return [
        *(mount["Destination"] for mount in mounts if mount["Destination"] in ENGINE_PATHS),
        *(
            folder
            for folder in folders
            if any(PurePosixPath(p).is_relative_to(folder) for p in ENGINE_PATHS)
        ),
    ]
