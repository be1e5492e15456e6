"""The commands on an AWS account: their options, and runs that cannot be cleaned up."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import account_commands
from harness.cli.main import program
from harness.core import runs
from harness.core.errors import HarnessError
from harness.replay import exclusive
from harness.target import locate
from harness.target.access import Access
from harness.target.changes import restoration
from harness.target.changes.account_lock import AccountLock
from harness.target.changes.settings import Account


def run(home: Path, *words: str) -> Result:
    environ = {"CUTOVER_HOME": str(home)}
    return CliRunner().invoke(program, words, prog_name="cutover", env=environ)


def test_a_level_needs_the_target_aws(tmp_path: Path) -> None:
    result = run(tmp_path, "verify", "--level", "rehearse")
    assert result.exit_code == 2
    assert "--level needs --target aws" in result.stderr


def test_a_run_that_was_never_made_here_is_not_cleaned_up(tmp_path: Path) -> None:
    known = runs.new_run(tmp_path)
    known.write_json(locate.ACCOUNT_FILE, {})
    result = run(tmp_path, "cleanup", "--run", "abc123")
    assert result.exit_code == 2
    assert result.stderr == (
        "cutover: no run abc123 on an AWS account was made here\n"
        f"  where: {tmp_path / 'runs'}\n"
        f"  what to do: runs here: {known.id}; use the machine, and CUTOVER_HOME, of the run\n"
    )


def test_a_run_that_is_at_work_is_not_cleaned_up(tmp_path: Path) -> None:
    own = runs.new_run(tmp_path)
    own.write_json(locate.ACCOUNT_FILE, {})
    result = run(tmp_path, "cleanup", "--run", own.id)
    assert result.exit_code == 2
    assert f"run {own.id} is still at work (process " in result.stderr


def test_scenarios_that_outlive_their_run_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = runs.new_run(tmp_path)
    own.write_json(locate.ACCOUNT_FILE, {})
    monkeypatch.setattr(runs, "owner_is_alive", lambda _: False)
    monkeypatch.setattr("harness.cli.account_commands._SCENARIOS_END_WITHIN_S", 0.2)
    with exclusive.target_lock(own.directory, exclusive=False):
        result = run(tmp_path, "cleanup", "--run", own.id)
    assert result.exit_code == 2
    assert f"scenarios of run {own.id} are still at work" in result.stderr


def test_a_second_interrupt_names_the_command_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = runs.new_run(tmp_path)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restoration, "restore", interrupted)
    account = Account(Access("https://shop.example"), lambda _: None)
    lock = AccountLock(account.access, ssm=None)
    with pytest.raises(HarnessError) as failure:
        account_commands._undo_whole(account, own, lock=lock, key=None)
    assert str(failure.value) == (
        f"Run {own.id} was interrupted while it undid its changes of the account.\n"
        f"  where: {own.directory}\n"
        f"  what to do: Run `cutover cleanup --run {own.id}`: no other run begins before."
    )
