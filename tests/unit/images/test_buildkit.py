"""BuildKit: the Dockerfiles that ask for it, and the command that has it."""

from __future__ import annotations

import io
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import ImageBuildFailed
from harness.images import buildkit
from harness.images.build import Order
from harness.images.context import Place, Sources, context
from harness.images.host_settings import BuildHost
from harness.inputs.toml.schema import BuiltImage

NONE = "FROM php:8.4-fpm\n"


def order(directory: Path, dockerfile: str = NONE, **settings: Any) -> Order:
    """Return the build of an app with this Dockerfile."""
    (directory / "Dockerfile").write_text(dockerfile)
    place = Place(directory, **settings)
    sources = Sources(root=directory, app_context=directory, vendor="", places={"app": place})
    return Order(context("app", sources=sources), "cutover/app:1", parents={}, host=BuildHost())


@pytest.mark.parametrize(
    ("line", "feature"),
    [
        ("RUN --mount=type=cache,target=/root/.composer composer install", "RUN --mount"),
        ("RUN --network=none make", "RUN --network"),
        ("COPY --chown=www-data --chmod=755 entrypoint /usr/bin/", "COPY --chown=www-data --chmod"),
        ("COPY \\\n  --link . .", "COPY --link"),
        ("ADD --checksum=sha256:1 https://files.example/a /a", "ADD --checksum"),
        ("RUN <<EOF\nmake\nEOF", "RUN <<EOF"),
        ("COPY <<-'INI' /etc/php.ini\nINI", "COPY <<-'INI"),
        ("FROM --platform=$BUILDPLATFORM node:22 AS assets", "FROM --platform=$BUILDPLATFORM"),
        ("ARG TARGETARCH", "ARG TARGETARCH"),
        ("# syntax=docker/dockerfile:1", ""),
        ("# RUN --mount=type=cache make", ""),
        ("COPY --from=assets --chown=www-data /build public/build", ""),
        ("FROM --platform=linux/amd64 php:8.4-fpm", ""),
        ("RUN test 1 -lt $((1<<3)) && echo --mount", ""),
        ("HEALTHCHECK --interval=5s CMD true", ""),
    ],
)
def test_a_dockerfile_asks_for_buildkit_by_an_instruction(
    line: str, feature: str, tmp_path: Path
) -> None:
    assert order(tmp_path, f"{NONE}{line}\n").context.buildkit_feature == feature


def test_the_command_has_the_values_of_no_argument(tmp_path: Path) -> None:
    token = tmp_path / "auth.json"
    token.write_text("{}")
    build = order(
        tmp_path, target="production", args={"PHP": "8.4"}, secrets={"composer_auth": token}
    )
    assert build.context.buildkit_feature == "a secret mount"
    assert " ".join(buildkit.options(build)) == (
        "--progress=plain --file Dockerfile --tag cutover/app:1 --label cutover.role=image"
        f" --build-arg PHP --target production --secret id=composer_auth,src={token}"
    )


def test_an_argument_does_not_hide_a_variable_of_the_command(tmp_path: Path) -> None:
    build = order(tmp_path, args={"PATH": "/opt/app", "DOCKER_HOST": "tcp://db:1", "PHP": "8.4"})
    options = list(buildkit.options(build))
    named = [options[place + 1] for place, option in enumerate(options) if option == "--build-arg"]
    assert sorted(named) == ["DOCKER_HOST=tcp://db:1", "PATH=/opt/app", "PHP"]


def test_target_and_arguments_make_another_image(tmp_path: Path) -> None:
    hashes = {
        order(tmp_path, **settings).context.content_hash({})
        for settings in ({}, {"target": "production"}, {"args": {"PHP": "8.4"}})
    }
    assert len(hashes) == 3


def test_paths_of_a_table_are_relative_to_the_configuration(tmp_path: Path) -> None:
    table = BuiltImage(context="..", dockerfile="./docker/Dockerfile", secrets={"a": "auth.json"})
    place = Place.of(table, root=tmp_path)
    assert (place.dockerfile, place.secrets) == (
        "docker/Dockerfile",
        {"a": tmp_path / "auth.json"},
    )


