"""The commands: start, replay, stop; everything made is removed on every way out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import runs
from harness.core.errors import ConfigError, NoStack
from harness.inputs import production, reading
from harness.inputs.config import Config, Location, locate
from harness.phases.checks import contradictions
from harness.rehearsal.session import down_current, session, sweep
from harness.replay.acceptance import Acceptance
from harness.replay.runner import PARALLEL, Replay, only_lists, shard_option
from harness.report import json_file
from harness.smoke.site import HTTPS_PORT, parse_endpoint
from harness.stack import engine
from harness.target.target import URL

if TYPE_CHECKING:
    from harness.inputs.production import Production

MOST_RUN_AGAIN = 20


@dataclass(frozen=True)
class Invocation:
    """Where and with which variables a command was called."""

    environ: Mapping[str, str]
    cwd: Path

    @cached_property
    def config(self) -> Config:
        """The configuration, without a check of the files that it names."""
        return reading.configuration(self.environ, cwd=self.cwd)

    @cached_property
    def location(self) -> Location:
        """The place of the configuration, none of which is read."""
        return locate(self.environ, cwd=self.cwd)

    @cached_property
    def production(self) -> Production:
        """The configuration and every file that it names, read once."""
        return production.load(self.environ, cwd=self.cwd)

    def print_notes(self) -> None:
        """Print the notes of production's files, and where those of [phases] disagree with them."""
        for note in self.production.notes:
            print(note)
        self.print_contradictions()

    def print_contradictions(self) -> None:
        """Print where the files of [phases] are wrong: a stack does without them, the move not."""
        for problem in contradictions.find(self.production):
            print(f"{problem.where} {problem.message}: `cutover preflight` is red")

    def replay(self, *, report_dir: Path | None) -> Replay:
        """Return the scenarios as this configuration replays them."""
        config = self.config
        return Replay(
            {**self.environ, "CUTOVER_CONFIG": str(config.file)},
            cwd=self.cwd,
            cache=config.home,
            report_dir=report_dir,
            own=config.scenario_paths,
            accepted=tuple(
                Acceptance(
                    acceptance.scenario,
                    acceptance.why,
                    acceptance.until.isoformat(),
                    acceptance.finding or "",
                )
                for acceptance in config.accept
            ),
        )


@dataclass(frozen=True)
class Passes:
    """The passes of a replay: a share of the stories, and the red scenarios again."""

    retry_red: bool = False
    shard: tuple[int, int] | None = None
    """Number and total; None for all stories."""
    durations: Path | None = None
    """The directory of an earlier report, which balances the shards."""

    def options(self, replay: Replay, pytest_args: Sequence[str]) -> list[str]:
        """Return the arguments for pytest that every pass needs."""
        if self.shard is None:
            return []
        number, total = self.shard
        shard = replay.shard(pytest_args, number=number, total=total, durations=self.durations)
        print(f"shard {shard.name}: {', '.join(shard.stories_of(number))}")
        return [shard_option(shard)]


def rehearse(
    invocation: Invocation,
    *,
    keep: bool,
    report_dir: Path | None,
    pytest_args: Sequence[str],
    passes: Passes = Passes(),
    is_gate: bool = False,
) -> int:
    """Start a stack of its own, replay the scenarios, report, and stop it.

    When the red scenarios run again at the end, the exit code stays the first one's.

    Raises:
        InputError: The configuration or a file that it names has problems, all of them listed;
            of the files of [phases], for a gate.
    """
    if is_gate:
        contradictions.reject(invocation.production)
    invocation.print_notes()
    replay = invocation.replay(report_dir=report_dir)
    options = passes.options(replay, pytest_args)
    pytest_args = [*options, *pytest_args]
    listing = replay.collect(pytest_args)
    if only_lists(pytest_args):
        print(listing)
        return 0
    with session(invocation.production) as opened:
        opened.start()
        print(f"stack up after {time.monotonic() - opened.began:.1f} s", flush=True)
        code = replay.run([*PARALLEL, *pytest_args], home=opened.run.directory)
        if passes.retry_red and code == 1:
            directory = opened.run.directory
            _run_again(replay, report_dir or directory, home=directory, options=options)
        if keep:
            opened.keep()
            print("the stack is left up; `cutover down` stops it")
    _show_parity(invocation, report_dir or opened.run.directory)
    invocation.print_contradictions()
    print(f"run directory: {opened.run.directory}")
    print(f"whole rehearsal: {time.monotonic() - opened.began:.1f} s", flush=True)
    return code


