"""The Docker engine: the connection, its host, and the remedy when it does not answer."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import socket
import sys
import tarfile
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.core.errors import DockerUnavailable

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    import docker

NEEDED_DISK_BYTES = 6 * 1024**3
_MOST_LINKS = 5
DEFAULT_SOCKET = "/var/run/docker.sock"
LOOPBACK = "127.0.0.1"
_EVERY_ADDRESS = "0.0.0.0"


def connect() -> docker.DockerClient:
    """Connect to the engine that DOCKER_HOST, the Docker context or the default socket names.

    Raises:
        DockerUnavailable: No engine answers, or this user may not use it.
    """
    # Ryuk would have to be pulled from a registry; the harness sweeps by its own labels, and its
    # images have no registry's prefix.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    os.environ.pop("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX", None)
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


@dataclass(frozen=True)
class PublishedHost:
    """The engine's host as published ports see it."""

    binding: str
    """Address of the engine's host on which ports are published."""
    address: str
    """Address at which this process reaches them."""

    @property
    def is_local(self) -> bool:
        """Whether ports are published on this machine's loopback, where nobody else gets."""
        return self.binding == LOOPBACK


def published_host(gateway: IPv4Address) -> PublishedHost:
    """Find where ports are published: on loopback if the engine runs on this machine.

    testcontainers knows the engine's host: from DOCKER_HOST, the Docker context, or
    TESTCONTAINERS_HOST_OVERRIDE. A process in a container reaches the engine's host through the
    gateway of a network, and ports are published on that address alone. A remote engine publishes
    on all of its host's addresses, since none of them is known to be the one that leads there.

    Args:
        gateway: Address of the engine's host on a network of the stack.
    """
    from testcontainers.core.config import ConnectionMode
    from testcontainers.core.docker_client import DockerClient

    docker = DockerClient()
    remote = docker.get_connection_mode() is ConnectionMode.docker_host
    address = docker.host() if remote else str(gateway)
    if _is_this_machine(address):
        return PublishedHost(LOOPBACK, LOOPBACK)
    return PublishedHost(_EVERY_ADDRESS if remote else address, address)


def _is_this_machine(address: str) -> bool:
    """Return whether an address is one of this machine's own: only then can a socket have it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        try:
            own.bind((address, 0))
        except OSError:
            return False
    return True


def socket_path(client: docker.DockerClient) -> str:
    """Path of the engine's socket on the engine's host, for the one container that needs it.

    TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE wins, as with every testcontainers library. A rootless
    engine is the one that DOCKER_HOST or the Docker context names. An engine in a virtual machine,
    as on a Mac, has its socket in the usual place there, whichever path leads to it from here.
    """
    from testcontainers.core.config import get_docker_socket
    from testcontainers.core.docker_client import get_docker_host

    host = get_docker_host() or ""
    if "TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE" in os.environ:
        return get_docker_socket()
    if sys.platform != "linux" or client.info().get("OperatingSystem") == "Docker Desktop":
        return DEFAULT_SOCKET
    return host.removeprefix("unix://") if host.startswith("unix://") else get_docker_socket()


def parse_time(stamp: str) -> datetime | None:
    """Read a time of Docker's, in nanoseconds; None for an event that has not happened: year 1."""
    return datetime.fromisoformat(stamp) if stamp and not stamp.startswith("0001") else None


def log_of(container: Any) -> str:
    """Return the log of a container so far; empty when it is gone by now."""
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


def has_program(container: Any, name: str) -> bool | None:
    """Return whether a container has a program; None where it has no shell to ask, or is gone."""
    import docker.errors

    try:
        code, output = container.exec_run(["sh", "-c", 'command -v "$1"', "sh", name])
    except docker.errors.APIError:
        return None
    return None if b"OCI runtime" in (output or b"") else bool(code == 0)


def sockets(container: Any) -> str:
    """Return the kernel's tables of a container's TCP sockets; empty where it cannot be asked."""
    import docker.errors

    try:
        code, output = container.exec_run(["cat", "/proc/net/tcp", "/proc/net/tcp6"])
    except docker.errors.APIError:
        return ""
    return "" if code else (output or b"").decode(errors="replace")


def processes(container: Any) -> list[tuple[int, int, str]]:
    """Return a container's processes: id, parent's id and words; none where it does not run."""
    import docker.errors

    try:
        rows = container.top(ps_args="-eo pid,ppid,args")["Processes"] or []
    except docker.errors.APIError:
        return []
    return [(int(pid), int(parent), " ".join(words)) for pid, parent, *words in rows]
