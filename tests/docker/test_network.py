"""Security groups in real namespaces: the admitted, and that restarts do not open anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.inputs import production
from harness.stack.containers import Containers
from harness.stack.network import members
from harness.stack.network.addresses import Tier
from harness.stack.reachability import LET_IN, OPEN, ConnectionAttempt, Reachability
from harness.standins.contract import PacketRules
from harness.target.access import Access
from tests.docker.control_stack import ControlStack, definition, service, started

if TYPE_CHECKING:
    import docker

ROOT = Path(__file__).resolve().parents[2]
TASKS_GROUP = "sg-0a40c1e2f3b4a5102"
WAYS = {
    ("internet", "edge", 80, "public"),
    ("internet", "edge", 443, "public"),
    ("edge", "tasks", 8080, "app"),
    ("control", "tasks", 8080, "app"),
}
EXPECTED = {way: {OPEN} for way in WAYS}


def in_group(name: str) -> dict[str, Any]:
    return {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [name]}}


def rules(tiers: Mapping[str, Tier]) -> PacketRules:
    """Rules of the project's own groups, for those services that this small stack has."""
    packet_rules = members.packet_rules(production.load({}, cwd=ROOT), tiers=tiers)
    return replace(
        packet_rules,
        components={name: packet_rules.components[name] for name in ("control", "edge")},
    )


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlStack]:
    with started(client, image, tmp_path_factory.mktemp("home"), rules=rules) as control_stack:
        control_stack.create_target_group()
        control_stack.ecs.register_task_definition(**definition())
        request = service(desiredCount=2, networkConfiguration=in_group(TASKS_GROUP))
        control_stack.ecs.create_service(**request)
        control_stack.until_steady()
        yield control_stack


def matrix(stack: ControlStack) -> list[ConnectionAttempt]:
    access = Access(public_url="https://tickets.example", run=stack.run.id)
    return Reachability(Containers(access)).matrix()


def let_in(stack: ControlStack) -> dict[tuple[str, str, int, str], set[str]]:
    """Return each connection that was let in, with its answer; this machine is left out."""
    connections: dict[tuple[str, str, int, str], set[str]] = {}
    for attempt in matrix(stack):
        if attempt.state in LET_IN and attempt.destination.role != "host":
            source, destination = (
                "tasks" if place.is_task else place.role
                for place in (attempt.source, attempt.destination)
            )
            connections.setdefault((source, destination, attempt.port, attempt.network), set()).add(
                attempt.state
            )
    return connections


def test_what_the_groups_say_is_open_and_nothing_else(stack: ControlStack) -> None:
    assert let_in(stack) == EXPECTED


def test_a_task_reaches_nothing_of_this_machine(stack: ControlStack) -> None:
    attempts = [
        str(attempt)
        for attempt in matrix(stack)
        if attempt.source.is_task and attempt.destination.role == "host" and attempt.state in LET_IN
    ]
    assert attempts == []


@pytest.mark.parametrize("name", ["edge", "control"])
def test_rules_are_back_after_a_restart(stack: ControlStack, name: str) -> None:
    stack.stack.containers[name].restart(timeout=5)
    stack.until(stack.ping)
    stack.until(lambda: let_in(stack) == EXPECTED, says=name)


def test_a_replaced_task_needs_no_new_rule(stack: ControlStack) -> None:
    stack.ecs.stop_task(cluster="tickets", task=stack.tasks()[0]["taskArn"])
    stack.until_steady()
    stack.until(lambda: let_in(stack) == EXPECTED, says="a replaced task")


def test_a_task_with_an_unknown_group_never_starts(stack: ControlStack) -> None:
    arn = stack.run_task(networkConfiguration=in_group("sg-0ffff"))
    stopped = stack.until_stopped(arn)
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "The security group 'sg-0ffff' does not exist" in stopped["stoppedReason"]
