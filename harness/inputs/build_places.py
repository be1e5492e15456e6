"""The places that [images] builds from: contexts and Dockerfiles that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.problem import Problem
from harness.inputs.toml_schema import BuiltImage

if TYPE_CHECKING:
    from harness.inputs.config import Config


def problems(settings: Config | None) -> Iterator[Problem]:
    """Report each context, or Dockerfile in it, that is not there."""
    for name, image in (settings.images if settings else {}).items():
        if not settings or not isinstance(image, BuiltImage):
            continue
        context = settings.root / image.context
        key, value, noun = "dockerfile", image.dockerfile, f"file in {image.context}"
        if not context.is_dir():
            key, value, noun = "context", image.context, "directory"
        if not (context / image.dockerfile).is_file():
            message = f'is "{value}", and there is no such {noun}'
            hint = f"correct the path, or add the {noun}"
            yield Problem(f"images.{name}.{key}", message, hint)
