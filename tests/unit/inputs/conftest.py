"""A copy of the reference app's inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app's inputs, which a test may break."""
    shutil.copy(ROOT / "cutover.toml", tmp_path)
    for name in ("aws", "ecs", "iam", "network"):
        shutil.copytree(ROOT / "app" / name, tmp_path / "app" / name)
    return tmp_path
