"""Debian's registry on loopback: as the engine's mirror for the bases, and with a login."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import pytest
import requests

from harness.core.errors import ImageBuildFailed
from harness.core.labels import LABEL_ROLE
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.images import builder, debian_bases
from harness.images.builder import Plan
from harness.images.context import Sources
from tests.project import ROOT

if TYPE_CHECKING:
    from docker.models.containers import Container

PORT = "5000/tcp"
DOCKERFILE = f"""ARG BASE
FROM ${{BASE}}
LABEL {LABEL_ROLE}=image
RUN apt-get -o Acquire::Check-Valid-Until=false update -qq \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \\
        docker-registry \\
 && rm -rf /var/lib/apt/lists/*
COPY config.yml /etc/registry.yml
CMD ["docker-registry", "serve", "/etc/registry.yml"]
"""
OPEN = """version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: ":5000"}
"""
WITH_LOGIN = f"{OPEN}auth: {{htpasswd: {{realm: shop, path: /etc/htpasswd}}}}\n"
START_S = 60
API_VERSION = "1.41"
"""Of the oldest engine that the harness supports; asking for it would need one that answers."""


def build_registry(client: docker.DockerClient, base: str, configuration: str) -> str:
    """Build an image of Debian's registry; its layers are cached from one test to the next."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in (("Dockerfile", DOCKERFILE), ("config.yml", configuration)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    built, _ = client.images.build(
        fileobj=io.BytesIO(packed.getvalue()),
        custom_context=True,
        buildargs={"BASE": base},
        network_mode="host",
        rm=True,
    )
    return str(built.id)


@contextmanager
def run_registry(client: docker.DockerClient, image: str) -> Iterator[str]:
    """Run a registry; give its address on loopback."""
    container = client.containers.run(
        image, detach=True, ports={PORT: ("127.0.0.1", 0)}, mem_limit="256m", pids_limit=100
    )
    try:
        yield _address(container)
    finally:
        container.remove(force=True)


def _address(container: Container) -> str:
    def probe() -> Ready | NotYet:
        container.reload()
        return Ready() if b"listening on" in container.logs() else NotYet(container.status)

    wait_until(probe, deadline=Deadline(START_S), interval_s=0.1)
    bindings = container.ports[PORT]
    assert bindings
    return f"127.0.0.1:{bindings[0]['HostPort']}"


@contextmanager
def make_bridge() -> Iterator[str]:
    """Make a bridge for a second engine: one without any removes the first engine's docker0."""
    name = f"co{os.getpid()}"
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", "169.254.88.1/24", "dev", name], check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "del", name], check=True)


@contextmanager
def run_engine(directory: Path, *, mirror: str, bridge: str) -> Iterator[docker.DockerClient]:
    """Run a second engine that has a registry mirror.

    Its sockets are in a directory with a short name: a socket's path has 104 characters at most.
    """
    with tempfile.TemporaryDirectory(prefix="co", ignore_cleanup_errors=True) as sockets:
        yield from _run_engine(directory, mirror=mirror, bridge=bridge, sockets=Path(sockets))


def _run_engine(
    directory: Path, *, mirror: str, bridge: str, sockets: Path
) -> Iterator[docker.DockerClient]:
    socket, log = sockets / "s", directory / "log"
    with log.open("wb") as output:
        engine = subprocess.Popen(
            [
                *("dockerd", "--host", f"unix://{socket}", "--bridge", bridge),
                *("--iptables=false", "--ip6tables=false"),
                *("--data-root", str(directory / "data"), "--exec-root", str(sockets / "exec")),
                *("--pidfile", str(directory / "pid"), "--registry-mirror", f"http://{mirror}"),
            ],
            stdout=output,
            stderr=output,
        )

    client = docker.DockerClient(base_url=f"unix://{socket}", version=API_VERSION)

    def probe() -> Ready | NotYet:
        try:
            client.ping()
        except (docker.errors.DockerException, requests.RequestException) as error:
            return NotYet(str(error))
        return Ready()

    def check() -> None:
        assert engine.poll() is None, log.read_text()

    try:
        wait_until(probe, deadline=Deadline(START_S), interval_s=0.1, alive=check)
        yield client
    finally:
        client.close()
        engine.terminate()
        engine.wait(START_S)


@pytest.mark.skipif(
    bool(os.geteuid()) or not (shutil.which("dockerd") and shutil.which("ip")),
    reason="a second engine needs root, dockerd and iproute2",
)
def test_bases_are_pulled_through_the_engines_mirror(
    client: docker.DockerClient, image: Callable[[str], str], tmp_path: Path
) -> None:
    base = image("base-trixie")
    with run_registry(client, build_registry(client, base, OPEN)) as address:
        for suite, name in (("trixie", "base-trixie"), ("sid", "base-sid")):
            reference = f"{address}/library/debian:{suite}-slim"
            client.images.get(image(name)).tag(reference)
            try:
                assert '"error"' not in client.images.push(reference)
            finally:
                client.images.remove(reference, noprune=True)
        with (
            make_bridge() as bridge,
            run_engine(tmp_path, mirror=address, bridge=bridge) as second,
        ):
            plan = Plan(
                sources=Sources(root=ROOT, app_context=ROOT / "app", vendor="debian"),
                log_directory=tmp_path / "logs",
            )
            built = builder.build_images(second, plan, only=["base-trixie", "base-sid"])
            assert {second.images.get(image_id).id for image_id in built.values()} == set(
                built.values()
            )
            assert built["base-trixie"] == base
    assert (tmp_path / "logs" / "base-trixie.log").read_text() == "pulled debian:trixie-slim\n"
    assert (tmp_path / "logs" / "base-sid.log").read_text() == "pulled debian:sid-slim\n"


def test_a_registry_that_needs_a_login_says_so(
    client: docker.DockerClient, image: Callable[[str], str], tmp_path: Path
) -> None:
    with run_registry(client, build_registry(client, image("base-trixie"), WITH_LOGIN)) as address:
        plan = Plan(
            sources=Sources(root=ROOT, app_context=ROOT / "app", vendor="debian"),
            log_directory=tmp_path,
            overrides={"app": f"{address}/shop/app:1"},
        )
        with pytest.raises(ImageBuildFailed) as caught:
            builder.build_images(client, plan, only=["app"])
    assert caught.value.what == f"image app: {address}/shop/app:1 could not be pulled"
    assert re.search(r"no basic auth credentials|unauthorized", caught.value.last_answer)
    assert "log in to its registry" in caught.value.hint
    assert debian_bases.REPOSITORY not in caught.value.last_answer
