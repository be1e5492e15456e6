"""What each command does: start, replay, stop; everything made is removed on every way out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from harness.core import bundle, progress, runs
from harness.core.errors import ConfigError, HarnessError, NoStack
from harness.core.runs import Run
from harness.core.steps import interrupted
from harness.inputs import config
from harness.stack import engine, removal

if TYPE_CHECKING:
    import docker

    from harness.inputs.config import Config

"""The harness itself: its scenarios and images are here, wherever the app is."""

TEST_FOLDERS = tuple(
    f"tests/{part}"
    for part in ("lint", "unit", "plugin", "report", "php", "docker", "rehearsal", "broken")
)
"""The quickest first."""
PARALLEL = ("-n", "3")
"""What a rehearsal gives pytest before the user's own arguments; scenarios wait more than they
compute, so that on two processors three are quicker than two."""
_PYTEST_INTERRUPTED = 2
_PYTEST_NOTHING_RAN = 5


@dataclass(frozen=True)
class Here:
    """Where and with which variables a command was called."""

    environ: Mapping[str, str]
    cwd: Path

    @cached_property
    def config(self) -> Config:
        """The configuration, read once."""
        return config.load(self.environ, cwd=self.cwd)


@dataclass
class Session:
    """One stack, from its run directory to its removal."""

    here: Here
    client: docker.DockerClient
    run: Run
    kept: bool = False
    began: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Build what is missing and start the stack."""
        from harness.images import builder as images
        from harness.rehearsal import bringup, plan

        plan.check(self.here.config)
        with progress.shown() as show:
            built = images.build_for(self.here.config, run=self.run, progress=show)
            bringup.Bringup(
                config=self.here.config,
                run=self.run,
                client=self.client,
                progress=show,
                images=built,
            ).up()

    def keep(self) -> None:
        """Leave the stack up when this process ends."""
        from harness.rehearsal import bringup

        self.run.set_state(runs.STATE_UP)
        bringup.record_current(self.run)
        self.kept = True


@contextmanager
def session(here: Here) -> Iterator[Session]:
    """Sweep what dead runs left, open a run, and remove its stack unless it is kept."""
    client = _ready_engine(here)
    removal.sweep(client)
    with _terminable():
        run = runs.new_run(here.config.home)
        opened = Session(here=here, client=client, run=run)
        try:
            yield opened
        except HarnessError as error:
            run.write_text("failure.txt", str(error))
            raise
        finally:
            if not opened.kept:
                with _undisturbed():
                    remove(client, run)


def remove(client: docker.DockerClient, run: Run) -> None:
    """Save a run's logs, then remove everything it made."""
    removal.save(run, removal.containers_of(client, run.id))
    removal.remove_run(client, run.id)
    run.set_state(runs.STATE_STOPPED)
    runs.clear_current(run.home, run_id=run.id)


def _ready_engine(here: Here) -> docker.DockerClient:
    _ = here.config  # a mistake in the configuration is said before Docker is asked for
    client = engine.connect()
    root = client.info().get("DockerRootDir", "/")
    if Path(root).is_dir():
        engine.require_room(root)
    return client


