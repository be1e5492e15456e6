"""An archive of images: its content, and the refusals of an import."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from harness.core.errors import ImageBuildFailed
from harness.images import archive
from harness.images.archive import ArchiveError
from harness.images.builder import Inventory

EDGE, BASE = "cutover/edge:1a2b", "cutover/base:trixie"


def packed(**files: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


@dataclass
class FakeEngine:
    """An engine that packs two images, and knows the ids of those that it has."""

    ids: dict[str, str] = field(default_factory=dict)
    arch: str = "amd64"
    gives: dict[str, str] = field(default_factory=lambda: {EDGE: "sha256:1", BASE: "sha256:2"})
    """The ids after a load."""
    content: bytes = packed(layer=b"a" * 5000, index=b"{}")
    status: int = 200
    loads: int = 0
    base_url: str = "http+docker://engine"
    api_version: str = "1.43"
    asked: list[Any] = field(default_factory=list)

    @property
    def api(self) -> FakeEngine:
        return self

    @property
    def images(self) -> FakeEngine:
        return self

    def version(self) -> dict[str, str]:
        return {"Arch": self.arch}

    @contextmanager
    def _answer(self) -> Iterator[Any]:
        yield SimpleNamespace(
            ok=self.status == 200, text="no such image", iter_content=lambda _size: [self.content]
        )

    def get(self, name: str, **options: Any) -> Any:
        if options:
            self.asked.append((name, options["params"]["names"]))
            return self._answer()
        if name not in self.ids:
            raise docker.errors.ImageNotFound(name)
        return SimpleNamespace(id=self.ids[name])

    def load(self, file: Any) -> None:
        assert file.read(), "an archive is sent whole"
        self.loads += 1
        self.ids |= self.gives


def exported(engine: FakeEngine, path: Path) -> archive.Manifest:
    client: Any = engine
    inventory = Inventory(
        {"edge": EDGE, "base-trixie": BASE}, {"edge": "sha256:1", "base-trixie": "sha256:2"}, ()
    )
    return archive.export(client, inventory, vendor="composer", path=path)


def imported(engine: FakeEngine, path: Path) -> bool:
    client: Any = engine
    manifest = archive.read(path)
    archive.check(path, manifest, architecture=archive.architecture_of(client))
    return archive.load(client, path, manifest)


def test_an_archive_is_dockers_with_a_manifest(tmp_path: Path) -> None:
    engine, path = FakeEngine(), tmp_path / "images.tar"
    manifest = exported(engine, path)
    assert engine.asked == [("http+docker://engine/v1.43/images/get", [BASE, EDGE])]
    assert archive.read(path) == manifest
    assert manifest.images["edge"] == archive.Image(EDGE, "sha256:1")
    assert set(manifest.files) == {"layer", "index"}
    assert (manifest.architecture, manifest.vendor) == ("amd64", "composer")
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["layer", "index", "cutover.json"]
    assert list(tmp_path.iterdir()) == [path], "no draft is left"


def test_an_import_loads_once(tmp_path: Path) -> None:
    exported(FakeEngine(), tmp_path / "images.tar")
    engine = FakeEngine()
    assert imported(engine, tmp_path / "images.tar")
    assert not imported(engine, tmp_path / "images.tar")
    assert engine.loads == 1
    del engine.ids[BASE]
    assert imported(engine, tmp_path / "images.tar")


def test_a_byte_that_changed_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "images.tar"
    exported(FakeEngine(), path)
    content = bytearray(path.read_bytes())
    content[content.index(b"aaaa") + 100] = ord("b")
    path.write_bytes(content)
    engine = FakeEngine()
    with pytest.raises(ArchiveError) as failed:
        imported(engine, path)
    assert str(failed.value) == (
        f"{path} is damaged\n"
        "  last answer: other content than its manifest has: layer\n"
        "  what to do: copy the file again, or export it anew"
    )
    assert failed.value.exit_code == 2
    assert not engine.loads


@pytest.mark.parametrize(
    "content", [b"", b"no archive" * 500, packed(index=b"{}")], ids=["empty", "text", "foreign"]
)
def test_a_foreign_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as failed:
        archive.read(path)
    assert failed.value.what == (
        f"{path} is no archive of `cutover images export`, or its end is missing"
    )


def test_an_archive_without_its_end_is_named(tmp_path: Path) -> None:
    path = tmp_path / "images.tar"
    exported(FakeEngine(), path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ArchiveError, match="or its end is missing"):
        archive.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be read: No such file or directory"):
        archive.read(tmp_path / "images.tar")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            json.dumps({"format": 2, "version": "9.0"}),
            "has format 2, written by cutover 9.0; this one reads format 1",
        ),
        ("[]", "is damaged: its manifest cannot be read"),
        ("{", "is damaged: its manifest cannot be read"),
        (json.dumps({"format": 1}), "is damaged: its manifest cannot be read"),
    ],
)
def test_a_manifest_of_another_form_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(packed(**{"index": b"{}", "cutover.json": text.encode()}))
    with pytest.raises(ArchiveError) as failed:
        archive.read(path)
    assert message in failed.value.what


def test_images_of_another_processor_are_refused(tmp_path: Path) -> None:
    exported(FakeEngine(), tmp_path / "images.tar")
    with pytest.raises(ArchiveError, match="has images for amd64; this engine runs arm64"):
        imported(FakeEngine(arch="arm64"), tmp_path / "images.tar")


def test_an_engine_that_gives_other_ids_is_named(tmp_path: Path) -> None:
    exported(FakeEngine(), tmp_path / "images.tar")
    with pytest.raises(ArchiveError, match=r"gives other ids to these images .*: edge"):
        imported(FakeEngine(gives={EDGE: "sha256:9", BASE: "sha256:2"}), tmp_path / "images.tar")


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ImageBuildFailed, match="the engine does not pack the images"):
        exported(FakeEngine(status=404), tmp_path / "images.tar")
    assert not list(tmp_path.iterdir())
    with pytest.raises(ArchiveError, match="cannot be written: No such file or directory"):
        exported(FakeEngine(), tmp_path / "nowhere" / "images.tar")


def test_an_export_names_the_images_that_are_missing(tmp_path: Path) -> None:
    client: Any = FakeEngine()
    with pytest.raises(ImageBuildFailed, match="images are missing: edge"):
        archive.export(
            client, Inventory({}, {}, ("edge",)), vendor="", path=tmp_path / "images.tar"
        )
