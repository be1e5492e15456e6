"""The Docker volumes of a task: its definition's volumes, and those that overlay files need."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256

from docker.types import Mount

from harness.aws import efs
from harness.aws.efs import EfsVolume
from harness.aws.task_definition import ContainerDefinition
from harness.standins.contract import ControlSettings
from harness.standins.control.state.model import Definition, Task


@dataclass(frozen=True)
class TaskVolumes:
    """The volumes of one task, and the mounts of its containers."""

    task: Task
    definition: Definition
    settings: ControlSettings
    declared_by: Callable[[str], Collection[str]]
    """Image id -> the paths of its VOLUME directives."""

    def names(self, container: str) -> list[str]:
        """Return the task's own volumes of one container; they must exist before it is created."""
        parsed = self.definition.parsed.container(container)
        shared = self.shared_names(container)
        own = (*self._of_overlay(parsed).values(), *self._of_task(parsed).values())
        return [name for name in own if name not in shared]

    def shared_names(self, container: str) -> list[str]:
        """Return the volumes that stand in for EFS, of one container: the run's, and no task's."""
        return [self._shared_name(volume) for volume in self._on_efs(container).values()]

    def open_paths(self, container: str) -> list[str]:
        """Return the paths of one container that lead to an access point of EFS.

        An access point has a user and a directory of its own, which no file of a task definition
        tells: everyone may write there. The root of a file system is root's, and of mode 0755.
        Source: https://docs.aws.amazon.com/efs/latest/ug/accessing-fs-nfs-permissions.html.
        """
        return [path for path, volume in self._on_efs(container).items() if volume.access_point]

    def mounts(self, container: str, *, image_id: str) -> list[Mount]:
        """Return the mounts of one container.

        A volume gets what the image has at its path, with owner and mode, only where a VOLUME
        directive names that very path; else it is empty, root's, and of mode 0755. Source:
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html.
        """
        parsed = self.definition.parsed.container(container)
        volumes = self._of_task(parsed)
        declared = frozenset(self.declared_by(image_id)) - self._on_efs(container).keys()
        return [
            *(
                Mount(
                    point["containerPath"],
                    volumes[point["sourceVolume"]],
                    type="volume",
                    read_only=bool(point.get("readOnly")),
                    no_copy=point["containerPath"] not in declared,
                )
                for point in parsed.raw.get("mountPoints") or ()
            ),
            *(Mount(path, name, type="volume") for path, name in self._of_overlay(parsed).items()),
        ]

    def _name(self, last: str) -> str:
        return f"cutover-{self.settings.run}-{self.task.id[:8]}-{last}"

    def _of_overlay(self, container: ContainerDefinition) -> dict[str, str]:
        """Return directory to volume for overlay files, needed where the root is read-only.

        Docker copies the image's content of the directory into the new volume, and a file can be
        put into a volume even when the container's root is read-only.
        """
        if (
            not container.raw.get("readonlyRootFilesystem")
            or container.image in self.settings.idle_images
        ):
            return {}
        directories = sorted({path.rpartition("/")[0] for path in self.settings.overlay.files})
        return {
            directory: self._name(f"{container.name}-overlay-{index}")
            for index, directory in enumerate(directories)
        }

    def _of_task(self, container: ContainerDefinition) -> dict[str, str]:
        """Return the volume for each of the definition's volumes that this container mounts."""
        shared = efs.volumes_in(self.definition.raw)
        return {
            name: self._shared_name(shared[name])
            if name in shared
            else self._name(f"volume-{name}")
            for name in (mount["sourceVolume"] for mount in container.raw.get("mountPoints") or ())
        }

    def _on_efs(self, container: str) -> dict[str, EfsVolume]:
        points = self.definition.parsed.container(container).raw.get("mountPoints") or ()
        return efs.mounts_in(self.definition.raw, points)

    def _shared_name(self, volume: EfsVolume) -> str:
        digest = sha256(str(volume).encode()).hexdigest()[:12]
        return f"cutover-{self.settings.run}-efs-{digest}"
