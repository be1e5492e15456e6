"""The doctor's lines without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli.doctor import Result, examine
from harness.core.errors import DockerUnavailable
from harness.stack import engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect() -> None:
        raise DockerUnavailable("no engine", hint="start it")

    monkeypatch.setattr(engine, "connect", connect)


def test_a_machine_is_checked_without_an_app(tmp_path: Path) -> None:
    assert examine({}, cwd=tmp_path) == [
        Result("configuration", ok=True, text="no cutover.toml here; only the machine is checked"),
        Result("engine", ok=False, text="no engine; start it"),
    ]


def test_a_file_that_is_named_or_there_must_be_right(tmp_path: Path) -> None:
    configuration, _ = examine({"CUTOVER_CONFIG": "mine.toml"}, cwd=tmp_path)
    assert not configuration.ok
    (tmp_path / "cutover.toml").write_text("[app")
    configuration, _ = examine({}, cwd=tmp_path)
    assert not configuration.ok
