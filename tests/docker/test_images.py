"""Images with a real engine: built once, failing well, and holding nothing they must not."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import docker.errors
import pytest

from harness.core.errors import ImageBuildFailed
from harness.core.redact import remember
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.images import builder, debian_bases, host_settings
from harness.images.builder import Plan
from harness.images.context import Sources

if TYPE_CHECKING:
    import docker

OURS = ("mysql", "proxy", "emulator", "edge")
LARGEST_MB = {"mysql": 520, "proxy": 220, "emulator": 460, "edge": 160}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """An app without an image yet, with a file that no other test has."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "token").write_text(uuid4().hex)
    (app / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY token /token\n")
    return Sources(root=Path(__file__).resolve().parents[2], app_context=app, vendor="debian")


@pytest.fixture
def build(
    client: docker.DockerClient,
    image: Callable[[str], str],
    sources: Sources,
    tmp_path: Path,
) -> Iterator[Callable[..., tuple[builder.ImageSet, list[str]]]]:
    """Build the app of ``sources``; its images are removed at the end."""
    image("base-trixie")
    references = []

    def built(**overrides: str) -> tuple[builder.ImageSet, list[str]]:
        states: list[str] = []

        def progress(group: str, name: str, state: str, seconds: float = 0.0) -> None:
            states.append(f"{name} {state}")

        plan = Plan(
            sources=sources, log_directory=tmp_path / "logs", overrides=overrides, progress=progress
        )
        images = builder.build_images(client, plan, only=["app"])
        references.append(images.references["app"])
        return images, states

    yield built
    for reference in set(references):
        client.images.remove(reference, force=True)


def test_an_image_is_built_once_and_logged(
    build: Callable[..., tuple[builder.ImageSet, list[str]]], tmp_path: Path
) -> None:
    first, states = build()
    assert states == ["app queued", "app building", "app done", "base-trixie cached"]
    assert "COPY token /token" in (tmp_path / "logs" / "app.log").read_text()
    second, states = build()
    assert states == ["base-trixie cached", "app cached"]
    assert first == second


def test_other_content_gets_another_tag(
    build: Callable[..., tuple[builder.ImageSet, list[str]]], sources: Sources
) -> None:
    first, _ = build()
    (sources.app_context / "token").write_text("other")
    second, _ = build()
    assert first.references != second.references
    assert first["app"] != second["app"]


def test_two_builds_at_a_time_make_one_image(
    build: Callable[..., tuple[builder.ImageSet, list[str]]],
) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(build()[1])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states.count("app building") for states in done) == [0, 1]


def test_images_of_ours_are_found_quickly(
    client: docker.DockerClient, image: Callable[[str], str], sources: Sources, tmp_path: Path
) -> None:
    for name in OURS:
        image(name)
    began = time.monotonic()
    builder.build_images(client, Plan(sources=sources, log_directory=tmp_path / "logs"), only=OURS)
    assert time.monotonic() - began < 5, "up must not wait for images that are there"


def test_a_failing_step_is_named_with_its_last_lines_and_no_secret(
    build: Callable[..., tuple[builder.ImageSet, list[str]]], sources: Sources, tmp_path: Path
) -> None:
    remember("build-secret-1")
    (sources.app_context / "Dockerfile").write_text(
        "ARG BASE\nFROM ${BASE}\nRUN echo about to fail with build-secret-1 && exit 3\n"
    )
    with pytest.raises(ImageBuildFailed) as failed:
        build()
    text = str(failed.value)
    assert text.startswith("image app could not be built: step 3/4: RUN echo about to fail")
    assert "    about to fail with ***" in text
    assert "returned a non-zero code: 3" in text
    assert f"  where: {tmp_path}/logs/app.log" in text
    assert "build-secret-1" not in text + (tmp_path / "logs" / "app.log").read_text()


