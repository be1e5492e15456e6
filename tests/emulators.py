"""Emulators of AWS from PyPI, each in a venv of its own: they pin another botocore than ours."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.core.wait import Deadline, NotYet, Ready, wait_until

STARTS_WITHIN_S = 30


def install(lock_file: Path, *, into: Path) -> Path:
    """Install the packages of a lock once, and return the directory of their programs.

    Args:
        lock_file: The packages, with hashes.
        into: A directory that stays between runs, for this lock's venvs alone.
    """
    version = hashlib.sha256(lock_file.read_bytes()).hexdigest()[:12]
    venv, done = into / version, into / f"{version}.done"
    with (into / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            run(sys.executable, "-m", "venv", "--clear", str(venv))
            pip = [str(venv / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
            run(*pip, "--require-hashes", "--requirement", str(lock_file))
            done.touch()
    return venv / "bin"


def run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serving(
    *command: str | Path, directory: Path, environ: Mapping[str, str], health: str
) -> Iterator[None]:
    """Run a server until the block ends; it has answered at its health URL when the block begins.

    Args:
        command: The program and its arguments.
        directory: Its home and working directory; its log is there.
        environ: Its variables, besides HOME and PATH.
        health: The URL.
    """
    whole = {"PATH": os.environ["PATH"], "HOME": str(directory), **environ}
    log = directory / "log"
    words: Sequence[str] = [str(word) for word in command]
    with log.open("w") as output:
        process = subprocess.Popen(
            words, env=whole, cwd=directory, stdout=output, stderr=subprocess.STDOUT
        )

    def probe() -> Ready | NotYet:
        try:
            with urllib.request.urlopen(health, timeout=5):
                return Ready()
        except OSError as error:
            return NotYet(f"{error}: {log.read_text()}")

    try:
        wait_until(probe, deadline=Deadline(STARTS_WITHIN_S), interval_s=0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
