"""The commands on an AWS account: replay scenarios there, and undo their changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import codec, runs
from harness.core.errors import ConfigError, HarnessError
from harness.core.redact import Secret, redact
from harness.core.runs import Run
from harness.rehearsal.session import sigterm_as_interrupt
from harness.replay import exclusive
from harness.replay.catalog import Entry
from harness.replay.runner import only_lists
from harness.smoke.site import HTTP_PORT, HTTPS_PORT, parse_endpoint
from harness.target import discovery, environment, level, locate, naming
from harness.target.access import REHEARSE, Access
from harness.target.changes import restoration
from harness.target.changes.account_lock import AccountLock
from harness.target.changes.ledger import Ledger
from harness.target.changes.settings import Account
from harness.target.clients import aws, http
from harness.target.clients.browser import Browser
from harness.target.clients.probe import ProbeClient
from harness.target.target import AWS

if TYPE_CHECKING:
    from harness.cli.commands import Invocation

_SCENARIOS_END_WITHIN_S = 30.0


def verify(
    invocation: Invocation,
    *,
    profile: str,
    chosen_level: str,
    connect_to: str,
    report_dir: Path | None,
    pytest_args: Sequence[str],
) -> int:
    """Read back the AWS account that cutover.toml names, and replay the scenarios of a level."""
    config = invocation.production.config
    replay = invocation.replay(report_dir=report_dir)
    if only_lists(pytest_args):
        print(replay.collect(pytest_args))
        return 0
    entries = replay.catalog(pytest_args)
    if chosen_level == REHEARSE:
        level.require_named(config.changes, account=config.account_id)
    dialled = parse_endpoint(connect_to, option="--connect-to", port=0) if connect_to else None
    run = runs.new_run(config.home)
    access = replace(
        naming.names_in(invocation.production),
        run=run.id,
        run_dir=str(run.directory),
        profile=profile or invocation.environ.get("AWS_PROFILE", ""),
        level=chosen_level,
        https=str(replace(dialled, port=dialled.port or HTTPS_PORT)) if dialled else "",
        http=str(replace(dialled, port=HTTP_PORT)) if dialled and not dialled.port else "",
        ca_file=invocation.environ.get("SSL_CERT_FILE", ""),
    )
    try:
        account = _account(access)
        account_state = discovery.discover(
            invocation.production, access=access, client=account.client
        )
        run.write_json(locate.ACCOUNT_FILE, codec.encode(account_state.access))
        print(redact("\n".join(account_state.lines)), flush=True)
        if chosen_level != REHEARSE:
            return replay.run(pytest_args, home=run.directory, target=AWS)
        level.require_rehearsable(account_state)
        print("\n".join(_disturbances(entries, run)), flush=True)
        key = _probe_key(invocation)
        with sigterm_as_interrupt(), _rehearsal(account, run, key=key):
            return replay.run(pytest_args, home=run.directory, target=AWS)
    finally:
        run.set_state(runs.STATE_STOPPED)


def cleanup(invocation: Invocation, run_id: str) -> int:
    """Undo the changes that a killed run left in an account.

    Raises:
        ConfigError: There is no such run, or it is still at work.
        HarnessError: Not everything could be undone.
    """
    home = invocation.location.home
    run = runs.find_run(home, run_id)
    if run is None or not (run.directory / locate.ACCOUNT_FILE).is_file():
        run_ids = [path.parent.name.rpartition("-")[2] for path in _accounts(home)]
        raise ConfigError(
            f"no run {run_id} on an AWS account was made here",
            where=str(home / "runs"),
            hint=f"runs here: {', '.join(run_ids) or 'none'}; use the machine, and CUTOVER_HOME, of"
            " the run",
        )
    if runs.owner_is_alive(run.owner):
        raise ConfigError(
            f"run {run_id} is still at work (process {run.owner.partition(':')[0]})",
            hint="end that process, or wait for it: it undoes its changes itself",
        )
    if not exclusive.keep_target_lock(run.directory, within_s=_SCENARIOS_END_WITHIN_S):
        raise ConfigError(
            f"scenarios of run {run_id} are still at work",
            where=str(run.directory),
            hint="end their pytest processes, or wait for them",
        )
    account = _account(locate.account_access(run.directory))
    lock = AccountLock(account.access, ssm=account.client("ssm"))
    _undo(account, run, lock=lock, key=_probe_key(invocation))
    return 0


@contextmanager
def _rehearsal(account: Account, run: Run, *, key: Secret | None) -> Iterator[None]:
    """Hold the account's lock inside the block, and undo the changes after it."""
    lock = AccountLock(account.access, ssm=account.client("ssm"))
    with lock.held():
        try:
            yield
        finally:
            _undo_whole(account, run, lock=lock, key=key)


