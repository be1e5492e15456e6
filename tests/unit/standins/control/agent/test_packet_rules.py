"""Control's keeping of packet rules: missing rules, and the rules after a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.standins.contract import ControlSettings as Settings
from harness.standins.contract import PacketRules, TaskRules
from harness.standins.control.agent.engine import ContainerState, EngineError
from harness.standins.control.agent.packet_rules import Firewall, groups_of

SETTINGS = Settings(
    run="a1b2c3",
    home="/tmp/home",
    owner="1:1",
    account_id="876000000876",
    region="us-east-1",
    cluster="tickets",
    aws_endpoint_url="http://emulator:4566",
    task_networks={"app": "app"},
    edge_container="edge",
    pause_image="sha256:pause",
    images={},
    rules=PacketRules(
        components={"edge": "rules of edge", "mysql": "rules of mysql"},
        tasks=TaskRules(first="first\n", groups={"sg-1": "one\n", "sg-2": "two\n"}, last="last\n"),
    ),
)


class FakeEngine:
    """Containers by role; each command is written down, and may fail."""

    def __init__(self, *, failures: int = 0) -> None:
        self.running = [self.seen_of("edge"), self.seen_of("mysql")]
        self.ran: list[dict[str, Any]] = []
        self.failures = failures
        self.restarted: list[str] = []
        self.changed = threading.Condition()

    @staticmethod
    def seen_of(role: str, *, started_at: str = "first") -> ContainerState:
        return ContainerState(
            docker_id=f"id-{role}",
            labels={"cutover.role": role},
            running=True,
            started=True,
            exit_code=0,
            oom_killed=False,
            started_at=started_at,
        )

    def containers(self, *, role: str) -> list[ContainerState]:
        return [container for container in self.running if container.labels["cutover.role"] == role]

    def state(self, docker_id: str) -> ContainerState:
        return next(container for container in self.running if container.docker_id == docker_id)

    def starts(self, *, since: float) -> Iterator[str]:
        with self.changed:
            while True:
                yield from self.restarted
                self.restarted.clear()
                self.changed.wait()

    def restart(self, role: str) -> None:
        with self.changed:
            self.running = [
                self.seen_of(role, started_at="again")
                if container.docker_id == f"id-{role}"
                else container
                for container in self.running
            ]
            self.restarted.append(f"id-{role}")
            self.changed.notify_all()

    def run(self, **what: Any) -> None:
        with self.changed:
            self.ran.append(what)
            self.changed.notify_all()
        if self.failures:
            self.failures -= 1
            raise EngineError("exit code 1: no iptables here")

    def until_ran(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.ran) >= count, timeout=5)


def started(engine: FakeEngine) -> Firewall:
    firewall = Firewall(engine, settings=SETTINGS)  # type: ignore[arg-type]
    threading.Thread(target=firewall.run, daemon=True).start()
    return firewall


def wait_until_in_place(firewall: Firewall) -> None:
    waiting = threading.Event()
    for _ in range(500):
        if not firewall.wanting():
            return
        waiting.wait(0.01)
    raise AssertionError(firewall.wanting())


def test_each_service_gets_its_own_rules_in_its_own_namespace() -> None:
    engine = FakeEngine()
    firewall = Firewall(engine, settings=SETTINGS)  # type: ignore[arg-type]
    assert firewall.wanting() == "edge: not yet; mysql: not yet"
    wait_until_in_place(started(engine))
    assert {
        (container["network_mode"], container["environment"]["RULES"], tuple(container["cap_add"]))
        for container in engine.ran
    } == {
        ("container:id-edge", "rules of edge", ("NET_ADMIN",)),
        ("container:id-mysql", "rules of mysql", ("NET_ADMIN",)),
    }


def test_a_service_that_starts_again_gets_them_again_and_once() -> None:
    engine = FakeEngine()
    firewall = started(engine)
    wait_until_in_place(firewall)
    engine.restart("mysql")
    engine.until_ran(3)
    wait_until_in_place(firewall)
    assert [container["network_mode"] for container in engine.ran[2:]] == ["container:id-mysql"]


def test_a_failure_is_tried_again() -> None:
    engine = FakeEngine(failures=1)
    wait_until_in_place(started(engine))
    assert len(engine.ran) == 3


def test_a_failure_that_stays_is_said() -> None:
    engine = FakeEngine(failures=100)
    firewall = started(engine)
    engine.until_ran(4)
    assert "edge: exit code 1: no iptables here" in firewall.wanting()


def test_a_tasks_rules_are_those_of_all_its_groups() -> None:
    assert SETTINGS.rules.of_task(["sg-2", "sg-1"]) == "first\ntwo\none\nlast\n"
    assert SETTINGS.rules.of_task([]) == "first\nlast\n"
    assert not PacketRules().of_task(["sg-1"])
    with pytest.raises(LookupError, match="'sg-3' does not exist"):
        SETTINGS.rules.of_task(["sg-3"])


def test_groups_are_read_from_an_input() -> None:
    request = {"networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-1"]}}}
    assert groups_of(request) == ["sg-1"]
    assert groups_of({}) == []
