"""A run of a test's own, of which the engine keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core import runs
from harness.stack import removal

if TYPE_CHECKING:
    from pathlib import Path

    import docker

    from harness.core.runs import Run


@contextmanager
def own_run(client: docker.DockerClient, home: Path) -> Iterator[Run]:
    """Begin a run, and remove everything with its label at the end.

    Raises:
        AssertionError: The engine does not give something of it back.
    """
    run = runs.new_run(home)
    try:
        yield run
    finally:
        remove(client, run.id)


def remove(client: docker.DockerClient, run_id: str) -> None:
    """Remove a run.

    Raises:
        AssertionError: The engine does not give something of it back.
    """
    remains = removal.remove_run(client, run_id)
    assert not remains, remains
