"""A project of the test's own, and bin/cutover run in it as a user does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.stack import engine, logs, removal
from tests.docker.own_run import remove

if TYPE_CHECKING:
    import docker

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 420
SHARED = (
    *(
        "artisan",
        "public/index.php",
        "public/robots.txt",
        "config/[!t]*.php",
        "config/trusted*.php",
    ),
    *("packages", "vendor-debian", "vendor-composer", "database/migrations/0001_01_01_00000[123]*"),
)
"""Files of the reference app that any Laravel has."""


@dataclass
class Command:
    """A bin/cutover that runs, and its output so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, words: str) -> None:
        """Wait until the command has said these words."""
        with self._changed:
            in_time = self._changed.wait_for(
                lambda: words in self.said or self.process.poll() is not None, timeout=TIMEOUT_S
            )
        assert in_time, f"{words!r} was never said:\n{self.said}"
        assert words in self.said, self.said

    def end(self, within_s: int = TIMEOUT_S) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(within_s)
        self._reader.join(10)
        return code

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send a signal as a terminal does: to the whole process group."""
        os.killpg(self.process.pid, number)

    @property
    def said(self) -> str:
        return "".join(self.lines)


@dataclass(frozen=True)
class Project:
    """A project of the test's own: the reference app's files, which it may break."""

    root: Path
    environ: dict[str, str]
    cutover: Path = ROOT / "bin" / "cutover"
    """The command."""

    @property
    def home(self) -> Path:
        return self.root / ".cutover"

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file, which must hold the old text."""
        path = self.root / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new))

    def start(self, *words: str) -> Command:
        """Start bin/cutover in this project."""
        return Command(
            subprocess.Popen(
                [str(self.cutover), *words],
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )

    def run(self, *words: str, within_s: int = TIMEOUT_S) -> tuple[int, str]:
        """Run bin/cutover to its end; return exit code and output."""
        command = self.start(*words)
        code = command.end(within_s)
        # pytest shows it beside a failure.
        sys.stdout.write(f"cutover {' '.join(words)}\n{command.said}")
        return code, command.said

    def scenarios(self) -> list[dict[str, Any]]:
        """Return the scenarios' entries in the reports of this project's runs."""
        reports = (json.loads(path.read_text()) for path in self.home.glob("runs/*/report.json"))
        return [entry for report in reports for entry in report["scenarios"]]

    def run_ids(self) -> set[str]:
        return {path.name.rpartition("-")[2] for path in (self.home / "runs").glob("*")}


@pytest.fixture(scope="session")
def client() -> docker.DockerClient:
    return engine.connect()


def copy_inputs(root: Path) -> None:
    """Copy the reference app's configuration, and the files that it names or needs."""
    shutil.copy(ROOT / "cutover.toml", root)
    copy_aws_files(root)
    shutil.copy(ROOT / "app" / "Dockerfile", root / "app")


def copy_aws_files(root: Path) -> None:
    """Copy the reference app's AWS files."""
    for name in ("aws", "ecs", "iam", "network"):
        shutil.copytree(ROOT / "app" / name, root / "app" / name)


def copy_of_the_app(root: Path) -> Project:
    """Copy the reference app, so that it may be broken."""
    root.mkdir(exist_ok=True)
    shutil.copy(ROOT / "cutover.toml", root)
    shutil.copytree(ROOT / "app", root / "app", symlinks=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("CUTOVER_", "PYTEST_"))}
    return Project(root=root, environ=environ)


def copy_of(name: str, root: Path) -> Project:
    """Copy an app of ``tests/apps``, with the files of a stock Laravel that it shares."""
    copy = Project(root=root, environ=copy_of_the_app(root / "shared").environ)
    app = root / "shared" / "app"
    shutil.copytree(ROOT / "tests" / "apps" / name, root, dirs_exist_ok=True)
    for shared in SHARED:
        for path in sorted(app.glob(shared)):
            target = root / "app" / path.relative_to(app)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    shutil.rmtree(root / "shared")
    return copy


def lend(made: Project, client: docker.DockerClient) -> Iterator[Project]:
    """Lend a project to a test; remove its runs from the engine afterwards."""
    yield made
    remove_runs(made, client)


def remove_runs(made: Project, client: docker.DockerClient) -> None:
    """Remove every run of a project from the engine."""
    for run_id in made.run_ids():
        remove(client, run_id)


@pytest.fixture
def project(tmp_path: Path, client: docker.DockerClient) -> Iterator[Project]:
    """A project of this test's own; nothing of it is left."""
    yield from lend(copy_of_the_app(tmp_path), client)


@pytest.fixture
def nothing_left(client: docker.DockerClient) -> Callable[[Project], None]:
    """Assert that nothing of a project's runs is in the engine."""

    def check(project: Project) -> None:
        ids = project.run_ids()
        assert ids, "no run was made"
        left = {
            str(container.name): (container.status, container.attrs["State"])
            for run_id in ids
            for container in logs.containers_of(client, run_id)
        }
        assert not ids & set(removal.runs_in_engine(client)), left

    return check
