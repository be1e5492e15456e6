"""A copy of the reference app's inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import copy_inputs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app's inputs, which a test may break."""
    copy_inputs(tmp_path)
    return tmp_path
