"""The edge's files: healthy targets, all when none is healthy, and hardly ever a reload."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.standins.control.agent.edge_files import (
    ATTRIBUTES,
    LISTENERS,
    TARGETS,
    Edge,
    EdgeError,
    render_targets,
    replacing,
)
from harness.standins.control.state.model import (
    Listener,
    LoadBalancer,
    Service,
    Target,
    TargetGroup,
)
from harness.standins.control.state.state import State

MODE = "routing.http.xff_header_processing.mode"
PORT = "routing.http.xff_client_port.enabled"
IN_THE_IMAGE = Path(__file__).resolve().parents[5] / "compose/edge/etc/nginx/harness"


class FakeFiles:
    """The edge's files, and all that was done to them."""

    def __init__(self) -> None:
        self.content: dict[str, str] = {}
        self.done: list[str] = []

    def read(self, name: str) -> str:
        return self.content.get(name, "")

    def replace(self, name: str, *, text: str) -> None:
        self.content[name] = text
        self.done.append(name)

    def reload(self) -> None:
        self.done.append("reload")


class FailingFiles(FakeFiles):
    """The engine fails as long as it is told to."""

    fails = True

    def reload(self) -> None:
        if self.fails:
            raise EdgeError("the engine does not answer")
        super().reload()


def group(*states: str, name: str = "tickets-web") -> TargetGroup:
    targets = [Target(ip=f"10.0.0.{n}", port=8080, state=s) for n, s in enumerate(states, 1)]
    return TargetGroup(
        name=name,
        arn=f"arn:{name}",
        raw={},
        attributes={},
        targets={item.key: item for item in targets},
    )


def balance(state: State, *, idle_s: int) -> None:
    attributes = {"idle_timeout.timeout_seconds": str(idle_s)}
    state.load_balancers["tickets"] = LoadBalancer(
        name="tickets", arn="b", raw={}, attributes=attributes, created_at=0
    )


def targets_of(found: TargetGroup) -> list[str]:
    targets: list[str] = json.loads(render_targets([found], served=()))[found.name]["targets"]
    return targets


def test_only_healthy_targets_get_traffic() -> None:
    target_group = group("healthy", "unhealthy", "initial", "healthy", "draining")

    assert targets_of(target_group) == ["10.0.0.1:8080", "10.0.0.4:8080"]


def test_all_targets_get_traffic_when_all_are_unhealthy() -> None:
    target_group = group("unhealthy", "unhealthy", "draining")

    assert targets_of(target_group) == ["10.0.0.1:8080", "10.0.0.2:8080"]


def test_without_a_target_there_is_none() -> None:
    for target_group in (
        group(),
        group("initial"),
        group("draining"),
        group("initial", "unhealthy"),
    ):
        assert targets_of(target_group) == []


def test_the_image_has_what_control_writes_first(state: State) -> None:
    for name, text in Edge(state, files=FakeFiles()).wanted().items():
        assert (IN_THE_IMAGE / name).read_text() == text


@pytest.mark.parametrize(
    ("attributes", "forwarded"),
    [
        ({}, "$proxy_add_x_forwarded_for"),
        ({MODE: "preserve"}, "$http_x_forwarded_for"),
        ({MODE: "remove"}, '""'),
        ({PORT: "true"}, "$forwarded_with_port"),
        ({PORT: "true", MODE: "preserve"}, "$http_x_forwarded_for"),
    ],
)
def test_forwarded_addresses_are_treated_as_the_attributes_say(
    state: State, attributes: dict[str, str], forwarded: str
) -> None:
    state.load_balancers["tickets"] = LoadBalancer(
        name="tickets", arn="b", raw={}, attributes=attributes, created_at=0
    )
    text = Edge(state, files=FakeFiles()).wanted()[ATTRIBUTES]
    assert text.endswith(f"proxy_set_header X-Forwarded-For {forwarded};\n")


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    *command, path, text = replacing(TARGETS, text="{}\n")
    assert path == "/etc/nginx/harness/targets.json"
    written = tmp_path / "targets.json"
    written.write_text("old\n")
    with written.open() as opened:
        subprocess.run([*command, written, text], check=True)
        assert opened.read() == "old\n", "who reads the old file still does"
    assert written.read_text() == text
    assert list(tmp_path.iterdir()) == [written]


