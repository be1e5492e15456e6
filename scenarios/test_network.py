"""Visitors reach the load balancer, it the tasks, they the proxy, it the database: no other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.report import emulated, not_covered
from harness.stack.reachability import HOST, INTERNET, LET_IN, OPEN, Reachability

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.stack.reachability import Cell, Place
    from harness.target.access import Access
    from harness.target.resources.web_tier import WebTier

TASK = "tasks"
WAYS = {
    ("internet", "edge", 80, "public"),
    ("internet", "edge", 443, "public"),
    ("edge", TASK, 8080, "app"),
    ("control", TASK, 8080, "app"),  # the load balancer's health checks
    (TASK, "proxy", 3306, "proxy"),
    ("proxy", "mysql", 3306, "data"),
    (TASK, "emulator", 4566, "aws"),
    ("control", "emulator", 4566, "aws"),  # ECS itself, which fetches secrets
}
"""Who may open a connection to whom, on which port, and over which network it must then go."""
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
def reachability(containers: Containers) -> Reachability:
    """Find every namespace of the stack."""
    return Reachability(containers)


@pytest.fixture(scope="module")
def matrix(reachability: Reachability) -> list[Cell]:
    """Try every namespace from every other, once for all scenarios here."""
    return reachability.matrix()


def kind(place: Place) -> str:
    """Say what a place is; all tasks are the same here."""
    return TASK if place.is_task else place.kind


def way(cell: Cell) -> tuple[str, str, int, str]:
    """Return what WAYS says of a cell, if it says anything."""
    return kind(cell.source), kind(cell.destination), cell.port, cell.network


def listed(cells: list[Cell]) -> str:
    """Write out the first few cells."""
    more = f"; and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    return "; ".join(str(cell) for cell in cells[:SHOWN]) + more


@as_rules
@from_inside
@pytest.mark.read_only
def test_every_declared_way_is_open(matrix: list[Cell], web_tier: WebTier) -> None:
    targets = {one.address for one in web_tier.targets() if one.state == "healthy"}

    def as_declared(cell: Cell) -> bool:
        # Nothing listens in a worker; that its port says so shows that the connection is let in.
        served = cell.destination.addresses[cell.network] in targets
        wanted = (OPEN,) if served or not cell.destination.is_task else LET_IN
        return cell.state in wanted

    declared = [cell for cell in matrix if way(cell) in WAYS]
    untried = WAYS - {way(cell) for cell in declared}
    assert not untried, f"never tried, since nobody was there to try it: {sorted(untried)}"
    shut = [cell for cell in declared if not as_declared(cell)]
    assert not shut, f"declared, and not open: {listed(shut)}"


@as_rules
@from_inside
@pytest.mark.read_only
def test_nothing_else_is_let_in(
    matrix: list[Cell], reachability: Reachability, eventually: Callable[..., Any]
) -> None:
    seen = [
        cell
        for cell in matrix
        if cell.state in LET_IN and way(cell) not in WAYS and cell.destination.kind != HOST
    ]
    holes: list[Cell] = []

    def looked_again() -> str:
        holes[:] = reachability.still(holes or seen)
        return f"open, and not declared: {listed(holes)}"

    if seen:
        eventually(looked_again, until=lambda _: not holes, what="what nobody declared stays open")


@as_rules
@from_inside
@pytest.mark.read_only
def test_the_security_groups_admit_nobody_else(access: Access) -> None:
    declared = {f"{source} -> {to} port {port}" for source, to, port, _ in WAYS}
    admitted = [way for way in access.ways if way not in declared]
    assert not admitted, f"admitted on AWS, and not declared: {'; '.join(admitted)}"


@as_rules
@from_inside
@pytest.mark.read_only
def test_nothing_listens_on_this_machine_but_on_loopback(
    matrix: list[Cell], reachability: Reachability
) -> None:
    published = {one.port: one for one in reachability.published()}
    assert published, "no port is published at all, and the harness uses some"
    for one in published.values():
        assert one.address == LOOPBACK, (
            f"{one.container} listens on {one.address}:{one.port} of this machine, for anyone"
        )
    beyond = [
        cell
        for cell in matrix
        if cell.source.kind == INTERNET and cell.destination.kind == HOST and cell.state == OPEN
    ]
    ours = [cell for cell in beyond if cell.port in published]
    assert not ours, f"published beyond loopback: {listed(ours)}"


@as_rules
@from_inside
@pytest.mark.read_only
def test_a_task_sees_neither_control_nor_this_machine_nor_its_docker_engine(
    matrix: list[Cell], containers: Containers
) -> None:
    seen = [
        cell
        for cell in matrix
        if cell.source.is_task
        and cell.destination.kind in ("control", HOST)
        and cell.state in LET_IN
    ]
    assert not seen, f"a task reaches what runs it: {listed(seen)}"
    for container in containers.of_role("task"):
        _, said = container.exec_run(["ls", "-d", *ENGINE_PATHS], user="0", stderr=False)
        found = said.decode().split()
        assert not found, f"{container.name} sees {', '.join(found)}"
