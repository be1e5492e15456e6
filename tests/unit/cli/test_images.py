"""The import of images, as the command reports it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import program
from harness.images import archive, builder
from harness.images.archive import Image, Manifest
from harness.images.builder import Inventory
from harness.stack import engine

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = Manifest(1, "0.1", "2026-11-27", "amd64", "debian", {"app": Image("cutover/app:1", "1")})


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An archive that loads; the images that a rehearsal would build after it."""
    names: list[str] = []
    client: Any = SimpleNamespace(version=lambda: {"Arch": "amd64"})
    monkeypatch.setattr(engine, "connect", lambda: client)
    monkeypatch.setattr(archive, "read", lambda _path: MANIFEST)
    monkeypatch.setattr(archive, "check", lambda *_args, **_options: None)
    monkeypatch.setattr(archive, "load", lambda *_args: True)
    monkeypatch.setattr(builder, "look_up", lambda *_args: Inventory({}, {}, tuple(names)))
    return names


def run(config: Path, home: Path) -> Result:
    environ = {"CUTOVER_CONFIG": str(config), "CUTOVER_HOME": str(home)}
    return CliRunner(env=environ).invoke(program, ["images", "import", "images.tar"])


def test_after_an_import_the_vendor_is_that_of_the_archive(
    missing: list[str], tmp_path: Path
) -> None:
    result = run(ROOT / "cutover.toml", tmp_path)
    assert not missing
    assert (result.exit_code, result.output) == (0, "1 images loaded\na rehearsal builds nothing\n")
    assert (tmp_path / "vendor").read_text() == "debian\nimported\n"


def test_images_of_other_files_are_named(missing: list[str], tmp_path: Path) -> None:
    missing += ["app", "edge"]
    result = run(ROOT / "cutover.toml", tmp_path)
    assert result.exit_code == 0
    assert "a rehearsal still builds app, edge: the files here are not those" in result.output


def test_inputs_with_problems_are_left_to_the_rehearsal(missing: list[str], tmp_path: Path) -> None:
    assert not missing
    config = tmp_path / "cutover.toml"
    config.write_text("[app]\n")
    result = run(config, tmp_path)
    assert result.exit_code == 0
    assert "problems of the inputs: `cutover config check` has them" in result.output
