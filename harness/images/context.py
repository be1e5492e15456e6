"""Build contexts: the files of each image, its parent images, and the hash of both."""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import bundle
from harness.core.components import COMPONENTS
from harness.core.errors import ImageBuildFailed

if TYPE_CHECKING:
    from harness.inputs.toml.schema import BuiltImage

BASES = {"base-trixie": "trixie", "base-sid": "sid"}
STACK_IMAGES = ("app", *COMPONENTS, "pause")
"""The slowest to build comes first."""
NAMES = (*BASES, *STACK_IMAGES, "vendor", "app-test")
_ON_SID = ("mysql", "proxy")
_RUNS_OURS = ("control", "emulator")
"""Images that run a stand-in of ours."""
STANDIN_PACKAGES = ("core", "aws", "standins")
"""The packages of ours in them."""
_BUILDKIT = re.compile(
    r"^\s*RUN\s+--(?:mount|network|security)\b"
    r"|^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*--(?:chmod|link|parents|exclude|checksum)\b"
    r"|^\s*(?:RUN|COPY|ADD)\b[^\n]*\s<<-?['\"]?[a-z_]\w*"
    r"|^\s*FROM\s+--platform=\$\{?BUILD\w*"
    r"|^\s*ARG\s+(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)\b",
    flags=re.MULTILINE | re.IGNORECASE,
)
"""Instructions that the engine's own builder does not know:
https://docs.docker.com/reference/dockerfile/."""
_SYNTAX = re.compile(r"^#[ \t]*syntax[ \t]*=", flags=re.MULTILINE | re.IGNORECASE)
_COPIES_HOST = re.compile(r"^\s*COPY\s+\.host/", flags=re.MULTILINE)
VENDOR_IMAGE = "VENDOR_IMAGE"
"""Build argument of a Dockerfile that takes Composer's packages from an image."""
_DOCKERFILE = ".cutover.Dockerfile"
_ARG = re.compile(r"^\s*ARG\s+(\w+)", flags=re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """The directory of a build context, and how its image is built there."""

    directory: Path
    dockerfile: str = "Dockerfile"
    """Its path from the directory."""
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    """Id of a secret mount -> the file of this machine."""

    @property
    def file(self) -> Path:
        """The Dockerfile on this machine."""
        return self.directory / self.dockerfile

    @classmethod
    def of(cls, image: BuiltImage, *, root: Path) -> Place:
        """Read a table of ``[images]``; its paths are relative to a directory."""
        return cls(
            directory=root / image.context,
            dockerfile=posixpath.normpath(image.dockerfile),
            target=image.target or "",
            args=image.args,
            secrets={
                secret: root / Path(file).expanduser() for secret, file in image.secrets.items()
            },
        )


@dataclass(frozen=True)
class Sources:
    """Where the files of the images are."""

    root: Path
    """The harness's own directory, with ``compose`` and ``harness``."""
    app_context: Path
    vendor: str
    """``composer`` or ``debian``; anything else where no vendor image is built."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """The images that cutover.toml says how to build."""


@dataclass(frozen=True)
class Context:
    """One image's build context."""

    name: str
    files: Mapping[str, Path]
    """Path in the context -> file or directory on this machine."""
    dockerfile: str
    parents: Mapping[str, str]
    """Build argument -> name of the image it stands for."""
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)

    @property
    def copies_host(self) -> bool:
        """Whether the Dockerfile copies ``.host``, the settings of this machine."""
        return bool(_COPIES_HOST.search(self._dockerfile_text()))

    @property
    def buildkit_feature(self) -> str:
        """The part of the Dockerfile that only BuildKit builds, as it stands there; or empty."""
        if self.secrets:
            return "a secret mount"
        match = _BUILDKIT.search(_join_lines(self._dockerfile_text()))
        return " ".join(match[0].split()) if match else ""

    def without_syntax(self) -> bytes:
        """Return the Dockerfile without the line that names an image to read it with."""
        return _SYNTAX.sub("# ", self._dockerfile_text(), count=1).encode()

    def _dockerfile_text(self) -> str:
        return self.files[self.dockerfile].read_text(encoding="utf-8", errors="replace")

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
        for argument, value in sorted(self.args.items()):
            digest.update(f"\0{argument}={value}".encode())
        digest.update(f"\0{self.target}".encode() if self.target else b"")
        return digest.hexdigest()[:16]

    def archive(self, extra: Mapping[str, bytes]) -> io.BytesIO:
        """Pack the context as Docker wants it; owners and times are left out."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, file in sorted(self.files.items()):
                if path in extra:
                    continue
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
    place = _place(name, sources)
    directory, dockerfile = place.directory, place.dockerfile
    if not place.file.is_file():
        remedy = f'name an image in cutover.toml: [images] {name} = "..."'
        if name in sources.places:
            remedy = "correct its context and dockerfile in cutover.toml: [images]"
        raise ImageBuildFailed(
            f"image {name}: there is no {place.file}", hint=f"add it, or {remedy}"
        )
    files = _tree(directory, dockerfile=dockerfile)
    if name in _RUNS_OURS:
        files.update(python_sources(bundle.PACKAGE.parent))
    if name == "vendor":
        files.update(_composer_files(sources.app_context))
    if dockerfile not in files:
        # As `docker build --file` does with one beside the context.
        files[_DOCKERFILE], dockerfile = place.file, _DOCKERFILE
    declared = declared_arguments(place.file)
    base = "base-sid" if name in _ON_SID else "base-trixie"
    if name == "vendor" and sources.vendor == "debian":
        base = "base-sid"
    candidates = {"BASE": base, VENDOR_IMAGE: "vendor", "APP_IMAGE": "app"}
    parents = {argument: parent for argument, parent in candidates.items() if argument in declared}
    return Context(
        name=name,
        files=files,
        dockerfile=dockerfile,
        parents=parents,
        target=place.target,
        args=place.args,
        secrets=_secret_files(name, place),
    )


def declared_arguments(dockerfile: Path) -> list[str]:
    """Return the names of a Dockerfile's build arguments."""
    return _ARG.findall(dockerfile.read_text(encoding="utf-8", errors="replace"))


