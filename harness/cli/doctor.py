"""Checks of the machine and the configuration; each result is ok, or carries its remedy."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import HarnessError
from harness.inputs import production
from harness.inputs.config import FILE_NAME
from harness.stack import engine, removal

if TYPE_CHECKING:
    import docker

NEEDED_MEMORY_BYTES = 3 * 1024**3
_GIB = 1024**3
_REGISTRIES = ("registry-1.docker.io", "repo.packagist.org")
_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Result:
    """One line of the doctor's."""

    name: str
    ok: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.name:<14} {self.text}"


def examine(environ: Mapping[str, str], *, cwd: Path) -> list[Result]:
    """Check configuration, engine, disk, memory, registries and leftovers."""
    return list(_results(environ, cwd))


def _results(environ: Mapping[str, str], cwd: Path) -> Iterator[Result]:
    yield _check("configuration", lambda: _configuration(environ, cwd))
    try:
        client = engine.connect()
    except HarnessError as error:
        yield Result("engine", ok=False, text=f"{error.what}; {error.hint}")
        return
    version = client.version()
    yield Result(
        "engine", ok=True, text=f"Docker {version['Version']}, API {version['ApiVersion']}"
    )
    yield _check("disk", lambda: _disk(client))
    yield _memory(client)
    yield from (_registry(host) for host in _REGISTRIES)
    yield _leftovers(client)


def _configuration(environ: Mapping[str, str], cwd: Path) -> str:
    """Check the files of the app, where there are any: the machine can be checked without them."""
    if "CUTOVER_CONFIG" not in environ and not (cwd / FILE_NAME).exists():
        return f"no {FILE_NAME} here; only the machine is checked"
    return str(production.load(environ, cwd=cwd).config.file)


def _check(name: str, work: Callable[[], str]) -> Result:
    try:
        return Result(name, ok=True, text=work())
    except HarnessError as error:
        return Result(
            name, ok=False, text=f"{error.what}; {error.hint}" if error.hint else str(error)
        )


def _disk(client: docker.DockerClient) -> str:
    root = client.info()["DockerRootDir"]
    place = root if Path(root).is_dir() else "/"
    engine.require_room(place)
    return f"{shutil.disk_usage(place).free / _GIB:.0f} GiB free in {place}"


def _memory(client: docker.DockerClient) -> Result:
    total = int(client.info()["MemTotal"])
    text = f"{total / _GIB:.1f} GiB for containers"
    if total >= NEEDED_MEMORY_BYTES:
        return Result("memory", ok=True, text=text)
    hint = f"{NEEDED_MEMORY_BYTES / _GIB:.0f} GiB are needed; raise it in Docker's settings"
    return Result("memory", ok=False, text=f"{text}; {hint}")


def _registry(host: str) -> Result:
    """Registries are optional: without them bases are made with mmdebstrap, vendor from Debian."""
    try:
        socket.create_connection((host, 443), timeout=_TIMEOUT_S).close()
    except OSError:
        vendor = "packagist" in host
        instead = "Debian's packages are used" if vendor else "mmdebstrap makes the bases"
        return Result("registry", ok=True, text=f"{host} does not answer; {instead}")
    return Result("registry", ok=True, text=f"{host} answers")


def _leftovers(client: docker.DockerClient) -> Result:
    dead = [
        run_id for run_id, run in removal.runs_in_engine(client).items() if not run.is_alive(run_id)
    ]
    if dead:
        text = (
            f"dead runs left something: {', '.join(dead)}; `cutover down` removes it, or names what"
            " only a restart of the Docker engine frees"
        )
        return Result("leftovers", ok=False, text=text)
    return Result("leftovers", ok=True, text="none")
