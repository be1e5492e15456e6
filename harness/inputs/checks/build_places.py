"""The places on this machine that cutover.toml names: contexts, Dockerfiles, and a copy of data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs.document import path_below
from harness.inputs.problem import Problem
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from harness.inputs.config import Config


def problems(settings: Config | None) -> Iterator[Problem]:
    """Report each context, or Dockerfile in it, that is not there; and the tracker's file."""
    if settings is None:
        return
    tracker = settings.security_tracker
    if tracker and "://" not in tracker and not Path(tracker).is_file():
        yield _absent("scan.tracker", path_below(Path(tracker), root=settings.root), noun="file")
    for name, image in settings.images.items():
        if not isinstance(image, BuiltImage):
            continue
        context, key = settings.root / image.context, f"images.{name}"
        if not context.is_dir():
            yield _absent(f"{key}.context", image.context, noun="directory")
        elif not (context / image.dockerfile).is_file():
            noun = f"file in {image.context}"
            yield _absent(f"{key}.dockerfile", image.dockerfile, noun=noun)


def _absent(key: str, value: str, *, noun: str) -> Problem:
    message = f'is "{value}", and there is no such {noun}'
    return Problem(key, message, f"correct the path, or add the {noun}")
