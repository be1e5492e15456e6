"""Volumes of a task definition that are file systems of EFS.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEY = "efsVolumeConfiguration"
ROOT = "/"


@dataclass(frozen=True)
class EfsVolume:
    """A volume that all tasks share: a directory of a file system."""

    file_system: str
    directory: str = ROOT
    access_point: str = ""
    """Its id, where the volume is mounted through one."""

    def __str__(self) -> str:
        through = f" through {self.access_point}" if self.access_point else ""
        return f"EFS {self.file_system}{self.directory.rstrip('/')}{through}"


def volumes_in(definition: Mapping[str, Any]) -> dict[str, EfsVolume]:
    """Return the name of each volume on EFS, and the volume."""
    return {
        str(volume.get("name", "")): EfsVolume(
            str(config.get("fileSystemId", "")),
            str(config.get("rootDirectory") or ROOT),
            str((config.get("authorizationConfig") or {}).get("accessPointId") or ""),
        )
        for volume in definition.get("volumes") or ()
        if (config := volume.get(KEY))
    }


def mounts_in(
    definition: Mapping[str, Any], points: Iterable[Mapping[str, Any]]
) -> dict[str, EfsVolume]:
    """Return the paths at which a container mounts volumes on EFS.

    Args:
        definition: The task definition.
        points: The container's ``mountPoints``.
    """
    volumes = volumes_in(definition)
    return {
        str(point["containerPath"]): volumes[point["sourceVolume"]]
        for point in points
        if point.get("sourceVolume") in volumes
    }
