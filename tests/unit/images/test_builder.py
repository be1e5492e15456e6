"""The files of an image, the host's settings in a build, and the words of a failure."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import docker.errors
import pytest

from harness.core.errors import ImageBuildFailed
from harness.core.redact import remember
from harness.images import build, builder, debian_bases, host_settings
from harness.images.builder import Plan
from harness.images.context import Sources, context, python_sources
from harness.images.host_settings import BuildHost
from tests.unit.another_user import another_user, needs_root, shared_folder

REAL = Path(__file__).resolve().parents[3]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A harness with one image of its own, and an app."""
    edge = tmp_path / "compose" / "edge"
    (edge / "etc").mkdir(parents=True)
    (edge / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY etc /etc\n")
    (edge / "etc" / "edge.conf").write_text("one\n")
    app = tmp_path / "app"
    app.mkdir()
    (app / "Dockerfile").write_text("ARG BASE\nARG VENDOR_IMAGE\nFROM ${BASE}\n")
    (app / ".dockerignore").write_text("# not wanted\nvendor\n**/.env\n")
    (app / "index.php").write_text("<?php\n")
    (app / "vendor").mkdir()
    (app / "vendor" / "autoload.php").write_text("<?php\n")
    (app / ".env").write_text("APP_KEY=secret\n")
    return Sources(root=tmp_path, app_context=app, vendor="debian")


def edge_hash(sources: Sources, *, base: str = "sha256:1") -> str:
    return context("edge", sources=sources).content_hash({"base-trixie": base})


# --- contexts and hashes ----------------------------------------------------------------------


def test_hash_changes_with_content_mode_name_and_base(sources: Sources) -> None:
    conf = sources.root / "compose" / "edge" / "etc" / "edge.conf"
    hashes = [edge_hash(sources), edge_hash(sources, base="sha256:2")]
    conf.write_text("two\n")
    hashes.append(edge_hash(sources))
    conf.chmod(0o755)
    hashes.append(edge_hash(sources))
    conf.rename(conf.with_name("other.conf"))
    hashes.append(edge_hash(sources))
    assert len(set(hashes)) == len(hashes)


def test_hash_ignores_times_and_the_umask_of_a_checkout(sources: Sources) -> None:
    before = edge_hash(sources)
    conf = sources.root / "compose" / "edge" / "etc" / "edge.conf"
    conf.chmod(0o600)
    conf.touch()
    (sources.root / "compose" / "edge" / "etc" / "__pycache__").mkdir()
    assert edge_hash(sources) == before


def test_archive_is_the_same_for_everyone_and_has_this_machines_settings(sources: Sources) -> None:
    edge = context("edge", sources=sources)
    with tarfile.open(fileobj=edge.archive({".host/ca.pem": b"company"})) as tar:
        members = {member.name: member for member in tar.getmembers()}
        assert set(members) == {"Dockerfile", "etc/edge.conf", ".host/ca.pem"}
        assert {(m.uid, m.gid, m.mtime) for m in members.values()} == {(0, 0, 0)}
        assert oct(members["etc/edge.conf"].mode) == "0o644"


def test_settings_of_the_machine_are_no_part_of_the_hash(sources: Sources) -> None:
    edge = context("edge", sources=sources)
    before = edge.content_hash({"base-trixie": "sha256:1"})
    edge.archive({".host/ca.pem": b"company"})
    assert edge.content_hash({"base-trixie": "sha256:1"}) == before


def test_dockerignore_keeps_vendor_and_env_files_out(sources: Sources) -> None:
    files = context("app", sources=sources).files
    assert set(files) == {"Dockerfile", ".dockerignore", "index.php"}


def test_directories_are_sent_where_docker_sends_them(sources: Sources) -> None:
    app = sources.app_context
    (app / ".dockerignore").write_text("vendor\n**/.env\nstorage/logs/*\n")
    (app / "storage" / "logs").mkdir(parents=True)
    (app / "storage" / "logs" / "laravel.log").write_text("one\n")
    (app / "resources" / "views").mkdir(parents=True)
    build_context = context("app", sources=sources)
    before = build_context.content_hash({"base-trixie": "sha256:1", "vendor": "sha256:2"})
    with tarfile.open(fileobj=build_context.archive({})) as tar:
        directories = {member.name: member.mode for member in tar if member.isdir()}
    assert directories == {"resources/views": 0o755, "storage/logs": 0o755}
    (app / "resources" / "views").rmdir()
    emptied = context("app", sources=sources)
    assert before != emptied.content_hash({"base-trixie": "sha256:1", "vendor": "sha256:2"})


def test_symbolic_links_stay_links(sources: Sources) -> None:
    etc = sources.root / "compose" / "edge" / "etc"
    (etc / "link.conf").symlink_to("edge.conf")
    with tarfile.open(fileobj=context("edge", sources=sources).archive({})) as tar:
        assert tar.getmember("etc/link.conf").linkname == "edge.conf"


def test_parents_are_the_arguments_that_a_dockerfile_declares(sources: Sources) -> None:
    assert context("app", sources=sources).parents == {
        "BASE": "base-trixie",
        "VENDOR_IMAGE": "vendor",
    }
    (sources.app_context / "Dockerfile").write_text("FROM php:8.4-fpm\n")
    assert context("app", sources=sources).parents == {}


def test_an_app_without_a_vendor_dockerfile_has_the_harnesss_own(sources: Sources) -> None:
    shipped = sources.root / "app" / "vendor-debian"
    shipped.mkdir(parents=True, exist_ok=True)
    (shipped / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n# ours\n")
    elsewhere = Sources(root=sources.root, app_context=sources.root / "shop", vendor="debian")
    build_context = context("vendor", sources=elsewhere)
    assert build_context.files["Dockerfile"] == shipped / "Dockerfile"


@pytest.mark.parametrize(("vendor", "base"), [("debian", "base-sid"), ("composer", "base-trixie")])
def test_vendor_is_built_on_the_release_that_has_its_packages(
    sources: Sources, vendor: str, base: str
) -> None:
    directory = sources.app_context / f"vendor-{vendor}"
    directory.mkdir()
    (directory / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    package = sources.app_context / "packages" / "cutover-probe"
    package.mkdir(parents=True)
    for place in (sources.app_context, package):
        (place / "composer.json").write_text("{}")
    chosen = Sources(root=sources.root, app_context=sources.app_context, vendor=vendor)
    build_context = context("vendor", sources=chosen)
    assert build_context.parents == {"BASE": base}
    assert {"composer.json", "packages/cutover-probe/composer.json"} <= set(build_context.files)


def test_missing_dockerfile_says_where_it_was_looked_for(sources: Sources) -> None:
    with pytest.raises(ImageBuildFailed) as failed:
        context("mysql", sources=sources)
    assert str(failed.value) == (
        f"image mysql: there is no {sources.root}/compose/mysql/Dockerfile\n"
        '  what to do: add it, or name an image in cutover.toml: [images] mysql = "..."'
    )


def test_images_with_a_stand_in_hold_three_packages_and_nothing_else(tmp_path: Path) -> None:
    for package in ("core", "aws", "standins/control", "stack"):
        (tmp_path / "harness" / package).mkdir(parents=True)
        (tmp_path / "harness" / package / "__init__.py").write_text("")
    (tmp_path / "harness" / "__init__.py").write_text("")
    assert set(python_sources(tmp_path)) == {
        "harness/__init__.py",
        "harness/aws/__init__.py",
        "harness/core/__init__.py",
        "harness/standins/control/__init__.py",
    }


def test_every_dockerfile_of_ours_begins_with_its_base() -> None:
    for name in ("mysql", "proxy", "emulator", "edge"):
        text = (REAL / "compose" / name / "Dockerfile").read_text()
        instructions = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert instructions[0] == "ARG BASE"
        assert instructions[1].startswith("FROM ${BASE}")


def test_locks_name_hashes_and_no_index() -> None:
    for name in ("requirements.lock", "uv.lock"):
        text = (REAL / "compose" / "emulator" / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


# --- the builder, with an engine that only lists ----------------------------------------------


@dataclass
class FakeEngine:
    """Knows which images there are; it can build and pull nothing."""

    tags: dict[str, str] = field(default_factory=dict)
    """Oldest first."""
    in_use: str = ""

    @property
    def api(self) -> FakeApi:
        return FakeApi(self)

    @property
    def images(self) -> FakeImages:
        return FakeImages(self)


@dataclass
class FakeApi:
    engine: FakeEngine

    def images(self) -> list[dict[str, Any]]:
        return [
            {"Id": id_, "RepoTags": [tag], "Created": created, "Size": 1_000_000}
            for created, (tag, id_) in enumerate(self.engine.tags.items())
        ]

    def remove_image(self, tag: str) -> None:
        if tag == self.engine.in_use:
            raise docker.errors.APIError("conflict: container is using its referenced image")
        del self.engine.tags[tag]


@dataclass
class FakeImages:
    engine: FakeEngine

    def get(self, reference: str) -> Any:
        if reference not in self.engine.tags:
            raise docker.errors.ImageNotFound(reference)
        return type("Image", (), {"id": self.engine.tags[reference]})()


def plan_for(sources: Sources, tmp_path: Path, **overrides: str) -> tuple[Plan, list[str]]:
    events: list[str] = []

    def progress(group: str, name: str, state: str, seconds: float = 0.0) -> None:
        events.append(f"{group} {name} {state}")

    plan = Plan(
        sources=sources, log_directory=tmp_path / "logs", overrides=overrides, progress=progress
    )
    return plan, events


def built(engine: FakeEngine, plan: Plan, *only: str) -> builder.ImageSet:
    client: Any = engine
    return builder.build_images(client, plan, only=only)


def test_present_images_are_not_built_again(sources: Sources, tmp_path: Path) -> None:
    tag = f"cutover/edge:{edge_hash(sources)}"
    engine = FakeEngine({"cutover/base:trixie": "sha256:1", tag: "sha256:edge"})
    plan, events = plan_for(sources, tmp_path)
    images = built(engine, plan, "edge")
    assert dict(images) == {"edge": "sha256:edge"}
    assert images.references == {"edge": tag}
    assert events == ["image base-trixie cached", "image edge cached"]
    assert not plan.log_directory.exists()


def test_an_image_of_the_users_is_used_as_it_is(sources: Sources, tmp_path: Path) -> None:
    engine = FakeEngine({"mysql:8.4": "sha256:theirs"})
    plan, events = plan_for(sources, tmp_path, mysql="mysql:8.4")
    images = built(engine, plan, "mysql")
    assert dict(images) == {"mysql": "sha256:theirs"}
    assert images.references == {"mysql": "mysql:8.4"}
    assert events == ["image mysql cached"]


def test_an_unknown_name_is_refused(sources: Sources, tmp_path: Path) -> None:
    plan, _ = plan_for(sources, tmp_path)
    with pytest.raises(ImageBuildFailed, match="no image is called postgres"):
        built(FakeEngine(), plan, "postgres")


def test_first_failure_is_raised_and_children_are_not_begun(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise ImageBuildFailed("image base-trixie: mmdebstrap ended with exit code 25")

    monkeypatch.setattr(debian_bases, "make", refuse)
    monkeypatch.setattr(host_settings, "detect", BuildHost)
    plan, events = plan_for(sources, tmp_path)
    with pytest.raises(ImageBuildFailed, match="exit code 25"):
        built(FakeEngine(), plan, "edge")
    assert events == [
        "image base-trixie queued",
        "image edge queued",
        "image base-trixie building",
        "image base-trixie failed",
    ]


def test_an_error_of_the_engine_names_the_image(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(*_: object, **__: object) -> str:
        raise docker.errors.APIError("connection aborted")

    monkeypatch.setattr(debian_bases, "make", hang_up)
    monkeypatch.setattr(host_settings, "detect", BuildHost)
    plan, _ = plan_for(sources, tmp_path)
    with pytest.raises(ImageBuildFailed) as failed:
        built(FakeEngine(), plan, "edge")
    assert str(failed.value) == (
        "image base-trixie could not be built\n"
        "  last answer: APIError: connection aborted\n"
        "  what to do: check the Docker engine with `cutover doctor`"
    )


def test_a_build_ends_although_nobody_reads_its_progress(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress(group: str, name: str, state: str, seconds: float = 0.0) -> None:
        del group, name, seconds
        if state != "queued":
            raise BrokenPipeError

    monkeypatch.setattr(host_settings, "detect", BuildHost)
    plan, _ = plan_for(sources, tmp_path)
    with pytest.raises(ImageBuildFailed, match="image base-trixie could not be built"):
        built(FakeEngine(), replace(plan, progress=progress), "edge")


# --- what a failed step says ------------------------------------------------------------------


def test_failure_names_step_log_and_last_lines_without_secrets() -> None:
    remember("index-password")
    lines = [f"line {number}" for number in range(60)] + ["Looking at u:index-password@index"]
    text = str(build.failure("mysql", step="step 4/9: RUN set -eu", lines=lines, where="mysql.log"))
    assert text.startswith("image mysql could not be built: step 4/9: RUN set -eu\n")
    assert "line 10\n" not in text
    assert "line 11\n" in text
    assert "Looking at u:***@index" in text
    assert "  where: mysql.log\n" in text
    assert text.endswith(build.NO_HINT)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            'failed to do request: Head "https://registry-1.docker.io/v2/docker/dockerfile/'
            'manifests/1": dial tcp: lookup registry-1.docker.io: no such host',
            "the engine cannot pull an image that the Dockerfile begins with",
        ),
        (
            'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such'
            " host",
            "FROM ${BASE} needs no registry",
        ),
        (
            "pull access denied for shop/base, repository does not exist",
            "and name it: [images] app",
        ),
        ("write /usr/sbin/mysqld: no space left on device", "the disk is full"),
        ("Temporary failure resolving 'mirror.example'", "no network"),
        ("W: Failed to fetch x  Unable to connect to 127.0.0.1:9:", "the proxy variables"),
        ("E: Failed to fetch x  404  Not Found [IP: 192.0.2.1 80]", "docker rmi cutover/base"),
        ("E: Release file for x is expired (invalid since 3d)", "Check-Valid-Until"),
        ("ssl.SSLError: certificate verify failed: unable to get", "SSL_CERT_FILE"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "other files than the lock"),
        ("The command 'x' returned a non-zero code: 137", "ran out of memory"),
    ],
)
def test_failure_hints_at_the_likely_cause(line: str, hint: str) -> None:
    failed = build.failure("edge", step="", lines=["before", line, "after"], where="")
    assert hint in failed.hint


class FakeBuild:
    """An engine with a build that prints given lines."""

    def __init__(self, *events: dict[str, str]) -> None:
        self.events = events
        self.asked: dict[str, Any] = {}
        self.api = self

    def build(self, **asked: Any) -> Iterator[dict[str, str]]:
        self.asked = asked
        return iter(self.events)


def run_build(engine: FakeBuild, sources: Sources) -> str:
    log = io.StringIO()
    log.name = "edge.log"
    client: Any = engine
    order = build.Order(
        context("edge", sources=sources),
        tag="cutover/edge:1",
        parents={"BASE": "cutover/base:trixie"},
        host=BuildHost(proxies={"http": "http://proxy.example:3128"}),
    )
    try:
        build.run(client, order, log=log, stopped=Event())
    except ImageBuildFailed as failed:
        return f"{failed}\n{log.getvalue()}"
    return log.getvalue()


def test_build_is_told_parents_proxies_labels_and_a_memory_limit(sources: Sources) -> None:
    engine = FakeBuild({"stream": "Step 1/3 : ARG BASE\n"}, {"stream": " ---> 1234\n"})
    assert run_build(engine, sources) == "Step 1/3 : ARG BASE\n ---> 1234\n"
    assert engine.asked["buildargs"]["BASE"] == "cutover/base:trixie"
    assert engine.asked["buildargs"]["HTTP_PROXY"] == "http://proxy.example:3128"
    assert engine.asked["labels"] == {"cutover.role": "image"}
    assert engine.asked["container_limits"] == {"memory": build.MEMORY_BYTES}
    assert engine.asked["network_mode"] is None


def test_build_stops_at_the_first_error_and_says_the_step(sources: Sources) -> None:
    engine = FakeBuild(
        {"stream": "Step 2/3 : RUN false\n"},
        {"error": "The command '/bin/sh -c false' returned a non-zero code: 1"},
    )
    text = run_build(engine, sources)
    assert text.startswith("image edge could not be built: step 2/3: RUN false\n")
    assert "  where: edge.log\n" in text


# --- two processes ---------------------------------------------------------------------------


@needs_root
def test_the_lock_of_the_builds_can_be_taken_by_other_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with shared_folder() as folder:
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        before = os.umask(0o077)
        try:
            with another_user(), builder._one_build_at_a_time():
                (lock,) = folder.iterdir()
        finally:
            os.umask(before)
        assert (lock.stat().st_mode & 0o777, lock.owner()) == (0o644, "nobody")
        with builder._one_build_at_a_time():
            pass
        lock.unlink()
        with builder._one_build_at_a_time():
            pass
        assert lock.owner() == "root"
        with another_user(), builder._one_build_at_a_time():
            pass
