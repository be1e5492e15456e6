"""The set-up of a clone's .venv."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MACHINE = Path(__file__).resolve().parents[3] / "bin" / "machine.sh"
SCRIPT = f"""
set -eu
root=$PWD
. "{MACHINE}"
install_packages() {{
    echo "installs $*" >>log
    sleep 0.3
    mkdir -p .venv
    cp requirements.lock .venv/
}}
need_packages requirements.lock
"""


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock of util-linux")
def test_of_two_commands_at_once_one_sets_up_and_the_other_waits(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("click==8.5.1\n")
    both = [subprocess.Popen(["sh", "-c", SCRIPT], cwd=tmp_path) for _ in range(2)]
    assert [process.wait(10) for process in both] == [0, 0]
    assert (tmp_path / "log").read_text() == "installs requirements.lock\n"


def test_it_is_done_again_when_the_lock_changes(tmp_path: Path) -> None:
    for version in ("1", "1", "2"):
        (tmp_path / "requirements.lock").write_text(f"click=={version}\n")
        subprocess.run(["sh", "-c", SCRIPT], cwd=tmp_path, check=True)
    assert len((tmp_path / "log").read_text().splitlines()) == 2