def test_a_dockerfile_with_a_mistake_is_told(
    build: Callable[..., tuple[builder.ImageSet, list[str]]], sources: Sources
) -> None:
    (sources.app_context / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUNN true\n")
    with pytest.raises(ImageBuildFailed, match="image app could not be built") as failed:
        build()
    assert "unknown instruction: RUNN" in str(failed.value)


def test_a_build_without_a_network_hints_at_it(
    build: Callable[..., tuple[builder.ImageSet, list[str]]], sources: Sources
) -> None:
    (sources.app_context / "Dockerfile").write_text(
        "ARG BASE\nFROM ${BASE}\n"
        "RUN echo 'deb http://mirror.invalid/debian trixie main' >/etc/apt/sources.list"
        " && apt-get update -o APT::Update::Error-Mode=any\n"
    )
    with pytest.raises(ImageBuildFailed) as failed:
        build()
    assert "containers have no network for this build" in failed.value.hint


def test_an_image_that_cannot_be_pulled_says_what_was_asked_for(
    build: Callable[..., tuple[builder.ImageSet, list[str]]],
) -> None:
    with pytest.raises(ImageBuildFailed) as failed:
        build(app="registry.invalid/tickets:2026.11.0")
    text = str(failed.value)
    assert "image app: registry.invalid/tickets:2026.11.0 could not be pulled" in text
    assert "  where: cutover.toml: [images] app" in text
    assert "`docker pull registry.invalid/tickets:2026.11.0`" in text


def test_a_base_is_made_from_this_machines_mirror(
    client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_bases, "REPOSITORY", f"cutover/test-{uuid4().hex[:8]}")
    log = io.StringIO()
    host = host_settings.detect()
    debian_bases.debootstrap(client, "trixie", host=host, log=log, refused="not asked")
    base = client.images.get(f"{debian_bases.REPOSITORY}:trixie")
    try:
        assert base.labels["cutover.role"] == "image"
        output: Any = client.containers.run(
            str(base.id),
            ["sh", "-c", "cat /etc/debian_version /etc/apt/sources.list; apt-config dump"],
            remove=True,
            mem_limit="128m",
            pids_limit=32,
            labels={"cutover.role": "test"},
        )
        text = output.decode()
        assert text.startswith("13")
        assert host.apt_mirror in text
        for name, value in host.apt.items():
            assert f'{name} "{value}";' in text
    finally:
        client.images.remove(str(base.id), force=True)


def test_a_base_that_cannot_be_made_says_why(client: docker.DockerClient) -> None:
    host = host_settings.BuildHost(apt_mirror="http://mirror.invalid/debian")
    with pytest.raises(ImageBuildFailed) as failed:
        debian_bases.debootstrap(
            client, "trixie", host=host, log=io.StringIO(), refused="not asked"
        )
    text = str(failed.value)
    assert text.startswith("image base-trixie: mmdebstrap ended with exit code")
    assert "mirror.invalid" in text
    assert "check apt's sources on this machine" in text


@pytest.mark.parametrize("name", OURS)
def test_image_is_small_and_carries_nothing_of_this_machine(
    client: docker.DockerClient, image: Callable[[str], str], name: str
) -> None:
    docker_image = client.images.get(image(name))
    assert docker_image.attrs["Size"] / 1e6 < LARGEST_MB[name]
    assert docker_image.labels["cutover.role"] == "image"
    output: Any = client.containers.run(
        str(docker_image.id),
        ["sh", "-c", "find / -xdev -name .host -o -path /build -o -name '*.key'; id -u"],
        entrypoint=[],
        remove=True,
        network_disabled=True,
        mem_limit="128m",
        pids_limit=32,
        labels={"cutover.role": "test"},
    )
    *files, _user = output.decode().split()
    assert files == []
    history = str(docker_image.history())
    assert "PRIVATE" not in history
    assert "password" not in history.lower()


def test_ctrl_c_ends_a_build_and_leaves_no_container(
    client: docker.DockerClient, image: Callable[[str], str], sources: Sources, tmp_path: Path
) -> None:
    image("base-trixie")
    token = (sources.app_context / "token").read_text()
    (sources.app_context / "Dockerfile").write_text(
        f"ARG BASE\nFROM ${{BASE}}\nRUN echo {token} && sleep 120\n"
    )
    program = (
        # A shell that starts the tests in the background has SIGINT ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys; from pathlib import Path; from harness.stack import engine\n"
        "from harness.images import builder; from harness.images.context import Sources\n"
        f"sources = Sources(root=Path({str(sources.root)!r}),"
        f" app_context=Path({str(sources.app_context)!r}), vendor='debian')\n"
        f"plan = builder.Plan(sources=sources, log_directory=Path({str(tmp_path / 'logs')!r}))\n"
        "builder.build_images(engine.connect(), plan, only=['app'])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=sources.root,
        stderr=subprocess.DEVNULL,
    )

    def steps() -> list[Any]:
        containers = client.containers.list(ignore_removed=True)
        return [
            container for container in containers if token in str(container.attrs["Config"]["Cmd"])
        ]

    wait_until(lambda: Ready() if steps() else NotYet("no step runs"), deadline=Deadline(20))
    child.send_signal(2)
    assert child.wait(timeout=10) != 0
    wait_until(lambda: NotYet("a step runs") if steps() else Ready(), deadline=Deadline(20))
