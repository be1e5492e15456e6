"""One file with all images of a rehearsal, for another machine: written, checked, loaded.

It is the archive that ``docker save`` makes, with one file more at its end: our manifest, which has
the hash of every other file. ``docker load`` takes it, too.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, cast

from harness import __version__
from harness.core import codec
from harness.core.errors import HarnessError, ImageBuildFailed

if TYPE_CHECKING:
    from pathlib import Path

    import docker

    from harness.images.builder import Inventory

MANIFEST = "cutover.json"
FORMAT = 1
_CHUNK = 1024**2


class ArchiveError(HarnessError):
    """An archive of images cannot be written, is damaged, or is no archive of ours."""

    exit_code = 2


@dataclass(frozen=True)
class Image:
    """One image of an archive."""

    reference: str
    """The tag, which for our images has the hash of their context."""
    id: str


@dataclass(frozen=True)
class Manifest:
    """The contents of an archive."""

    format: int
    version: str
    """The harness that wrote it."""
    made_at: str
    architecture: str
    """The engine's, such as ``amd64``."""
    vendor: str
    images: Mapping[str, Image]
    files: Mapping[str, str] = field(default_factory=dict)
    """Path in the archive -> SHA-256 of its content."""


def export(
    client: docker.DockerClient, inventory: Inventory, *, vendor: str, path: Path
) -> Manifest:
    """Write all images of a rehearsal and their parents into one file.

    Raises:
        ArchiveError: The file cannot be written.
        ImageBuildFailed: An image is missing.
    """
    if inventory.missing:
        raise ImageBuildFailed(
            f"images are missing: {', '.join(inventory.missing)}",
            hint="`cutover images build` builds them",
        )
    images = {
        name: Image(inventory.references[name], id_) for name, id_ in sorted(inventory.ids.items())
    }
    draft = path.with_name(f"{path.name}.part")
    with _writing(path, draft):
        with draft.open("wb") as file:
            _save(client, sorted({image.reference for image in images.values()}), file)
        manifest = Manifest(
            format=FORMAT,
            version=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            architecture=architecture_of(client),
            vendor=vendor,
            images=images,
            files=_hashes(draft),
        )
        text = json.dumps(codec.encode(manifest), indent=2).encode()
        with tarfile.open(draft, "a") as tar:
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        draft.replace(path)
    return manifest


@contextmanager
def _writing(path: Path, draft: Path) -> Iterator[None]:
    """Leave no half archive."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="name a file in a folder that exists and has room for 3 GB",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _save(client: docker.DockerClient, references: list[str], file: IO[bytes]) -> None:
    """Let the engine pack images, shared layers once; docker-py packs one image at a time only."""
    api = client.api
    address = f"{api.base_url}/v{api.api_version}/images/get"
    with api.get(address, params={"names": references}, stream=True) as answer:
        if not answer.ok:
            raise ImageBuildFailed(
                "the engine does not pack the images",
                last_answer=answer.text.strip(),
                hint="run the command again; `cutover images list` shows those that are there",
            )
        for chunk in answer.iter_content(_CHUNK):
            file.write(chunk)


def _hashes(path: Path) -> dict[str, str]:
    """Return path -> SHA-256 of every file of an archive but the manifest."""
    hashes = {}
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if member.isfile() and member.name != MANIFEST:
                content = cast("io.BufferedReader", tar.extractfile(member))
                hashes[member.name] = hashlib.file_digest(content, "sha256").hexdigest()
    return hashes


def architecture_of(client: docker.DockerClient) -> str:
    """Return the engine's architecture, such as ``amd64``."""
    return str(client.version()["Arch"])


def read(path: Path) -> Manifest:
    """Return the manifest of an archive; its files are not checked yet.

    Raises:
        ArchiveError: There is no such file, or it is no archive of ours.
    """
    foreign = ArchiveError(
        f"{path} is no archive of `cutover images export`, or its end is missing",
        hint="copy the file again, or export it anew",
    )
    try:
        with tarfile.open(path, "r:") as tar:
            text = _content(tar, MANIFEST)
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="name the file that `cutover images export` wrote",
        ) from error
    except tarfile.TarError:
        raise foreign from None
    if text is None:
        raise foreign
    return _manifest(text, path=path)


def _content(tar: tarfile.TarFile, name: str) -> bytes | None:
    try:
        content = tar.extractfile(name)
    except KeyError:
        return None
    return content.read() if content else None


def _manifest(text: bytes, *, path: Path) -> Manifest:
    try:
        data: Any = json.loads(text)
        if data["format"] != FORMAT:
            raise ArchiveError(
                f"{path} has format {data['format']}, written by cutover {data['version']}; this"
                f" one reads format {FORMAT}",
                hint="use the same version of cutover on both machines",
            )
        return codec.decode(Manifest, data)
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{path} is damaged: its manifest cannot be read",
            last_answer=str(error),
            hint="copy the file again, or export it anew",
        ) from error


def check(path: Path, manifest: Manifest, *, architecture: str) -> None:
    """Compare an archive with its manifest, and with the engine that is to load it.

    Raises:
        ArchiveError: Something differs; all files that do are named.
    """
    if manifest.architecture != architecture:
        raise ArchiveError(
            f"{path} has images for {manifest.architecture}; this engine runs {architecture}",
            hint=f"export on a machine with {architecture}",
        )
    try:
        hashes = _hashes(path)
    except (tarfile.TarError, OSError) as error:
        raise _damaged(path, str(error)) from error
    names = sorted(hashes.keys() | manifest.files.keys())
    differing = [name for name in names if hashes.get(name) != manifest.files.get(name)]
    if differing:
        raise _damaged(path, f"other content than its manifest has: {', '.join(differing)}")


def _damaged(path: Path, answer: str) -> ArchiveError:
    return ArchiveError(
        f"{path} is damaged", last_answer=answer, hint="copy the file again, or export it anew"
    )


def load(client: docker.DockerClient, path: Path, manifest: Manifest) -> bool:
    """Load the images of a checked archive, unless all are there.

    Returns:
        Whether anything was loaded.

    Raises:
        ArchiveError: The engine does not take it, or gives an image another id.
    """
    import docker.errors

    if not _differing(client, manifest):
        return False
    try:
        with path.open("rb") as file:
            client.images.load(file)
    except (docker.errors.APIError, docker.errors.ImageLoadError) as error:
        raise ArchiveError(
            f"the engine does not load {path}",
            last_answer=str(error),
            hint="make room with `cutover images prune`, then run the command again",
        ) from error
    differing = _differing(client, manifest)
    if differing:
        raise ArchiveError(
            f"the engine gives other ids to these images than the archive has: {differing}",
            hint="export with an engine that keeps images as this one does: both with the"
            " containerd image store, or both without (`docker info`, Storage Driver)",
        )
    return True


def _differing(client: docker.DockerClient, manifest: Manifest) -> str:
    import docker.errors

    def id_of(reference: str) -> str | None:
        try:
            return client.images.get(reference).id
        except docker.errors.ImageNotFound:
            return None

    images = manifest.images.items()
    return ", ".join(name for name, image in images if id_of(image.reference) != image.id)
