"""The wheel works as the clone does, from any directory, and writes nothing into site-packages."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.core import bundle
from harness.images.context import Sources, context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

IMAGES = ("emulator", "mysql", "proxy", "edge", "control", "pause")
PARENTS = dict.fromkeys(("base-trixie", "base-sid", "vendor", "app"), "sha256:0")
HASHES = f"""
import json
from harness.core import bundle
from harness.images.context import Sources, context

sources = Sources(root=bundle.ROOT, app_context=bundle.ROOT, vendor="debian")
images = {{name: context(name, sources=sources) for name in {IMAGES!r}}}
print(json.dumps({{name: image.content_hash({PARENTS!r}) for name, image in images.items()}}))
"""


def site_packages(venv: Path) -> set[str]:
    return {str(path.relative_to(venv)) for path in venv.rglob("*") if path.is_file()}


def test_its_images_are_those_of_a_clone(installed: Path, tmp_path: Path) -> None:
    printed = subprocess.run(
        [installed / "bin" / "python", "-c", HASHES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    sources = Sources(root=bundle.ROOT, app_context=bundle.ROOT, vendor="debian")
    expected = {name: context(name, sources=sources).content_hash(PARENTS) for name in IMAGES}
    assert json.loads(printed) == expected


@pytest.mark.docker
def test_it_rehearses_an_app_and_leaves_site_packages_alone(
    installed: Path, project: Project
) -> None:
    before = site_packages(installed)
    chosen = replace(project, cutover=installed / "bin" / "cutover")
    code, output = chosen.run(
        "rehearse", "-k", "session_cookie_is_secure or kept_in_a_shared_store"
    )
    assert code == 0, output
    assert "2 scenarios passed; none is red." in output
    (report,) = project.home.glob("runs/*/report.json")
    assert json.loads(report.read_text())["green"] is True
    assert site_packages(installed) == before


def test_its_plugin_is_loaded_by_pytest_and_touches_no_other_project(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_theirs.py").write_text("def test_theirs(tmp_path): pass\n")
    output = subprocess.run(
        [installed / "bin" / "pytest", "-q", "--cutover-target", "url"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert output.splitlines()[-1].startswith("1 passed")
