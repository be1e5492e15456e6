"""An engine on another machine: a process in a network namespace of its own reaches it by address.

Loopback of that namespace is not the engine's, so that a port published on 127.0.0.1 would be out
of reach, as it is with DOCKER_HOST=tcp://... and GitLab's docker:dind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.core.runs import Run

ROOT = Path(__file__).resolve().parents[2]
ENGINE, CLIENT = "169.254.87.1", "169.254.87.2"
START = """
import sys
from pathlib import Path
from functools import partial
from harness.core.runs import Run
from harness.stack import certificates, engine
from harness.stack.component import PlannedComponent
from harness.stack.components import edge
from harness.stack.stack import Stack

image, id, owner, home = sys.argv[1:]
run = Run(id=id, directory=Path(home), home=Path(home), owner=owner)
stack = Stack(run=run, client=engine.connect(), images={"edge": image}, vpc_cidr="10.46.0.0/16")
stack.create_networks()
issued = certificates.create({"edge": ("shop.example",)})
component = edge.component(certificate=issued.server("edge"))
stack.start(component)
probe = partial(edge.probe, public_host="shop.example", ca_pem=issued.ca_pem)
stack.wait_ready(PlannedComponent(component, probe), check=lambda: None)
bindings = stack.containers["edge"].attrs["NetworkSettings"]["Ports"]["443/tcp"]
print(stack.addresses["edge"][443], bindings[0]["HostIp"])
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Make a network namespace with one way out: to the engine's host."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
    name = f"cutover-{os.getpid()}"
    ours, theirs = f"co{os.getpid()}a", f"co{os.getpid()}b"
    ip("netns", "add", name)
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        ip("addr", "add", f"{ENGINE}/30", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", name, "addr", "add", f"{CLIENT}/30", "dev", theirs)
        ip("-n", name, "link", "set", theirs, "up")
        yield name
    finally:
        ip("netns", "del", name)


def test_a_component_is_reached_at_the_engines_address(
    elsewhere: str, image: Callable[[str], str], run: Run
) -> None:
    done = subprocess.run(
        [
            *("ip", "netns", "exec", elsewhere, sys.executable, "-c", START),
            *(image("edge"), run.id, run.owner, str(run.home)),
        ],
        cwd=ROOT,
        env={**os.environ, "TESTCONTAINERS_HOST_OVERRIDE": ENGINE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    address, bound = done.stdout.split()
    assert address.startswith(f"{ENGINE}:")
    assert bound == "0.0.0.0"
