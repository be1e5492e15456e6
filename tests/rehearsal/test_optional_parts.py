"""A web service and a database, without the probe, are green; missing parts are not covered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.mistakes.edits import drop_secret, set_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.project import Project

pytestmark = [pytest.mark.docker, pytest.mark.long]

GAPS = {
    "no probe is configured; set probe.secret",
    "no bucket is configured; set resources.bucket",
    "no queue is configured; set resources.queues",
    "no schedule is configured; set schedule.rule",
}
WITHOUT = {"QUEUE_CONNECTION": "sync", "FILESYSTEM_DISK": "local", "MAIL_MAILER": "log"}


def cut_down(project: Project) -> None:
    """Leave a web service, under another name, and the database; not even the probe."""
    toml = project.root / "cutover.toml"
    text = toml.read_text().replace("[services.web]", "[services.shop]")
    for table in ("services.worker", "resources", "schedule", "probe"):
        text = re.sub(rf"(?ms)^\[{re.escape(table)}\]\n.*?(?=^\[|^#)", "", text)
    toml.write_text(text.replace('probe_key = { generate = "hex" }\n', ""))
    drop_secret("CUTOVER_PROBE_KEY").apply(project.root)
    for name, value in WITHOUT.items():
        set_variable(name, value).apply(project.root)


def test_a_web_service_and_a_database_alone_are_green(
    project: Project, nothing_left: Callable[[Project], None]
) -> None:
    cut_down(project)
    code, output = project.run("rehearse")
    assert code == 0, output
    nothing_left(project)
    reasons = {entry["reason"] for entry in project.scenarios() if entry["result"] == "skipped"}
    gaps = {gap for gap in GAPS if any(gap in reason for reason in reasons)}
    assert gaps == GAPS, reasons
    for gap in GAPS:
        assert gap in output
    passed = [entry["scenario"] for entry in project.scenarios() if entry["result"] == "passed"]
    assert len(passed) > 35, passed
