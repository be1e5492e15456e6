"""The files for CI servers fit the servers' published schemas, which check-jsonschema ships."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "harness" / "cli" / "ci_files"


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (FILES / "github.yml", "vendor.github-workflows"),
        (FILES / "github.yml", "custom.github-workflows-require-timeout"),
        (FILES / "gitlab.yml", "vendor.gitlab-ci"),
        (ROOT / ".github" / "workflows" / "test.yml", "vendor.github-workflows"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_a_file_fits_its_schema(path: Path, schema: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
