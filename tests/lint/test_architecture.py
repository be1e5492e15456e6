"""The packages import downwards only: the contracts in pyproject.toml, and that they can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(
        ROOT / "harness", root / "harness", ignore=shutil.ignore_patterns("__pycache__")
    )
    return root


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("core/steps.py", "harness.cli.doctor", "floors"),
        ("images/build.py", "harness.target.access", "floors"),
        ("standins/emulator/calls.py", "harness.inputs.config", "a stand-in knows nothing"),
        ("stack/stack.py", "harness.standins.control.state.names", "nobody imports a stand-in"),
        ("target/access.py", "docker", "targets, smoke and phases need no Docker"),
        ("smoke/site.py", "harness.stack.engine", "targets, smoke and phases need no Docker"),
        ("replay/markers.py", "harness.rehearsal.session", "a replay starts nothing"),
        ("inputs/files/vpc.py", "harness.inputs.checks.foreign", "a file is read without"),
    ],
)
def test_an_added_arrow_breaks_its_contract(
    copy: Path, module: str, imported: str, contract: str
) -> None:
    file = copy / "harness" / module
    text = file.read_text()
    file.write_text(f"{text}\nimport {imported}\n")
    try:
        result = lint_imports(copy)
    finally:
        file.write_text(text)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), result.stdout
