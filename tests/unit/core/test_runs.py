"""Runs: their owner, their death, and redacted files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core import runs
from harness.core.errors import ConfigError, HarnessError
from harness.core.redact import Secret
from tests.unit.another_user import another_user, needs_root, shared_folder


def test_a_new_run_is_alive_while_its_process_is(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    assert runs.is_alive(tmp_path, run.id, owner=run.owner)


def test_a_run_is_dead_when_its_process_is_gone(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = runs.owner_of(child.pid)
    assert runs.owner_is_alive(owner)
    child.communicate()
    assert not runs.owner_is_alive(owner)
    assert not runs.is_alive(tmp_path, "abc123", owner=owner)


def test_a_reused_process_id_is_not_the_owner() -> None:
    assert not runs.owner_is_alive(f"{os.getpid()}:1")


def test_a_process_of_another_container_is_alive_for_some_hours(tmp_path: Path) -> None:
    def is_alive(place: str, *, age_s: float) -> bool:
        return runs.is_alive(tmp_path, "abc123", owner="1:gone", place=place, age_s=age_s)

    assert is_alive("0123abcd", age_s=3600)
    assert not is_alive("0123abcd", age_s=runs.ELSEWHERE_S)
    assert not is_alive(runs.this_place(), age_s=1)
    assert not is_alive("", age_s=1)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    with pytest.raises(ConfigError, match="cannot be made: Not a directory"):
        runs.new_run(home)
    with pytest.raises(ConfigError, match="cannot be made"), runs.locked(home):
        pass


@needs_root
@pytest.mark.parametrize("closed", ["home", "state"])
def test_the_run_of_another_user_is_alive(closed: str) -> None:
    with shared_folder() as folder:
        home = folder / "home"
        run = runs.new_run(home)
        path, mode = {"home": (home, 0o700), "state": (run.directory / "state.json", 0o600)}[closed]
        path.chmod(mode)
        assert not runs.is_alive(home, run.id, owner="1:gone"), "root sees that it is dead"
        with another_user():
            assert runs.is_alive(home, run.id, owner="1:gone")
            with pytest.raises(HarnessError, match="is another user's"), runs.locked(home):
                pass
            with pytest.raises(HarnessError, match="is another user's"):
                runs.new_run(home)


def test_a_stack_that_was_left_up_outlives_its_process(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    run.set_state(runs.STATE_UP)
    assert runs.is_alive(tmp_path, run.id, owner="1:0")
    run.set_state(runs.STATE_STOPPED)
    assert not runs.is_alive(tmp_path, run.id, owner="1:0")


def test_a_run_is_found_again(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    assert runs.find_run(tmp_path, run.id) == run
    assert runs.find_run(tmp_path, "nope") is None


def test_what_is_written_is_redacted(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    secret = Secret("s3cret-value")
    path = run.write_json("x.json", {"a": secret.reveal()})
    assert json.loads(path.read_text()) == {"a": "***"}
    assert "s3cret" not in run.write_text("logs/x.log", "pw s3cret-value").read_text()


def test_the_current_stack_is_forgotten_by_its_own_run_only(tmp_path: Path) -> None:
    runs.write_current(tmp_path, '{"run": "a"}')
    runs.clear_current(tmp_path, run_id="b")
    assert runs.read_current(tmp_path) == {"run": "a"}
    runs.clear_current(tmp_path, run_id="a")
    assert runs.read_current(tmp_path) is None


def test_two_commands_do_not_change_one_home(tmp_path: Path) -> None:
    with (
        runs.locked(tmp_path),
        pytest.raises(HarnessError, match="is working here"),
        runs.locked(tmp_path),
    ):
        pass


def test_what_the_engine_keeps_is_new_once(tmp_path: Path) -> None:
    assert runs.note_remains(tmp_path, []) == set()
    assert runs.note_remains(tmp_path, ["a"]) == {"a"}
    assert runs.note_remains(tmp_path, ["a", "b"]) == {"b"}
    assert runs.note_remains(tmp_path, ["a", "b"]) == set()
