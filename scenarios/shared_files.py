"""Files that all tasks share, since their directory is a volume on EFS."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SHARED = "efs"
"""Stands for the driver of a disk or store, where its files are shared."""
SESSIONS, MAINTENANCE = "storage/framework/sessions", "storage/framework/down"
"""Laravel's own places below the app's directory."""
_KEPT_IN = {"disk": ("local", "root"), "store": ("file", "path")}
"""Type of a resource -> its driver of files, and the field with their directory."""


def is_shared(path: str, mounts: Collection[str]) -> bool:
    """Return whether a path, whole or from the app's directory on, is below one of the mounts."""
    if path.startswith("/"):
        return any(PurePosixPath(path).is_relative_to(mount) for mount in mounts)
    parents = [str(parent) for parent in (PurePosixPath(path), *PurePosixPath(path).parents)]
    return any(mount.endswith(f"/{parent}") for mount in mounts for parent in parents[:-1])


def with_shared_files(configuration: Mapping[str, Any], mounts: Collection[str]) -> dict[str, Any]:
    """Return a task's configuration with `SHARED` as the driver of files on the mounts."""
    resources = dict(configuration["resources"])
    for kind, (driver, field) in _KEPT_IN.items():
        resources[kind] = {
            name: {**fields, "driver": SHARED}
            if fields.get("driver") == driver and is_shared(str(fields.get(field)), mounts)
            else fields
            for name, fields in resources.get(kind, {}).items()
        }
    maintenance = dict(configuration["maintenance"])
    if maintenance["driver"] == "file" and is_shared(MAINTENANCE, mounts):
        maintenance["driver"] = SHARED
    return {**configuration, "resources": resources, "maintenance": maintenance}
