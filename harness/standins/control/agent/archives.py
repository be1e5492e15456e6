"""Tar archives for Docker to unpack in a container."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def of_open_directory(name: str) -> bytes:
    """Return a tar archive of one directory of the mode 0777; one that exists gets the mode."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o777
        tar.addfile(entry)
    return packed.getvalue()


def of_files(files: Mapping[str, str], *, mode: int = 0o644) -> bytes:
    """Return a tar archive of these text files, for Docker to unpack."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
