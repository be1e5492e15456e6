"""The source of the app's PHP packages: Packagist, Debian, or an image that has them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.images.context import VENDOR_IMAGE, Place, declared_arguments
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.config import Config

PACKAGIST = "https://repo.packagist.org/packages.json"
MEMORY_S = 24 * 3600
_IMPORTED = "imported"


def vendor_of(config: Config) -> str:
    """Return where the app's PHP packages are from.

    ``image`` where the app's own image was named, ``dockerfile`` where the app's Dockerfile takes
    no vendor image, the reference of the vendor image where that was named, else ``composer`` or
    ``debian``.
    """
    if isinstance(config.images.get("app"), str):
        return "image"
    dockerfile = place_of_app(config).get("app", Place(config.app_context)).file
    if dockerfile.is_file() and VENDOR_IMAGE not in declared_arguments(dockerfile):
        return "dockerfile"
    image = config.images.get("vendor")
    return str(image) if image else pick_vendor(config.vendor, memory=config.home / "vendor")


def pick_vendor(choice: str, *, memory: Path, address: str = PACKAGIST) -> str:
    """Choose where the app's PHP packages come from; ``auto`` asks Packagist once a day.

    A machine with imported images asks nobody: they settle it.
    """
    if choice != "auto":
        return choice
    if memory.is_file():
        vendor, _, origin = memory.read_text(encoding="utf-8").strip().partition("\n")
        if origin == _IMPORTED or time.time() - memory.stat().st_mtime < MEMORY_S:
            return vendor
    import requests

    try:
        vendor = "composer" if requests.head(address, timeout=2).ok else "debian"
    except requests.RequestException:
        vendor = "debian"
    _remember(vendor, memory=memory)
    return vendor


def place_of_app(config: Config) -> dict[str, Place]:
    """Return the place of the app's image, by its name, where a table of [images] has it."""
    image = config.images.get("app")
    return {"app": Place.of(image, root=config.root)} if isinstance(image, BuiltImage) else {}


def keep_vendor(vendor: str, *, home: Path) -> None:
    """Let ``auto`` be the vendor of images that were imported."""
    if vendor in ("composer", "debian"):
        _remember(f"{vendor}\n{_IMPORTED}\n", memory=home / "vendor")


def _remember(text: str, *, memory: Path) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(text, encoding="utf-8")
