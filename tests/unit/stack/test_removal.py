"""Evidence and removal: a container that has nothing to give does not keep the rest from going."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker.errors

from harness.core import runs
from harness.core.labels import LABEL_ROLE
from harness.stack import logs


@dataclass
class FakeContainer:
    labels: dict[str, str]
    said: bytes = b""
    dead: bool = False
    attrs: dict[str, Any] = field(
        default_factory=lambda: {
            "Config": {"Env": ["DB_HOST=proxy", "DB_PASSWORD=hunter2-hunter2"]}
        }
    )

    def logs(self, **_: Any) -> bytes:
        if self.dead:
            raise docker.errors.APIError("409 Conflict: can not get logs from a dead container")
        return self.said


def labels(role: str, **more: str) -> dict[str, str]:
    return {LABEL_ROLE: role, **more}


def test_a_dead_container_does_not_keep_the_others_logs_from_being_saved(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    found: Any = [FakeContainer(labels("mysql"), dead=True), FakeContainer(labels("proxy"), b"up")]
    logs.save(run, found)
    assert (run.directory / "services" / "proxy" / "stdout.log").read_text() == "up"


def test_inspect_data_holds_names_of_variables_and_no_values(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    found: Any = [FakeContainer(labels("mysql"))]
    logs.save(run, found)
    text = (run.directory / "services" / "mysql" / "inspect.json").read_text()
    assert "DB_PASSWORD" in text
    assert "hunter2" not in text


def test_what_control_injected_is_blanked_in_a_process_that_did_not_make_it(
    tmp_path: Path,
) -> None:
    run = runs.new_run(tmp_path)
    secret = {"cutover.ecs.secret-names": "DB_PASSWORD"}
    found: Any = [FakeContainer(labels("task", **secret), b"password hunter2-hunter2")]
    logs.save(run, found)
    assert "***" in (run.directory / "services" / "task" / "stdout.log").read_text()
