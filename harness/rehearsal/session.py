"""One local stack, from its run directory to its removal on every way out."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from harness.core import progress, runs
from harness.core.errors import HarnessError
from harness.core.runs import Run
from harness.core.steps import interrupted
from harness.stack import engine, logs, removal

if TYPE_CHECKING:
    import docker

    from harness.inputs.production import Production


@dataclass
class Session:
    """One stack, from its run directory to its removal."""

    production: Production
    client: docker.DockerClient
    run: Run
    is_kept: bool = False
    began: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Build the missing images and start the stack."""
        from harness.images import builder
        from harness.rehearsal import bringup

        with progress.displayed() as show:
            built = builder.build_for(self.client, self.production, run=self.run, progress=show)
            bringup.Bringup(
                production=self.production,
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
        self.is_kept = True


@contextmanager
def session(production: Production) -> Iterator[Session]:
    """Sweep the remains of dead runs, open a run, and remove its stack unless it is kept."""
    client = _ready_engine()
    sweep(client, home=production.config.home)
    with sigterm_as_interrupt():
        run = runs.new_run(production.config.home)
        opened = Session(production=production, client=client, run=run)
        try:
            yield opened
        except HarnessError as error:
            run.write_text("failure.txt", str(error))
            raise
        finally:
            if not opened.is_kept:
                with _signals_ignored():
                    remove(client, run)


def remove(client: docker.DockerClient, run: Run) -> None:
    """End control, save a run's logs, then remove everything it made."""
    removal.end_control(client, run.id)
    logs.save(run, logs.containers_of(client, run.id))
    _report(removal.remove_run(client, run.id), home=run.home)
    run.set_state(runs.STATE_STOPPED)
    runs.clear_current(run.home, run_id=run.id)


def sweep(client: docker.DockerClient, *, home: Path) -> tuple[str, ...]:
    """Remove the remains of dead runs; return the ids of those of which something was removed."""
    swept = removal.sweep(client)
    _report(swept.remains, home=home)
    return swept.runs


def _report(remains: Iterable[removal.Remains], *, home: Path) -> None:
    """Name the resources that the engine does not remove, once in a home."""
    answers = {leftover.name: leftover.answer for leftover in remains}
    for name in sorted(runs.note_remains(home, answers)):
        error = HarnessError(
            f"{name} could not be removed",
            last_answer=answers[name],
            hint="restart the Docker engine, then `cutover down` removes it; until then it holds"
            " nothing up",
        )
        progress.warn(str(error))


def _ready_engine() -> docker.DockerClient:
    client = engine.connect()
    root = client.info().get("DockerRootDir", "/")
    if Path(root).is_dir():
        engine.require_room(root)
    return client


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
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
def _signals_ignored() -> Iterator[None]:
    """Let nothing but SIGKILL end a clean-up; it takes seconds."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {name: signal.signal(name, signal.SIG_IGN) for name in names}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


def down_current(home: Path, *, client: docker.DockerClient | None = None) -> bool:
    """Remove the stack that is up, if there is one."""
    stack = runs.read_current(home)
    if stack is None:
        return False
    run = runs.find_run(home, stack["run"])
    if run is not None:
        with _signals_ignored():
            remove(client or engine.connect(), run)
    runs.clear_current(home, run_id=stack["run"])
    return True
