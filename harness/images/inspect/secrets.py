"""Secrets in an image: in its configuration, its history or any layer.

A layer keeps a file that a later one deletes, so every layer is read, from the stream that
``docker save`` gives. Findings name place and type, and never show a value.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from harness.core import codec
from harness.images.inspect.secret_names import SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_ASSIGNED = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)=(?!\s|\$|\"\"|''|$)\S")
_LARGEST_READ = 512 * 1024
_NOT_READ = ("usr/", "lib/", "lib64/", "bin/", "sbin/", "boot/", "var/lib/dpkg/", "etc/ssl/certs/")
"""Where distributions put their own files; those of an app lie elsewhere or in usr/local."""
_READ_ALL_THE_SAME = "usr/local/"
_DOTENV = re.compile(r"\.env(?:\.(?!example$|dist$|sample$)[\w.-]+)?")
_NAMES: Mapping[str, str] = {
    "auth.json": "Composer's passwords",
    ".npmrc": "npm's settings, which hold its token",
    ".git-credentials": "git's passwords",
    ".netrc": "passwords",
    ".pgpass": "passwords",
    ".my.cnf": "MySQL's password",
    "id_rsa": "a private key",
    "id_ed25519": "a private key",
    "id_ecdsa": "a private key",
}
_TEXTS: Mapping[str, re.Pattern[bytes]] = {
    "a Laravel key": re.compile(rb"base64:[A-Za-z0-9+/]{43}="),
    "an AWS access key": re.compile(rb"\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}\b"),
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
    "a GitHub token": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
}
_CACHED = re.compile(r"bootstrap/cache/config\.php$")
"""Cached routes and events are the code's; only the configuration is made of the environment."""


@dataclass(frozen=True)
class Findings:
    """Findings, each a sentence without its subject."""

    secrets: tuple[str, ...] = ()
    dotenv: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    """Laravel's cached configuration, which freezes the environment of the build."""
    files: int = 0
    """How many files were looked at; none means that nothing was shown."""


def of_config(config: Mapping[str, Any], *, history: Iterable[str]) -> list[str]:
    """Return the secrets in an image's configuration (``docker inspect``) and history."""
    secrets = []
    for entry in config.get("Env") or []:
        name, _, value = entry.partition("=")
        if value and SECRET_NAME.search(name):
            secrets.append(f"its configuration sets {name}")
    secrets += [
        f"its label {name} looks like a secret"
        for name, value in (config.get("Labels") or {}).items()
        if value and SECRET_NAME.search(name)
    ]
    names = {
        name for line in history for name in _ASSIGNED.findall(line) if SECRET_NAME.search(name)
    }
    return secrets + [f"its history sets {name}" for name in sorted(names)]


def remember_findings(directory: Path, *, image: str, look: Callable[[], Findings]) -> Findings:
    """Return the findings of an image by its id, from a cache if need be: images never change."""
    rules = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = directory / f"{image.rpartition(':')[2][:32]}-{rules}.json"
    if path.is_file():
        return codec.decode(Findings, json.loads(path.read_text(encoding="utf-8")))
    findings = look()
    directory.mkdir(parents=True, exist_ok=True)
    # Another process may look for it at this moment: it finds all of it, or nothing.
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps(codec.encode(findings)), encoding="utf-8")
    written.replace(path)
    return findings


def of_layers(saved: Iterable[bytes]) -> Findings:
    """Look through every layer of a saved image, as ``docker save`` streams it."""
    secrets: list[str] = []
    dotenv: list[str] = []
    caches: list[str] = []
    files = 0
    for path, content in _files(saved):
        files += 1
        name = path.rpartition("/")[2]
        if _DOTENV.fullmatch(name):
            dotenv.append(f"/{path}")
        elif name in _NAMES:
            secrets.append(f"/{path} holds {_NAMES[name]}")
        elif path.endswith((".aws/credentials", ".docker/config.json")):
            secrets.append(f"/{path} holds credentials")
        elif _CACHED.search(path):
            caches.append(f"/{path}")
        secrets += [
            f"/{path} holds {secret}" for secret, text in _TEXTS.items() if text.search(content)
        ]
    return Findings(tuple(secrets), tuple(dotenv), tuple(caches), files)


def _files(saved: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file of each layer; content only where it is looked at."""
    with tarfile.open(fileobj=_Stream(saved), mode="r|") as outer:
        for member in outer:
            layer = outer.extractfile(member) if member.isfile() else None
            if layer is None or member.name.endswith((".json", "VERSION", "repositories")):
                continue
            yield from _of_layer(layer)


def _of_layer(layer: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=layer, mode="r|*") as inner:
            for member in inner:
                if not member.isfile():
                    continue
                path = member.name.removeprefix("./")
                content = inner.extractfile(member) if _is_read(path, member.size) else None
                yield path, content.read() if content else b""
    except tarfile.ReadError:
        # The OCI form keeps manifests beside the layers under names that say nothing.
        return


def _is_read(path: str, size: int) -> bool:
    system = path.startswith(_NOT_READ) and not path.startswith(_READ_ALL_THE_SAME)
    return size <= _LARGEST_READ and not system


class _Stream(io.RawIOBase):
    """Chunks as a file that can be read once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, missing = [], size
        while size < 0 or missing > 0:
            if not self._left:
                self._left = next(self._chunks, b"")
                if not self._left:
                    break
            part = self._left if size < 0 else self._left[:missing]
            self._left = self._left[len(part) :]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
