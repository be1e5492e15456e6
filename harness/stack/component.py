"""A component as plain data, which the stack turns into a running container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.core.wait import NotYet, Ready

Addresses = Mapping[int, str]
"""Container port -> ``host:port`` at which this process reaches it."""
Probe = Callable[[Addresses], Ready | NotYet]


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
class Component:
    """One container: everything the stack has to know to start and watch it."""

    name: str
    image: str
    """The image's name in the ``ImageSet``."""
    networks: Mapping[str, tuple[str, ...]]
    """Network role to extra aliases; the component's name is an alias on each of them."""
    environment: Mapping[str, str]
    """Shown by ``docker inspect``, so it never holds a secret."""
    files: Mapping[str, File]
    """Path in the container to the file copied there before the start."""
    published: tuple[int, ...]
    """Container ports published at a random port of the engine's host."""
    memory_bytes: int
    pids_limit: int
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    """Host path or volume name to its mount."""
    command: tuple[str, ...] = ()
    """Replaces the image's command when not empty."""
    init: bool = False
    """Whether Docker's init is its first process, so that SIGTERM ends it from its start on."""
    ready_within_s: float = 180
    """Far more than the start takes, which is 20 times as long on a machine that has no time."""


@dataclass(frozen=True)
class PlannedComponent:
    """A component to start, and the probe that passes when it is ready."""

    component: Component
    probe: Probe
