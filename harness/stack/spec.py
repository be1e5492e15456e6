"""What a container of ours is: plain data that the stack turns into a running container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    """A file that is copied into the container before it starts."""

    content: bytes = field(repr=False)
    """Never shown: it may hold a key or a password."""
    mode: int = 0o644


@dataclass(frozen=True)
class Mount:
    """Where a host path or a named volume appears in the container."""

    target: str
    mode: str = "rw"
    """``rw`` or ``ro``."""


@dataclass(frozen=True)
class ServiceSpec:
    """One container: everything the stack has to know to start, watch and stop it."""

    name: str
    image: str
    """The image's name in the ``ImageSet``."""
    networks: Mapping[str, tuple[str, ...]]
    """Network role to extra aliases; the service's name is an alias on each of them."""
    environment: Mapping[str, str]
    """Shown by ``docker inspect``, so it never holds a secret."""
    files: Mapping[str, File]
    """Path in the container to the file copied there before the start."""
    published: tuple[int, ...]
    """Container ports published on 127.0.0.1 at a random host port."""
    memory_bytes: int
    pids_limit: int
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    """Path to mount options."""
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    """Host path or volume name to its mount."""
    command: tuple[str, ...] = ()
    """Replaces the image's command when not empty."""
    stop_timeout_s: int = 10
    cap_add: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Names of the services that must be ready before this one is."""
    ready_within_s: float = 60