def _show_parity(invocation: Invocation, report: Path) -> None:
    from harness.cli import parity

    if (report / json_file.FILE_NAME).is_file() and (line := parity.summary(invocation, report)):
        print(line)


def _run_again(replay: Replay, report: Path, *, home: Path, options: Sequence[str]) -> None:
    """Run a few red scenarios again; many are no accident."""
    red = json_file.read(report)["faults"]
    number = sum(len(fault["scenarios"]) for fault in red)
    if number > MOST_RUN_AGAIN:
        print(f"{number} scenarios are red: more than {MOST_RUN_AGAIN} are not run again")
        return
    print("the red scenarios run again", flush=True)
    replay.run_second_pass(report, home=home, options=options)


def up(invocation: Invocation) -> int:
    """Start the stack and leave it up; reuse one that is up and made from the same files."""
    from harness.rehearsal import current_stack

    invocation.print_notes()
    with runs.locked(invocation.production.config.home):
        stack = current_stack.find(invocation.production.config.home, engine.connect)
        if stack is not None:
            changed = current_stack.changed_inputs(stack, invocation.production)
            if not changed:
                print(f"already up: {invocation.production.config.public_url} (run {stack['run']})")
                return 0
            print(f"changed since the stack was started: {', '.join(changed)}; starting anew")
            down_current(invocation.production.config.home)
        with session(invocation.production) as opened:
            opened.start()
            opened.keep()
    duration_s = time.monotonic() - opened.began
    print(f"up after {duration_s:.1f} s; `cutover verify` replays the scenarios")
    return 0


def down(invocation: Invocation) -> int:
    """Stop the stack that is up, and sweep the remains of dead runs."""
    with runs.locked(invocation.location.home):
        client = engine.connect()
        began = time.monotonic()
        stopped = down_current(invocation.location.home, client=client)
        swept = sweep(client, home=invocation.location.home)
    for run_id in swept:
        print(f"removed what run {run_id} had left")
    print(f"down after {time.monotonic() - began:.1f} s" if stopped or swept else "nothing is up")
    return 0


def verify(invocation: Invocation, *, report_dir: Path | None, pytest_args: Sequence[str]) -> int:
    """Replay the scenarios against the stack that is up."""
    location = invocation.location
    if runs.read_current(location.home) is None and not only_lists(pytest_args):
        raise NoStack("no stack is up", where=str(location.home), hint="`cutover up` starts one")
    replay = invocation.replay(report_dir=report_dir)
    return replay.run(pytest_args, home=location.home)


def verify_url(
    invocation: Invocation,
    url: str,
    *,
    connect_to: str,
    report_dir: Path | None,
    pytest_args: Sequence[str],
) -> int:
    """Replay against a public URL the scenarios that change nothing there.

    Raises:
        ConfigError: The place to connect to is no address.
    """
    home = (invocation.cwd / invocation.environ.get("CUTOVER_HOME", ".cutover")).resolve()
    dialled = (
        parse_endpoint(connect_to, option="--connect-to", port=HTTPS_PORT) if connect_to else ""
    )
    environ = {**invocation.environ, "CUTOVER_CONNECT_TO": str(dialled)}
    replay = Replay(environ, cwd=invocation.cwd, cache=home, report_dir=report_dir)
    return replay.run(["--cutover-url", url, *pytest_args], home=home, target=URL)


def status(invocation: Invocation, *, as_json: bool) -> int:
    """Show the running stack: exit code 0 when there is one, 1 when there is none."""
    from harness.rehearsal import current_stack

    state = current_stack.describe(invocation.location.home, engine.connect)
    if as_json:
        print(json.dumps(state, indent=2))
    else:
        print(current_stack.as_text(state))
    return 0 if state["up"] else 1


def logs(invocation: Invocation, service: str, *, follow: bool) -> int:
    """Show the logs of a service's containers."""
    from harness.rehearsal import current_stack

    return current_stack.show_logs(
        invocation.location.home, engine.connect(), service, follow=follow
    )


def run_in(invocation: Invocation, service: str, command: list[str]) -> int:
    """Run a command in a container, attached to this terminal."""
    if not command:
        raise ConfigError("no command was given", hint="write: cutover exec SERVICE -- CMD")
    from harness.rehearsal import current_stack

    return current_stack.run_in(invocation.location.home, engine.connect(), service, command)


def doctor(invocation: Invocation) -> int:
    """Check the machine and the configuration; each line is ok, or has its remedy."""
    from harness.cli.doctor import examine

    results = examine(invocation.environ, cwd=invocation.cwd)
    for result in results:
        print(result)
    return 0 if all(result.ok for result in results) else 1
