"""Composer's own files on this machine: its mirrors, and its logins to private registries.

Source: https://getcomposer.org/doc/03-cli.md#composer-home, and for COMPOSER_AUTH
https://getcomposer.org/doc/articles/authentication-for-private-packages.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.redact import remember

_HOMES = (".config/composer", ".composer")
_FILES = ("config.json", "auth.json")


@dataclass(frozen=True)
class ComposerSettings:
    """The files of a Composer home that a build needs."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """``config.json`` and ``auth.json``, where this machine has them."""

    @property
    def addresses(self) -> list[str]:
        """The addresses of the repositories in ``config.json``."""
        repositories = _parse(self.files.get("config.json", b"")).get("repositories") or {}
        entries = repositories.values() if isinstance(repositories, dict) else repositories
        return [str(entry.get("url", "")) for entry in entries if isinstance(entry, dict)]


def detect(environment: Mapping[str, str] = os.environ) -> ComposerSettings:
    """Read Composer's home; the logins of COMPOSER_AUTH go before those of its ``auth.json``.

    The logins are blanked in every output from then on.
    """
    composer_home = environment.get("COMPOSER_HOME")
    user = Path(environment.get("HOME") or Path.home())
    homes = [Path(composer_home)] if composer_home else [user / path for path in _HOMES]
    home = next((path for path in homes if path.is_dir()), None)
    files = {
        name: (home / name).read_bytes() for name in _FILES if home and (home / name).is_file()
    }
    if environment.get("COMPOSER_AUTH"):
        files["auth.json"] = environment["COMPOSER_AUTH"].encode()
    for login in _texts(_parse(files.get("auth.json", b""))):
        remember(login)
    return ComposerSettings(files)


def _parse(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _texts(value: Any) -> Iterator[str]:
    """Go through the texts of a JSON value; a user's name is no secret."""
    if isinstance(value, str):
        yield value
    items = value.items() if isinstance(value, dict) else ()
    for key, item in items:
        if key != "username":
            yield from _texts(item)
