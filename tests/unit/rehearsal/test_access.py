"""Where a local stack is reached."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.inputs import production
from harness.rehearsal.access import access_to
from tests.project import ROOT


def test_a_scheduled_task_is_of_the_familys_newest_revision(tmp_path: Path) -> None:
    shutil.copy(ROOT / "cutover.toml", tmp_path)
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("vendor*"))
    path = tmp_path / "app/aws/schedule.json"
    path.write_text(path.read_text().replace("/tickets-scheduler", "/tickets-scheduler:41"))
    files = production.load({}, cwd=tmp_path)
    run: Any = SimpleNamespace(id="abc123", directory=tmp_path)
    started = access_to(files, run=run, vendor="debian").schedule["run_task"]
    assert started["taskDefinition"] == "tickets-scheduler"
