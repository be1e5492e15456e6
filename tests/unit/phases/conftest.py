from __future__ import annotations

import pytest

from harness.inputs import production
from harness.inputs.production import Production
from tests.project import ROOT


@pytest.fixture(scope="session")
def files() -> Production:
    return production.load({}, cwd=ROOT)
