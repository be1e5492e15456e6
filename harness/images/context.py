"""Build contexts: the files of each image, its parent images, and the hash of both."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core import bundle
from harness.core.components import COMPONENTS
from harness.core.errors import ImageBuildFailed

BASES = {"base-trixie": "trixie", "base-sid": "sid"}
STACK_IMAGES = ("app", *COMPONENTS, "pause")
"""The slowest to build comes first."""
NAMES = (*BASES, *STACK_IMAGES, "vendor", "app-test")
_ON_SID = ("mysql", "proxy")
_RUNS_OURS = ("control", "emulator")
"""Images that run a stand-in of ours."""
STANDIN_PACKAGES = ("core", "aws", "standins")
"""The packages of ours in them."""
_ARG = re.compile(r"^\s*ARG\s+(\w+)", flags=re.MULTILINE)


@dataclass(frozen=True)
class Sources:
    """Where the files of the images are."""

    root: Path
    """The harness's own directory, with ``compose`` and ``harness``."""
    app_context: Path
    vendor: str
    """``composer`` or ``debian``; anything else where no vendor image is built."""
    places: Mapping[str, tuple[Path, str]] = field(default_factory=dict)
    """Images beside the app's: the directory of a context, and its Dockerfile from there."""


@dataclass(frozen=True)
class Context:
    """One image's build context."""

    name: str
    files: Mapping[str, Path]
    """Path in the context -> file or directory on this machine."""
    dockerfile: str
    parents: Mapping[str, str]
    """Build argument -> name of the image it stands for."""

    def content_hash(self, parent_ids: Mapping[str, str]) -> str:
        """Hash of everything that decides the image's content: files, modes and parents."""
        digest = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            content = _link_or_bytes(file)
            digest.update(f"{path}\0{_mode(file):o}\0{len(content)}\0".encode())
            digest.update(content)
        for argument, parent in sorted(self.parents.items()):
            digest.update(f"{argument}={parent_ids[parent]}\0".encode())
        digest.update(self.dockerfile.encode())
        return digest.hexdigest()[:16]

    def archive(self, extra: Mapping[str, bytes]) -> io.BytesIO:
        """Pack the context as Docker wants it; owners and times are left out."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, file in sorted(self.files.items()):
                info = tarfile.TarInfo(path)
                info.mode = _mode(file)
                content = _link_or_bytes(file)
                if file.is_symlink():
                    info.type, info.linkname = tarfile.SYMTYPE, content.decode()
                    tar.addfile(info)
                    continue
                if file.is_dir():
                    info.type = tarfile.DIRTYPE
                    tar.addfile(info)
                    continue
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            for path, content in sorted(extra.items()):
                info = tarfile.TarInfo(path)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        packed.seek(0)
        return packed


def context(name: str, *, sources: Sources) -> Context:
    """Assemble the context of one image.

    Raises:
        ImageBuildFailed: Its Dockerfile is not there.
    """
    directory, dockerfile = _place(name, sources)
    if not (directory / dockerfile).is_file():
        remedy = f'name an image in cutover.toml: [images] {name} = "..."'
        if name in sources.places:
            remedy = "correct its context and dockerfile in cutover.toml: [images]"
        raise ImageBuildFailed(
            f"image {name}: there is no {directory / dockerfile}", hint=f"add it, or {remedy}"
        )
    files = _tree(directory, dockerfile=dockerfile)
    if name in _RUNS_OURS:
        files.update(python_sources(bundle.PACKAGE.parent))
    if name == "vendor" and sources.vendor == "composer":
        files.update(_composer_files(sources.app_context))
    declared = _ARG.findall((directory / dockerfile).read_text(encoding="utf-8"))
    base = "base-sid" if name in _ON_SID else "base-trixie"
    if name == "vendor" and sources.vendor == "debian":
        base = "base-sid"
    known = {"BASE": base, "VENDOR_IMAGE": "vendor", "APP_IMAGE": "app"}
    parents = {argument: parent for argument, parent in known.items() if argument in declared}
    return Context(name=name, files=files, dockerfile=dockerfile, parents=parents)


def _composer_files(app: Path) -> dict[str, Path]:
    """The requirements of the app and its packages; Debian's tree is the same for any app."""
    found = [app / "composer.json", app / "composer.lock", *app.glob("packages/*/composer.json")]
    return {file.relative_to(app).as_posix(): file for file in found if file.is_file()}


def python_sources(root: Path) -> dict[str, Path]:
    """Files of the packages that run inside a container."""
    package = root / "harness"
    files = [package / "__init__.py"]
    for name in STANDIN_PACKAGES:
        files += [
            file
            for file in sorted((package / name).rglob("*"))
            if file.is_file() and "__pycache__" not in file.parts
        ]
    return {file.relative_to(root).as_posix(): file for file in files}


def _place(name: str, sources: Sources) -> tuple[Path, str]:
    if name in sources.places:
        return sources.places[name]
    if name == "app":
        return sources.app_context, "Dockerfile"
    if name == "app-test":
        return sources.app_context, "Dockerfile.test"
    if name == "vendor":
        return sources.app_context / f"vendor-{sources.vendor}", "Dockerfile"
    return sources.root / "compose" / name, "Dockerfile"


def _tree(directory: Path, *, dockerfile: str) -> dict[str, Path]:
    """Files and directories below one, without those that its ``.dockerignore`` names.

    Docker sends a directory that is empty, or that an ignored pattern empties, too.
    """
    from docker.utils.build import exclude_paths

    ignore = directory / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    patterns += ["**/__pycache__", "**/.DS_Store", "**/.cutover"]
    kept = {Path(path) for path in exclude_paths(str(directory), patterns, dockerfile=dockerfile)}
    parents = {parent for path in kept for parent in path.parents}
    return {
        path.as_posix(): file
        for path in kept - parents
        if (file := directory / path).is_symlink() or file.is_file() or file.is_dir()
    }


def _mode(file: Path) -> int:
    return 0o755 if file.is_symlink() or file.stat().st_mode & 0o111 else 0o644


def _link_or_bytes(file: Path) -> bytes:
    if file.is_dir() and not file.is_symlink():
        return b""
    return str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
