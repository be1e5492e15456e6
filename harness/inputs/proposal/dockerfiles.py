"""The Dockerfiles of a folder: the containers that they are for, their stages and contexts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.aws.task_definition import ContainerDefinition

_NAME = "Dockerfile"
_STAGE = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+([\w.-]+))?[ \t]*$",
    flags=re.MULTILINE | re.IGNORECASE,
)
_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+([^\n\[]+)$", flags=re.MULTILINE | re.IGNORECASE)
_COPY_OWNED = re.compile(
    r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*?--chown=(\S+)\s+([^\n\[]+)$",
    flags=re.MULTILINE | re.IGNORECASE,
)
_CHOWN = re.compile(r"\bchown\s+(?:-\S+\s+)*?(?:-R|--recursive)\s+(?:-\S+\s+)*(\S+)([^\n;&|]+)")
_FROM_STAGE = "--from="
_UNTOLD = re.compile(r"[$*?\[]|^[a-z]+://|^\.host/|^\.?/?$")
"""Sources of COPY that are no path, or are in every folder."""
_WORKDIR = re.compile(r"^\s*WORKDIR\s+(/\S+)\s*$", flags=re.MULTILINE)
_OWN_REGISTRY = ".dkr.ecr."
_FINAL = ("production", "prod", "app", "php", "runtime", "release", "final")
"""Names of the stage with the app, the surest first."""


@dataclass(frozen=True)
class Dockerfiles:
    """The Dockerfiles of a folder."""

    root: Path
    paths: Sequence[str]
    """From the folder."""

    def of(self, container: ContainerDefinition) -> str:
        """Path of the one with a container's name in it; empty where none or several have.

        Such as ``docker/nginx/Dockerfile``, ``Dockerfile.nginx`` or ``nginx.Dockerfile``. An image
        of one's own may have the name, too: ``shop/nginx``.
        """
        for name in _names(container):
            paths = [path for path in self.paths if name in re.split(r"[/.]", path.lower())]
            if len(paths) == 1:
                return paths[0]
        return ""

    def stages(self, path: str) -> list[str]:
        """Names of a Dockerfile's stages, empty for one without a name."""
        return [name for _, name in _STAGE.findall(self._text(path))]

    def stage_of(self, container: ContainerDefinition, *, path: str) -> str:
        """Stage of a Dockerfile with a container's name; empty without one."""
        stages = {stage.lower(): stage for stage in self.stages(path) if stage}
        return next((stages[name] for name in _names(container) if name in stages), "")

    def stage_of_app(self, containers: Sequence[ContainerDefinition], *, path: str) -> str:
        """Stage that the app's containers run; empty where it is the last, or nothing tells it."""
        stages = self.stages(path)
        bases = {base.lower() for base, name in _STAGE.findall(self._text(path)) if _is_final(name)}
        candidates = (self.stage_of(container, path=path) for container in containers)
        # The others are built upon.
        final = [stage for stage in stages if stage.lower() not in bases]
        usual = (stage for name in _FINAL for stage in final if stage.lower() == name)
        target = next(filter(None, candidates), "") or next(usual, "")
        return target if stages and target != stages[-1] else ""

    def context(self, path: str, *, app: str = "") -> tuple[str, str]:
        """Return the build context of a Dockerfile, and its path from there.

        The app's is the app's directory or the folder, another one's the Dockerfile's own
        directory, unless more of the files that it copies are in another directory above it.

        Args:
            path: Path of the Dockerfile.
            app: For the app's own Dockerfile, the directory of the app.
        """
        directory, _, name = path.rpartition("/")
        sources = [source for source in self._sources(path) if not _UNTOLD.search(source)]

        def there(place: str) -> int:
            return sum((self.root / place / source.lstrip("/")).exists() for source in sources)

        steps = directory.split("/") if directory else []
        places = ["/".join(steps[:length]) or "." for length in range(len(steps) + 1)]
        counts = {folder: there(folder) for folder in places}
        best = [folder for folder in places if counts[folder] == max(counts.values())]
        usual = app or ((directory or ".") if name == _NAME else ".")
        place = usual if usual in best else best[0]
        return place, posixpath.relpath(path, place)

    def workdir(self, path: str) -> str:
        """The last WORKDIR of a Dockerfile; empty when it has none."""
        workdirs = _WORKDIR.findall(self._text(path))
        return posixpath.normpath(workdirs[-1]) if workdirs else ""

    def gives_away(self, path: str, *, directory: str) -> bool:
        """Whether a Dockerfile makes another user than root the owner of a whole directory."""
        text = self._text(path).replace("\\\n", " ")
        owners = [(match[1], match[2].split()[-1]) for match in _COPY_OWNED.finditer(text)]
        owners += [(match[1], name) for match in _CHOWN.finditer(text) for name in match[2].split()]
        return any(
            posixpath.normpath(posixpath.join(directory, name)) == directory
            for owner, name in owners
            if owner.partition(":")[0] not in ("root", "0")
        )

    def _sources(self, path: str) -> Iterator[str]:
        for words in _COPY.findall(self._text(path).replace("\\\n", " ")):
            if _FROM_STAGE not in words:
                yield from [word for word in words.split() if not word.startswith("--")][:-1]

    def _text(self, path: str) -> str:
        file = self.root / path
        return file.read_text("utf-8", "replace") if path and file.is_file() else ""


def _is_final(stage: str) -> bool:
    return stage.lower() in _FINAL


def _names(container: ContainerDefinition) -> Iterator[str]:
    """Names that a container's Dockerfile may have, the surest first."""
    name = container.name.lower()
    yield name
    if _OWN_REGISTRY in container.image:
        repository = container.image.lower().partition("@")[0].rpartition("/")[2].partition(":")[0]
        yield repository
        yield from reversed(re.split(r"[-_]", repository))
        yield from re.split(r"[-_]", name)