@contextmanager
def _terminable() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP, as CI and closed terminals send them, like Ctrl-C.

    SIGINT is set too: a shell that starts us in the background has it ignored.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {name: signal.signal(name, interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nothing but SIGKILL end a clean-up; it takes seconds."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {name: signal.signal(name, signal.SIG_IGN) for name in names}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


def rehearse(here: Here, *, keep: bool, pytest_args: list[str]) -> int:
    """Start a stack of its own, replay the scenarios, report, and stop it."""
    with session(here) as opened:
        opened.start()
        print(f"stack up after {time.monotonic() - opened.began:.1f} s", flush=True)
        code = replay(here, opened.run.directory, [*PARALLEL, *pytest_args])
        if keep:
            opened.keep()
            print("the stack is left up; `bin/cutover down` stops it")
    print(f"run directory: {opened.run.directory}")
    print(f"whole rehearsal: {time.monotonic() - opened.began:.1f} s", flush=True)
    return code


def replay(here: Here, home: Path, pytest_args: list[str], *, target: str = "local") -> int:
    """Run the scenarios in a pytest of their own, and turn its exit code into ours.

    Args:
        here: Where the command was called.
        home: Directory with the ``current.json`` of the stack to use.
        pytest_args: The user's own arguments for pytest.
        target: Where the scenarios run.
    """
    named = any(_is_there(bundle.ROOT / arg.partition("::")[0]) for arg in pytest_args)
    command = [sys.executable, "-m", "pytest", "--target", target, *pytest_args]
    variables = {
        **here.environ,
        "CUTOVER_CONFIG": str(here.config.file),
        "CUTOVER_HOME": str(home),
    }
    code = subprocess.run(
        [*command, *([] if named else ["scenarios"])], cwd=bundle.ROOT, env=variables, check=False
    ).returncode
    if code == _PYTEST_INTERRUPTED:
        raise KeyboardInterrupt
    if code == _PYTEST_NOTHING_RAN:
        raise ConfigError(
            "no scenario matches these arguments",
            hint="`pytest scenarios --collect-only` lists them",
        )
    return code if code <= 1 else ConfigError.exit_code


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # an expression after -k can be longer than a name may be
        return False


def up(here: Here) -> int:
    """Start the stack and leave it up; reuse one that is up and made from the same files."""
    from harness.rehearsal import current_stack

    with runs.locked(here.config.home):
        found = current_stack.find(here.config.home, engine.connect)
        if found is not None:
            changed = current_stack.changed_inputs(found, here.config)
            if not changed:
                print(f"already up: {here.config.public_url} (run {found['run']})")
                return 0
            print(f"changed since the stack was started: {', '.join(changed)}; starting anew")
            down_current(here)
        with session(here) as opened:
            opened.start()
            opened.keep()
    took = time.monotonic() - opened.began
    print(f"up after {took:.1f} s; `bin/cutover verify` replays the scenarios")
    return 0


def down(here: Here) -> int:
    """Stop the stack that is up, and sweep what dead runs left."""
    with runs.locked(here.config.home):
        client = engine.connect()
        began = time.monotonic()
        stopped = down_current(here, client=client)
        swept = removal.sweep(client)
    for run_id in swept:
        print(f"removed what run {run_id} had left")
    print(f"down after {time.monotonic() - began:.1f} s" if stopped or swept else "nothing is up")
    return 0


def down_current(here: Here, *, client: docker.DockerClient | None = None) -> bool:
    """Remove the stack that is up, if there is one."""
    home = here.config.home
    found = runs.read_current(home)
    if found is None:
        return False
    run = runs.find_run(home, found["run"])
    if run is not None:
        with _undisturbed():
            remove(client or engine.connect(), run)
    runs.clear_current(home, run_id=found["run"])
    return True


def verify(here: Here, pytest_args: list[str]) -> int:
    """Replay the scenarios against the stack that is up."""
    home = here.config.home
    if runs.read_current(home) is None:
        raise NoStack("no stack is up", where=str(home), hint="`bin/cutover up` starts one")
    return replay(here, home, pytest_args)


def smoke(here: Here, pytest_args: list[str]) -> int:
    """Replay against the public URL the scenarios that change nothing there."""
    return replay(here, here.config.home, pytest_args, target="url")


def test(here: Here, pytest_args: list[str]) -> int:
    """Run the project's own tests: lint, types, unit, plugin, Docker, the app's, one rehearsal."""
    tests = pytest_args or ["--durations=12", "-m", "not long", *TEST_FOLDERS]
    command = [sys.executable, "-m", "pytest", *tests]
    variables = {k: v for k, v in here.environ.items() if not k.startswith("CUTOVER_")}
    return subprocess.run(command, cwd=bundle.ROOT, env=variables, check=False).returncode


def status(here: Here, *, as_json: bool) -> int:
    """Say what is up: exit code 0 when a stack is, 1 when none is."""
    from harness.rehearsal import current_stack

    found = current_stack.describe(here.config.home, engine.connect())
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(current_stack.as_text(found))
    return 0 if found["up"] else 1


def logs(here: Here, service: str, *, follow: bool) -> int:
    """Show the logs of a service's containers."""
    from harness.rehearsal import current_stack

    return current_stack.show_logs(here.config.home, engine.connect(), service, follow=follow)


def run_in(here: Here, service: str, command: list[str]) -> int:
    """Run a command in a container, attached to this terminal."""
    if not command:
        raise ConfigError("no command was given", hint="write: bin/cutover exec SERVICE -- CMD")
    from harness.rehearsal import current_stack

    return current_stack.run_in(here.config.home, engine.connect(), service, command)


def images(here: Here, action: str) -> int:
    """List, build or prune the images."""
    from harness.images import builder as made

    client = engine.connect()
    if action == "list":
        for line in made.listing(client):
            print(line)
    elif action == "prune":
        for tag in made.prune(client):
            print(f"removed {tag}")
    else:
        run = runs.new_run(here.config.home)
        with _terminable(), progress.shown() as show:
            made.build_for(here.config, run=run, progress=show)
        run.set_state(runs.STATE_STOPPED)
    return 0


def doctor(here: Here) -> int:
    """Check what a rehearsal needs; each line is ok, or has its remedy."""
    from harness.cli import doctor as checks

    results = checks.examine(here.environ, cwd=here.cwd)
    for result in results:
        print(result)
    return 0 if all(result.ok for result in results) else 1
