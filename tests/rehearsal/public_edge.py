"""The local edge as a visitor finds it: a public URL, an address, and roots to trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.project import Project


@dataclass(frozen=True)
class PublicEdge:
    """A stack's edge."""

    url: str
    https_port: str
    http_port: str
    ca_file: Path

    @property
    def host(self) -> str:
        return self.url.removeprefix("https://")


@contextmanager
def public_edge(project: Project) -> Iterator[PublicEdge]:
    """Start the project's stack; stop it at the end of the block."""
    code, output = project.run("up")
    try:
        assert code == 0, output
        status = json.loads(project.run("status", "--json")[1])
        addresses = status["addresses"]
        yield PublicEdge(
            status["public_url"],
            addresses["https"].rpartition(":")[2],
            addresses["http"].rpartition(":")[2],
            Path(addresses["ca_file"]),
        )
    finally:
        project.run("down")
