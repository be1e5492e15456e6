"""Digests of a stack's sources, so that a stale stack is never taken for a new one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harness.core import bundle
from harness.inputs.document import path_below
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.production import Production


def digests(production: Production) -> dict[str, str]:
    """Digest each input: the configuration, the AWS files, the app, and our own images."""
    config = production.config
    built = [image for image in config.images.values() if isinstance(image, BuiltImage)]
    directories = (
        config.app_context,
        bundle.ROOT / "compose",
        bundle.PACKAGE / "standins",
        *(config.root / image.context for image in built),
    )
    return {
        **production.digests,
        **{
            path_below(directory, root=config.root): _digest(_files(directory))
            for directory in directories
        },
    }


def _files(directory: Path) -> list[Path]:
    skipped = {"__pycache__", "vendor", "node_modules", ".git", ".cutover"}
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(directory).parts)
    )


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
