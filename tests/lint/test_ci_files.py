"""The files for CI servers fit the servers' published schemas, which check-jsonschema ships."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.ci import ci_file

ROOT = Path(__file__).resolve().parents[2]
GITHUB = "vendor.github-workflows"


def fault(path: Path, schema: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("shards", [(), ("--shards", "3")], ids=["whole", "shards"])
@pytest.mark.parametrize(
    ("server", "schema"),
    [
        ("github", GITHUB),
        ("github", "custom.github-workflows-require-timeout"),
        ("gitlab", "vendor.gitlab-ci"),
    ],
)
def test_a_printed_file_fits_its_schema(
    server: str, schema: str, shards: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "file.yml"
    printed = CliRunner().invoke(ci_file, [server, *shards]).stdout
    assert ("report merge shards/cutover-shard-1 shards/cutover-shard-2" in printed) is bool(shards)
    assert "#%" not in printed
    assert "<<" not in printed
    path.write_text(printed)
    assert not fault(path, schema)


def test_our_own_workflow_fits_its_schema() -> None:
    assert not fault(ROOT / ".github" / "workflows" / "test.yml", GITHUB)
