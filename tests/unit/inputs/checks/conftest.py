"""The reference app's inputs, read once for each module of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.production import Production

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)
