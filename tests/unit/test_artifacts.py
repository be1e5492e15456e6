"""Runs: who owns one, when it is dead, and that what is written is redacted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import artifacts
from harness.errors import HarnessError
from harness.redact import Secret


def test_a_new_run_is_alive_while_its_process_is(tmp_path: Path) -> None:
    run = artifacts.new_run(tmp_path)
    assert artifacts.is_alive(tmp_path, run.id, owner=run.owner)


def test_a_run_is_dead_when_its_process_is_gone(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = artifacts.owner_of(child.pid)
    assert artifacts.owner_is_alive(owner)
    child.communicate()
    assert not artifacts.owner_is_alive(owner)
    assert not artifacts.is_alive(tmp_path, "abc123", owner=owner)


def test_a_reused_process_id_is_not_the_owner() -> None:
    assert not artifacts.owner_is_alive(f"{os.getpid()}:1")


def test_a_stack_that_was_left_up_outlives_its_process(tmp_path: Path) -> None:
    run = artifacts.new_run(tmp_path)
    run.set_state(artifacts.STATE_UP)
    assert artifacts.is_alive(tmp_path, run.id, owner="1:0")
    run.set_state(artifacts.STATE_STOPPED)
    assert not artifacts.is_alive(tmp_path, run.id, owner="1:0")


def test_a_run_is_found_again(tmp_path: Path) -> None:
    run = artifacts.new_run(tmp_path)
    assert artifacts.find_run(tmp_path, run.id) == run
    assert artifacts.find_run(tmp_path, "nope") is None


def test_what_is_written_is_redacted(tmp_path: Path) -> None:
    run = artifacts.new_run(tmp_path)
    secret = Secret("s3cret-value")
    path = run.write_json("x.json", {"a": secret.reveal()})
    assert json.loads(path.read_text()) == {"a": "***"}
    assert "s3cret" not in run.write_text("logs/x.log", "pw s3cret-value").read_text()


def test_the_current_stack_is_forgotten_by_its_own_run_only(tmp_path: Path) -> None:
    artifacts.write_current(tmp_path, '{"run": "a"}')
    artifacts.clear_current(tmp_path, run_id="b")
    assert artifacts.read_current(tmp_path) == {"run": "a"}
    artifacts.clear_current(tmp_path, run_id="a")
    assert artifacts.read_current(tmp_path) is None


def test_two_commands_do_not_change_one_home(tmp_path: Path) -> None:
    with (
        artifacts.locked(tmp_path),
        pytest.raises(HarnessError, match="is working here"),
        artifacts.locked(tmp_path),
    ):
        pass
