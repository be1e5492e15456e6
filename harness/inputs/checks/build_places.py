"""The places that [images] builds from: contexts and Dockerfiles that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.problem import Problem
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from harness.inputs.config import Config


def problems(settings: Config | None) -> Iterator[Problem]:
    """Report each context, or Dockerfile in it, that is not there."""
    if settings is None:
        return
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
