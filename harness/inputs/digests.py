"""Digests of what a stack is made from, so that a stale stack is never taken for a new one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import bundle

if TYPE_CHECKING:
    from harness.inputs.config import Config


def digests(config: Config) -> dict[str, str]:
    """Digest each input: the configuration, the ECS files, the app, and our own images."""
    single = {config.file, config.load_balancer, config.target_group, config.network.groups.path}
    for service in config.services.values():
        single |= {service.task_definition, service.service}
    single |= {file.path for file in config.resources.files}
    if config.schedule is not None:
        single |= {config.schedule.rule.path, config.schedule.task_definition}
    found = {_name(path, config.root): _digest([path]) for path in single}
    ours = (bundle.ROOT / "compose", bundle.PACKAGE / "standins")
    for directory in (config.app_context, *ours):
        found[_name(directory, config.root)] = _digest(_files(directory))
    return found


def _files(directory: Path) -> list[Path]:
    skipped = {"__pycache__", "vendor", "node_modules", ".git"}
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


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
