"""What the edge is given: healthy targets, all when none is healthy, and no reload for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from harness.ecs.edge import ATTRIBUTES, TARGETS, Edge, targets_conf
from harness.ecs.model import Listener, LoadBalancer, Target, TargetGroup
from harness.ecs.state import State


class FakeFiles:
    """The edge's files, and each write to them."""

    def __init__(self) -> None:
        self.content: dict[str, str] = {}
        self.writes: list[dict[str, str]] = []

    def read(self, name: str) -> str:
        return self.content.get(name, "")

    def write(self, files: Mapping[str, str]) -> None:
        self.content.update(files)
        self.writes.append(dict(files))


def group(*states: str, name: str = "tickets-web") -> TargetGroup:
    targets = [Target(ip=f"10.0.0.{n}", port=8080, state=s) for n, s in enumerate(states, 1)]
    return TargetGroup(
        name=name,
        arn=f"arn:{name}",
        raw={},
        attributes={},
        targets={item.key: item for item in targets},
    )


def test_only_healthy_targets_get_traffic() -> None:
    conf = targets_conf(group("healthy", "unhealthy", "initial", "healthy", "draining"))

    assert conf == (
        "upstream target_group {\n"
        "    zone target_group 64k;\n"
        "    server 10.0.0.1:8080 max_fails=0;\n"
        "    server 10.0.0.4:8080 max_fails=0;\n"
        "}\n"
        'map "" $has_target { default 1; }\n'
    )


def test_all_targets_get_traffic_when_all_are_unhealthy() -> None:
    conf = targets_conf(group("unhealthy", "unhealthy", "draining"))

    assert "10.0.0.1:8080" in conf
    assert "10.0.0.2:8080" in conf
    assert "10.0.0.3" not in conf


def test_without_a_target_there_is_a_dummy_and_a_flag() -> None:
    nothing = (
        "upstream target_group {\n    zone target_group 64k;\n    server 127.0.0.1:9;\n}\n"
        'map "" $has_target { default 0; }\n'
    )

    for found in (
        None,
        group(),
        group("initial"),
        group("draining"),
        group("initial", "unhealthy"),
    ):
        assert targets_conf(found) == nothing


def test_the_edge_is_written_once_per_change(state: State) -> None:
    files = FakeFiles()
    found = group("healthy")
    state.target_groups["tickets-web"] = found
    edge = Edge(state, files=files)
    assert edge.bring_up_to_date()
    assert not edge.bring_up_to_date()
    assert edge.current()
    found.targets["10.0.0.1:8080"].state = "draining"
    assert not edge.current()
    assert edge.bring_up_to_date()
    assert len(files.writes) == 2


def test_after_a_restart_of_control_the_edges_own_files_are_looked_at(state: State) -> None:
    state.target_groups["tickets-web"] = group("healthy")
    files = FakeFiles()
    files.content = Edge(state, files=files).wanted()

    assert not Edge(state, files=files).bring_up_to_date()
    assert files.writes == []


def test_the_group_is_the_one_that_a_listener_uses(state: State) -> None:
    other = group("healthy", name="other")
    other.targets = {"10.9.9.9:80": Target(ip="10.9.9.9", port=80, state="healthy")}
    state.target_groups = {"tickets-web": group("healthy"), "other": other}
    actions = [{"Type": "forward", "TargetGroupArn": "arn:other"}]
    state.listeners["l"] = Listener(arn="l", load_balancer_arn="b", raw={"DefaultActions": actions})

    assert "10.9.9.9:80" in Edge(state, files=FakeFiles()).wanted()[TARGETS]


def test_the_idle_timeout_is_the_load_balancers(state: State) -> None:
    edge = Edge(state, files=FakeFiles())
    assert edge.wanted()[ATTRIBUTES] == "proxy_read_timeout 60s;\nproxy_send_timeout 60s;\n"
    attributes = {"idle_timeout.timeout_seconds": "4"}
    state.load_balancers["tickets"] = LoadBalancer(
        name="tickets", arn="b", raw={}, attributes=attributes, created_at=0
    )
    assert edge.wanted()[ATTRIBUTES] == "proxy_read_timeout 4s;\nproxy_send_timeout 4s;\n"
