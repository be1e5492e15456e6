"""The stack with tiny containers: start, readiness, failures, evidence, removal, sweeping."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core import labels, runs
from harness.core.errors import ComponentExited, ComponentNotReady
from harness.core.runs import Run
from harness.core.wait import NotYet, Ready
from harness.stack import logs, removal
from harness.stack.component import Addresses, Component, File, PlannedComponent
from harness.stack.stack import Stack
from tests.docker.own_run import own_run, remove

if TYPE_CHECKING:
    import docker

MIB = 1024**2


@pytest.fixture
def stack(run: Run, client: docker.DockerClient, image: Callable[[str], str]) -> Stack:
    tiny_stack = Stack(
        run=run, client=client, images={"tiny": image("base-trixie")}, vpc_cidr="10.41.0.0/16"
    )
    tiny_stack.create_networks()
    return tiny_stack


def tiny(*command: str, ready_within_s: float = 20, memory_mib: int = 64) -> Component:
    return Component(
        name="tiny",
        image="tiny",
        networks={"operator": (), "app": ("tiny.example",)},
        environment={"SHOWN": "yes"},
        files={"/etc/tiny.conf": File(b"content\n", mode=0o640)},
        published=(8080,),
        memory_bytes=memory_mib * MIB,
        pids_limit=64,
        command=command,
        ready_within_s=ready_within_s,
    )


def ready_after_log(stack: Stack, words: str) -> Callable[[Addresses], Ready | NotYet]:
    def probe(_: Addresses) -> Ready | NotYet:
        logs = stack.containers["tiny"].logs().decode()
        return Ready() if words in logs else NotYet(f"the log says {logs!r}")

    return probe


def start(
    stack: Stack, wanted: Component, probe: Callable[[Addresses], Ready | NotYet] | None = None
) -> None:
    stack.start(wanted)
    planned = PlannedComponent(wanted, probe or ready_after_log(stack, "never"))
    stack.wait_ready(planned, check=lambda: None)


def test_a_component_starts_with_files_limits_networks_and_a_loopback_port(stack: Stack) -> None:
    component = tiny("sh", "-c", "cat /etc/tiny.conf; exec sleep 300")
    start(stack, component, ready_after_log(stack, "content"))
    attrs = stack.containers["tiny"].attrs
    assert attrs["HostConfig"]["Memory"] == 64 * MIB
    assert attrs["HostConfig"]["PidsLimit"] == 64
    assert attrs["Config"]["Labels"][labels.LABEL_RUN] == stack.run.id
    bindings = attrs["NetworkSettings"]["Ports"]["8080/tcp"]
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    networks = attrs["NetworkSettings"]["Networks"]
    assert set(networks) == {stack.run.name("operator"), stack.run.name("app")}
    assert "tiny.example" in networks[stack.run.name("app")]["Aliases"]
    assert networks[stack.run.name("app")]["IPAddress"].startswith("10.41.")


def test_two_stacks_at_once_do_not_collide(
    stack: Stack, client: docker.DockerClient, tmp_path: Path
) -> None:
    with own_run(client, tmp_path) as run:
        Stack(run=run, client=client, images={}, vpc_cidr="10.41.0.0/16").create_networks()


def test_a_component_that_exits_says_code_and_last_words(stack: Stack) -> None:
    with pytest.raises(ComponentExited) as caught:
        start(stack, tiny("sh", "-c", "echo the last words; exit 7"))
    message = str(caught.value)
    assert "component tiny stopped while starting" in message
    assert "exited, exit code 7" in message
    assert "the last words" in message
    assert str(stack.run.directory) in message


def test_a_component_that_hangs_says_its_last_answer_and_the_budget(stack: Stack) -> None:
    with pytest.raises(ComponentNotReady) as caught:
        start(stack, tiny("sh", "-c", "echo booting; exec sleep 300", ready_within_s=1))
    message = str(caught.value)
    assert "component tiny was not ready after 1." in message
    assert "of 1 s" in message
    assert "last answer: the log says 'booting" in message
    assert "state: running" in message


def test_a_component_that_is_killed_for_its_memory_says_so(stack: Stack) -> None:
    eats = "x=a; while true; do x=$x$x; done"
    with pytest.raises(ComponentExited) as caught:
        start(stack, tiny("sh", "-c", eats, memory_mib=16))
    assert "component tiny was killed: it used more memory than its limit" in str(caught.value)


def test_evidence_is_saved_and_everything_removed(
    stack: Stack, client: docker.DockerClient
) -> None:
    start(stack, tiny("sh", "-c", "echo out; echo err >&2; exec sleep 300"), lambda _: Ready())
    stack.containers["tiny"].stop(timeout=0)
    logs.save(stack.run, logs.containers_of(client, stack.run.id))
    place = stack.run.directory / "services" / "tiny"
    assert "out" in (place / "stdout.log").read_text()
    assert "err" in (place / "stderr.log").read_text()
    inspected = (place / "inspect.json").read_text()
    assert '"SHOWN"' in inspected
    assert "SHOWN=yes" not in inspected
    remove(client, stack.run.id)
    assert stack.run.id not in removal.runs_in_engine(client)


def test_a_dead_run_is_swept_and_a_living_one_is_not(
    stack: Stack, client: docker.DockerClient, tmp_path: Path
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = runs.owner_of(dead.pid)
    dead.wait()
    left = Run(id="dead00", directory=tmp_path, home=tmp_path, owner=owner)
    client.networks.create(left.name("app"), labels=left.labels("network"))
    try:
        # Another bin/cutover of this machine may be the one that sweeps it.
        removal.sweep(client)
        engine_runs = removal.runs_in_engine(client)
    finally:
        remove(client, left.id)
    assert left.id not in engine_runs
    assert stack.run.id in engine_runs