def test_the_edge_is_written_once_per_change(state: State) -> None:
    files = FakeFiles()
    target_group = group("healthy")
    state.target_groups["tickets-web"] = target_group
    edge = Edge(state, files=files)
    assert edge.bring_up_to_date()
    assert not edge.bring_up_to_date()
    assert edge.current()
    target_group.targets["10.0.0.1:8080"].state = "draining"
    assert not edge.current()
    assert edge.bring_up_to_date()
    assert edge.current()
    assert files.done == [TARGETS, LISTENERS, ATTRIBUTES, "reload", TARGETS]


def test_only_attributes_make_nginx_reload(state: State) -> None:
    files = FakeFiles()
    edge = Edge(state, files=files)
    edge.bring_up_to_date()
    files.done.clear()
    balance(state, idle_s=4)

    assert edge.bring_up_to_date()
    assert files.done == [ATTRIBUTES, "reload"]


def test_what_failed_is_done_again_even_if_it_is_no_longer_needed(state: State) -> None:
    files = FailingFiles()
    edge = Edge(state, files=files)
    files.content = edge.wanted()
    balance(state, idle_s=4)
    with pytest.raises(EdgeError):
        edge.bring_up_to_date()
    assert not edge.current()
    balance(state, idle_s=60)
    assert not edge.current()
    files.fails = False

    assert edge.bring_up_to_date()
    assert files.done == [ATTRIBUTES, ATTRIBUTES, "reload"]
    assert files.content == edge.wanted()
    assert edge.current()


def test_after_a_restart_of_control_the_edges_own_files_are_looked_at(state: State) -> None:
    state.target_groups["tickets-web"] = group("healthy")
    files = FakeFiles()
    files.content = Edge(state, files=files).wanted()

    assert not Edge(state, files=files).bring_up_to_date()
    assert files.done == []


def test_each_group_has_its_own_targets_and_each_listener_its_rules(state: State) -> None:
    other = group("healthy", name="other")
    other.targets = {"10.9.9.9:80": Target(ip="10.9.9.9", port=80, state="healthy")}
    state.target_groups = {"tickets-web": group("healthy"), "other": other}
    state.services["c/web"] = Service(
        name="web",
        arn="s",
        cluster="c",
        raw={"loadBalancers": [{"targetGroupArn": "arn:tickets-web"}]},
        desired=1,
        created_at=0,
    )
    answer = {"StatusCode": "404", "MessageBody": "no"}
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": answer}]
    raw = {"Port": 443, "Protocol": "HTTPS", "DefaultActions": fixed}
    state.listeners["l"] = Listener(arn="l", load_balancer_arn="b", raw=raw)

    contents = Edge(state, files=FakeFiles()).wanted()
    assert json.loads(contents[TARGETS]) == {
        "other": {"served": False, "targets": ["10.9.9.9:80"]},
        "tickets-web": {"served": True, "targets": ["10.0.0.1:8080"]},
    }
    (rule,) = json.loads(contents[LISTENERS])["443"]["rules"]
    assert rule["action"]["status"] == 404


def test_the_idle_timeout_is_the_load_balancers(state: State) -> None:
    edge = Edge(state, files=FakeFiles())
    assert "proxy_read_timeout 60s;\nproxy_send_timeout 60s;\n" in edge.wanted()[ATTRIBUTES]
    balance(state, idle_s=4)
    assert "proxy_read_timeout 4s;\nproxy_send_timeout 4s;\n" in edge.wanted()[ATTRIBUTES]
