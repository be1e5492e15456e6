"""The Docker engine: reaching it, and saying what to do when it cannot be reached."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import tarfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.core.errors import DockerUnavailable

if TYPE_CHECKING:
    import docker

NEEDED_DISK_BYTES = 6 * 1024**3
_MOST_LINKS = 5
DEFAULT_SOCKET = "/var/run/docker.sock"


def connect() -> docker.DockerClient:
    """Connect to the engine that DOCKER_HOST, the Docker context or the default socket names.

    Raises:
        DockerUnavailable: No engine answers, or this user may not use it.
    """
    # Ryuk would have to be pulled from a registry; the harness sweeps by its own labels.
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    import docker.errors
    import requests
    from testcontainers.core.docker_client import DockerClient

    try:
        client = DockerClient().client
        client.ping()
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise explain(str(error)) from error
    client.api.timeout = 120
    return client


def explain(answer: str) -> DockerUnavailable:
    """Turn the engine's refusal into an error with the remedy that fits."""
    if "Permission denied" in answer or "permission denied" in answer:
        return DockerUnavailable(
            "no permission to use the Docker engine",
            last_answer=answer,
            hint="add yourself to the docker group (`sudo usermod -aG docker $USER`, then log in"
            " again), or use rootless Docker",
        )
    return DockerUnavailable(
        "no Docker engine answers",
        last_answer=answer,
        hint="start Docker Desktop or the docker service, or set DOCKER_HOST;"
        " on Debian or Ubuntu as root, bin/cutover installs and starts it",
    )


def require_room(path: str = "/") -> None:
    """Refuse to start when a stack's images would not fit.

    Raises:
        DockerUnavailable: Less than ``NEEDED_DISK_BYTES`` are free where the engine keeps images.
    """
    free = shutil.disk_usage(path).free
    if free < NEEDED_DISK_BYTES:
        raise DockerUnavailable(
            f"too little disk: {free / 1024**3:.1f} GiB free,"
            f" {NEEDED_DISK_BYTES / 1024**3:.0f} GiB needed for the images",
            where=path,
            hint="free some space; `cutover images prune` removes old images of ours",
        )


def socket_path() -> str:
    """Path of the engine's socket on the engine's host, for the one container that needs it.

    TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE wins, as with every testcontainers library; rootless
    engines are found through DOCKER_HOST.
    """
    override = os.environ.get("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE")
    if override:
        return override
    host = os.environ.get("DOCKER_HOST", "")
    return host.removeprefix("unix://") if host.startswith("unix://") else DEFAULT_SOCKET


def parse_time(stamp: str) -> datetime | None:
    """Read a time of Docker's, in nanoseconds; None for an event that has not happened: year 1."""
    return datetime.fromisoformat(stamp) if stamp and not stamp.startswith("0001") else None


def log_of(container: Any) -> str:
    """Return what a container has said so far; nothing when it is gone by now."""
    import docker.errors

    try:
        raw: bytes = container.logs()
    except docker.errors.NotFound:
        return ""
    return raw.decode("utf-8", "replace")


def file_of(container: Any, path: str) -> bytes | None:
    """Read a file of a container, whether it runs or not, through links if need be."""
    import docker.errors

    for _ in range(_MOST_LINKS):
        try:
            chunks, about = container.get_archive(path)
        except docker.errors.NotFound:
            return None
        packed = io.BytesIO(b"".join(chunks))
        if not about["linkTarget"]:
            with tarfile.open(fileobj=packed) as tar:
                file = tar.extractfile(tar.getmembers()[0])
                return file.read() if file else None
        path = posixpath.join(posixpath.dirname(path), about["linkTarget"])
    return None
