"""Runs and their directories: owner, state, and the files a run leaves.

A run directory is ``<home>/runs/<utc>-<id>/``. Everything in it is written through ``redact``.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from harness.core.errors import ConfigError, HarnessError
from harness.core.labels import LABEL_HOME, LABEL_OWNER, LABEL_PLACE, LABEL_ROLE, LABEL_RUN
from harness.core.redact import redact

READY_FILE = "ready_at.txt"
"""In the directory of a component: when it was ready, ISO 8601."""

STATE_RUNNING = "running"
"""The owner process is at work; when that is gone, the run is dead."""
STATE_UP = "up"
"""The stack was left up on purpose and outlives its owner."""
STATE_STOPPED = "stopped"

ELSEWHERE_S = 12 * 3600.0
"""For so long a run of another container or machine is taken for alive."""


@dataclass(frozen=True)
class Run:
    """One execution: its id, its directory and the process that owns it."""

    id: str
    directory: Path
    home: Path
    owner: str

    def labels(self, role: str) -> dict[str, str]:
        """Labels for everything this run makes."""
        return {
            LABEL_RUN: self.id,
            LABEL_ROLE: role,
            LABEL_HOME: str(self.home),
            LABEL_OWNER: self.owner,
            LABEL_PLACE: this_place(),
        }

    def name(self, role: str) -> str:
        """Name of a container, network or volume of this run."""
        return f"cutover-{self.id}-{role}"

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of this run, redacted."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(redact(text), encoding="utf-8")
        return path

    def write_json(self, name: str, value: Any) -> Path:
        """Write a JSON file of this run, redacted and in one step."""
        return _write_whole(self.directory / name, redact(json.dumps(value, indent=2, default=str)))

    def set_state(self, state: str) -> None:
        """Record the state of the run."""
        _write_whole(
            self.directory / "state.json", json.dumps({"state": state, "owner": self.owner})
        )


def new_run(home: Path) -> Run:
    """Make a run directory owned by this process.

    Raises:
        HarnessError: The home is another user's.
    """
    run_id = secrets.token_hex(3)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = home / "runs" / f"{stamp}-{run_id}"
    try:
        directory.mkdir(parents=True)
    except PermissionError as error:
        raise _foreign(home) from error
    except OSError as error:
        raise _unwritable(home, error) from error
    run = Run(id=run_id, directory=directory, home=home, owner=owner_of(os.getpid()))
    run.set_state(STATE_RUNNING)
    return run


def find_run(home: Path, run_id: str) -> Run | None:
    """Find the directory of a run made earlier."""
    for directory in (home / "runs").glob(f"*-{run_id}"):
        return Run(id=run_id, directory=directory, home=home, owner=_state(directory)["owner"])
    return None


def is_alive(home: Path, run_id: str, *, owner: str, place: str = "", age_s: float = 0.0) -> bool:
    """Whether a run is still at work, or was left up on purpose.

    The run of another user, whose home cannot be read, is alive: that user's commands sweep it.
    So is, for some hours, that of a process which cannot be seen from here.
    """
    try:
        run = find_run(home, run_id) if _is_there(home) else None
        if run is not None and _state(run.directory)["state"] == STATE_UP:
            return True
    except PermissionError:
        return True
    if place not in ("", this_place()):
        return age_s < ELSEWHERE_S
    return owner_is_alive(owner)


def _is_there(home: Path) -> bool:
    """Whether there is a home; a glob keeps quiet about one that cannot be read."""
    try:
        with os.scandir(home / "runs") as entries:
            next(entries, None)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def owner_of(pid: int) -> str:
    """Name a process by its id and start time, so that a reused id is not taken for it."""
    return f"{pid}:{_start_ticks(pid)}"


def owner_is_alive(owner: str) -> bool:
    """Whether the process that ``owner_of`` named still runs."""
    pid, _, started = owner.partition(":")
    return pid.isdigit() and started == _start_ticks(int(pid))


@cache
def this_place() -> str:
    """Return a name for this machine or container: the place where a process id has its meaning."""
    namespace = Path("/proc/self/ns/pid")
    number = str(namespace.readlink()) if namespace.is_symlink() else ""
    return hashlib.sha256(f"{socket.gethostname()} {number}".encode()).hexdigest()[:8]


def write_current(home: Path, access: str) -> None:
    """Record the stack that is up, as JSON."""
    _write_whole(home / "current.json", access)


def read_current(home: Path) -> dict[str, Any] | None:
    """Read the record of the stack that is up."""
    try:
        current: dict[str, Any] = json.loads((home / "current.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return current


def clear_current(home: Path, *, run_id: str) -> None:
    """Forget the stack that was up, if it is this run's."""
    current = read_current(home)
    if current is not None and current.get("run") == run_id:
        (home / "current.json").unlink(missing_ok=True)


def note_remains(home: Path, names: Iterable[str]) -> set[str]:
    """Note the names that the engine does not remove; return the new names."""
    path = home / "remains.json"
    remains = set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()
    new = set(names) - remains
    if new:
        _write_whole(path, json.dumps(sorted(remains | new)))
    return new


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the home for one command that changes the current stack.

    Raises:
        HarnessError: Another process holds it, or it is another user's.
    """
    import fcntl

    with _lock_file(home) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise HarnessError(
                f"another cutover (process {file.read().strip() or 'unknown'}) is working here",
                where=str(home),
                hint="wait until it ends, or end it; or set CUTOVER_HOME to another directory",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock_file(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return (home / "lock").open("a+", encoding="utf-8")
    except PermissionError as error:
        raise _foreign(home) from error
    except OSError as error:
        raise _unwritable(home, error) from error


def _unwritable(home: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{home} cannot be made: {error.strerror}",
        hint="set CUTOVER_HOME to a directory that this user may write to",
    )


def _foreign(home: Path) -> HarnessError:
    return HarnessError(
        f"{home} is another user's",
        hint="set CUTOVER_HOME to a directory of your own",
    )


def _state(directory: Path) -> dict[str, str]:
    try:
        state: dict[str, str] = json.loads((directory / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {"state": STATE_RUNNING, "owner": ""}
    return state


def _start_ticks(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return _exists(pid)
    # The command name, in brackets, may hold spaces; field 22 is the 20th after it.
    return stat.rpartition(")")[2].split()[19]


def _exists(pid: int) -> str:
    """Without /proc (macOS), only the existence of some process with this id is known."""
    if Path("/proc/self").exists():
        return "gone"
    try:
        os.kill(pid, 0)
    except OSError:
        return "gone"
    return "0"


def _write_whole(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return path
