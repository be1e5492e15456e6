"""The reference app's inputs: as they are, and a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.production import Production
from tests.project import copy_inputs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app's inputs, which a test may break."""
    copy_inputs(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def app() -> Production:
    """The reference app's inputs as they are."""
    return production.load({}, cwd=ROOT)
