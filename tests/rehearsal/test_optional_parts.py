"""What an app lacks is not covered: a rehearsal of a web service and a database alone is green."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.mistakes.edits import set_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.project import Project

pytestmark = pytest.mark.docker

GAPS = {
    "no bucket is configured; set resources.bucket",
    "no queue is configured; set resources.queues",
    "no schedule is configured; set schedule.rule",
}
WITHOUT = {"QUEUE_CONNECTION": "sync", "FILESYSTEM_DISK": "local", "MAIL_MAILER": "log"}


def cut_down(project: Project) -> None:
    """Leave a web service, under another name, and the database."""
    toml = project.root / "cutover.toml"
    text = toml.read_text().replace("[services.web]", "[services.shop]")
    for table in ("services.worker", "resources", "schedule"):
        text = re.sub(rf"(?ms)^\[{re.escape(table)}\]\n.*?(?=^\[|^#)", "", text)
    toml.write_text(text)
    for name, value in WITHOUT.items():
        set_variable(name, value).apply(project.root)


def test_a_web_service_and_a_database_alone_are_green(
    project: Project, nothing_left: Callable[[Project], None]
) -> None:
    cut_down(project)
    code, output = project.run("rehearse")
    assert code == 0, output
    nothing_left(project)
    reasons = {one["reason"] for one in project.scenarios() if one["result"] == "skipped"}
    shown = {gap for gap in GAPS if any(gap in reason for reason in reasons)}
    assert shown == GAPS, reasons
    for gap in GAPS:
        assert gap in output
    passed = [one["scenario"] for one in project.scenarios() if one["result"] == "passed"]
    assert len(passed) > 60, passed