def _secret_files(name: str, place: Place) -> Mapping[str, Path]:
    for secret, file in place.secrets.items():
        if not file.is_file():
            raise ImageBuildFailed(
                f"image {name}: there is no {file}, which has the secret {secret}",
                hint="correct its path in cutover.toml, the secrets of [images], or make the file",
            )
    return place.secrets


def _composer_files(app: Path) -> dict[str, Path]:
    """The requirements of the app and its packages, and where their code is."""
    files = [app / "composer.json", app / "composer.lock", *app.glob("packages/*/composer.json")]
    return {file.relative_to(app).as_posix(): file for file in files if file.is_file()}


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


def _join_lines(dockerfile: str) -> str:
    """Join the lines of instructions, and drop comments."""
    lines = (line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    return re.sub(r"\\\s*\n", " ", "\n".join(lines))


def _place(name: str, sources: Sources) -> Place:
    if name in sources.places:
        return sources.places[name]
    if name == "app":
        return Place(sources.app_context)
    if name == "app-test":
        return Place(sources.app_context, "Dockerfile.test")
    if name == "vendor":
        own = sources.app_context / f"vendor-{sources.vendor}"
        return Place(own if own.is_dir() else sources.root / "app" / own.name)
    return Place(sources.root / "compose" / name)


def _tree(directory: Path, *, dockerfile: str) -> dict[str, Path]:
    """Files and directories below one, without those that its ``.dockerignore`` names.

    Docker sends a directory that is empty, or that an ignored pattern empties, too.
    """
    from docker.utils.build import exclude_paths

    own = directory / f"{dockerfile}.dockerignore"
    ignore = own if own.is_file() else directory / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    patterns += ["**/__pycache__", "**/.DS_Store", "**/.cutover"]
    paths = {Path(path) for path in exclude_paths(str(directory), patterns, dockerfile=dockerfile)}
    parents = {parent for path in paths for parent in path.parents}
    return {
        path.as_posix(): file
        for path in paths - parents
        if (file := directory / path).is_symlink() or file.is_file() or file.is_dir()
    }


def _mode(file: Path) -> int:
    return 0o755 if file.is_symlink() or file.stat().st_mode & 0o111 else 0o644


def _link_or_bytes(file: Path) -> bytes:
    if file.is_dir() and not file.is_symlink():
        return b""
    return str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
