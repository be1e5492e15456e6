"""The reference app's files, as inputs and as the AWS CLI prints them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.production import Production
from tests.project import ROOT, copy_inputs
from tests.unit.inputs import cli_outputs


@pytest.fixture(scope="session")
def files() -> Production:
    return production.load({}, cwd=ROOT)


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """The folder of the reference app, with every file as the AWS CLI prints it."""
    copy_inputs(tmp_path)
    cli_outputs.write(tmp_path)
    for name, outputs in (
        ("network", cli_outputs.network()),
        ("database", cli_outputs.database()),
    ):
        (tmp_path / "app" / "aws" / f"{name}.json").write_text(cli_outputs.text(*outputs))
    return tmp_path
