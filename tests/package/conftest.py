"""The wheel, installed in a venv of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.project import ROOT, client, project

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["client", "project"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The venv that the wheel is installed in."""
    root = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    run(*build, str(root))
    (wheel,) = root.glob("cutover_harness-*.whl")
    venv = root / "venv"
    run(sys.executable, "-m", "venv", str(venv))
    install = [str(venv / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
    run(*install, "--require-hashes", "--requirement", str(ROOT / "requirements.lock"))
    run(*install, "--no-deps", str(wheel))
    return venv


def run(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