def test_a_dockerfile_beside_its_context_goes_along(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text(NONE)
    (tmp_path / "app").mkdir()
    place = Place(tmp_path / "app", "../docker/Dockerfile")
    sources = Sources(root=tmp_path, app_context=tmp_path, vendor="", places={"app": place})
    build_context = context("app", sources=sources)
    assert build_context.files[build_context.dockerfile].read_text() == NONE


def test_a_secret_without_its_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageBuildFailed) as caught:
        order(tmp_path, secrets={"composer_auth": tmp_path / "auth.json"})
    assert caught.value.what == (
        f"image app: there is no {tmp_path}/auth.json, which has the secret composer_auth"
    )


def program(directory: Path, script: str) -> Path:
    """Make a ``docker`` command in a directory of its own."""
    directory.mkdir()
    command = directory / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(
    ("script", "is_found"),
    [
        ('[ "$1" = buildx ] && echo v0.20', True),
        ('[ "$1" = --version ] && echo "Docker version 20.10.24+dfsg1, build 1"', True),
        ('[ "$1" = --version ] && echo "Docker version 28.2.2, build 1"', False),
        ("exit 1", False),
    ],
)
def test_the_command_with_buildkit_is_the_first_of_path_that_has_it(
    script: str, is_found: bool, tmp_path: Path
) -> None:
    program(tmp_path / "1", "exit 1")
    second = program(tmp_path / "2", script)
    environment = {"PATH": f"{tmp_path}/0:{tmp_path}/1:{tmp_path}/2"}
    assert buildkit.find_program(environment) == (str(second) if is_found else "")


def test_a_machine_without_buildkit_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    client: Any = SimpleNamespace()
    build = order(tmp_path, f"{NONE}RUN --mount=type=cache,target=/c make\n")
    with pytest.raises(ImageBuildFailed) as caught:
        buildkit.run(client, build, log=io.StringIO(), feature="RUN --mount", stopped=Event())
    assert caught.value.what == (
        "image app needs BuildKit, for `RUN --mount` in Dockerfile, and this machine has none:"
        " `docker buildx version` fails"
    )
    assert '[images] app = "shop:local"' in caught.value.hint


FRONTEND = "docker/dockerfile:1"
WITHOUT_REGISTRY = """\
case "$1" in
buildx|--version) echo "Docker version 20.10.24, build 1"; exit 0;;
esac
cat > "$0.tar"
if tar -xOf "$0.tar" Dockerfile | grep -q '^# *syntax='; then
  echo "#2 resolve image config for docker.io/docker/dockerfile:1"
  echo "#2 ERROR: failed to do request: dial tcp: lookup registry-1.docker.io: no such host"
  exit 1
fi
echo "#5 [app 1/2] RUN --mount=type=cache make"
"""


@pytest.mark.parametrize("last", ["exit 0", "exit 1"])
def test_a_frontend_that_is_not_to_be_had_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    command = program(tmp_path / "bin", f"{WITHOUT_REGISTRY}\n{last}")
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    (tmp_path / "app").mkdir()
    build = order(tmp_path / "app", f"# syntax={FRONTEND}\n{NONE}RUN --mount=type=cache make\n")
    log = io.StringIO()
    log.name = "build.log"
    run: Any = {"log": log, "feature": "RUN --mount", "stopped": Event()}
    client: Any = SimpleNamespace()
    if last == "exit 0":
        buildkit.run(client, build, **run)
    else:
        with pytest.raises(ImageBuildFailed) as caught:
            buildkit.run(client, build, **run)
        assert "RUN --mount=type=cache make" in str(caught.value)
        assert "registry-1" not in str(caught.value)
    assert f"docker.io/{FRONTEND} is not to be had: once more without" in log.getvalue()


def test_another_failure_is_no_missing_frontend() -> None:
    lines = ["#2 resolve image config for docker.io/docker/dockerfile:1", "#2 DONE 0.1s"]
    assert buildkit.missing_frontend(lines) == ""
    assert buildkit.missing_frontend([*lines, "#9 ERROR: exit code: 1"]) == ""
    failed = [
        "#2 resolve image config for docker-image://docker.io/a/b:1",
        "#2 ERROR: no such host",
    ]
    assert buildkit.missing_frontend(failed) == "docker.io/a/b:1"