def _undo_whole(account: Account, run: Run, *, lock: AccountLock, key: Secret | None) -> None:
    """Undo a run's changes; an impatient operator is told how to go on later.

    Raises:
        HarnessError: Not everything is undone.
    """
    try:
        _undo(account, run, lock=lock, key=key)
    except KeyboardInterrupt:
        raise HarnessError(
            f"Run {run.id} was interrupted while it undid its changes of the account.",
            where=str(run.directory),
            hint=f"Run `cutover cleanup --run {run.id}`: no other run begins before.",
        ) from None


def _undo(account: Account, run: Run, *, lock: AccountLock, key: Secret | None) -> None:
    """Undo a run's changes, print each, and give the account free.

    Raises:
        HarnessError: Not everything could be undone; the lock stays.
    """
    outcome = restoration.restore(account, Ledger(run.directory), probe=lambda: _probe(run, key))
    for line in outcome.undone:
        print(f"undone: {redact(line)}", flush=True)
    for line in outcome.foreign:
        print(f"not touched: {redact(line)}", flush=True)
    if outcome.error is not None:
        raise HarnessError(
            "These changes of the account are not undone:"
            + "".join(f"\n    {text}" for text in outcome.left),
            last_answer=outcome.error.what,
            where=str(run.directory),
            hint=f"{outcome.error.hint} Then run `cutover cleanup --run {run.id}`.".lstrip(),
        )
    lock.release()


def _probe(run: Run, key: Secret | None) -> ProbeClient:
    """Return the probe of a run's account."""
    target = locate.aws(run.directory, probe_key=key)
    visitor = Browser(
        http.web(target.access), access=target.access, probe_key=lambda: aws.probe_key(target)
    )
    return visitor.probe


def _account(access: Access) -> Account:
    return Account(access, lambda service: aws.account_client(access, service))


def _probe_key(invocation: Invocation) -> Secret | None:
    """Return the probe's key where the caller gives it."""
    key = invocation.environ.get("CUTOVER_PROBE_KEY")
    return Secret(key) if key else None


def _accounts(home: Path) -> list[Path]:
    return sorted((home / "runs").glob(f"*/{locate.ACCOUNT_FILE}"))


def _disturbances(entries: Sequence[Entry], run: Run) -> list[str]:
    """Return the scenarios that visitors notice, one a line, below their number."""
    target = locate.aws(run.directory)
    noticed = [entry for entry in entries if entry.exclusive and not entry.skip_reason(target)]
    return [
        f"visitors notice {len(noticed)} scenarios of this run"
        + (": tasks are stopped or replaced, pages fail or are slow meanwhile" if noticed else ""),
        *(f"  {entry.story}: {entry.name.replace('_', ' ')}" for entry in noticed),
        f"run {run.id} undoes its changes when it ends; after a kill: cutover cleanup --run"
        f" {run.id}",
    ]


def print_environment(invocation: Invocation, chosen_level: str) -> int:
    """Print the variables that make the stack that is up an account for AWS's own tools."""
    access = locate.local(invocation.location.home).access
    for line in environment.exports(access, level=chosen_level):
        print(line)
    return 0
