"""The places on this machine that cutover.toml names: contexts, Dockerfiles, and a copy of data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs.document import path_below
from harness.inputs.problem import Problem, nearest
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from harness.inputs.config import Config


_APP, _DOCKERFILE = "app", "Dockerfile"
_STAGE = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+(?:[ \t]+AS[ \t]+([\w.-]+))?[ \t]*$",
    flags=re.MULTILINE | re.IGNORECASE,
)
"""A stage of a Dockerfile, and its name."""


def problems(settings: Config | None) -> Iterator[Problem]:
    """Report each context, or Dockerfile in it, that is not there; and the tracker's file."""
    if settings is None:
        return
    tracker = settings.security_tracker
    if tracker and "://" not in tracker and not Path(tracker).is_file():
        yield _absent("scan.tracker", path_below(Path(tracker), root=settings.root), noun="file")
    yield from _of_app(settings)
    for name, image in settings.images.items():
        if not isinstance(image, BuiltImage):
            continue
        context, key = settings.root / image.context, f"images.{name}"
        if not context.is_dir():
            yield _absent(f"{key}.context", image.context, noun="directory")
        elif not (context / image.dockerfile).is_file():
            noun = f"file in {image.context}"
            yield _absent(f"{key}.dockerfile", image.dockerfile, noun=noun)
        elif image.target:
            yield from _of_stage(image, file=context / image.dockerfile, key=f"{key}.target")


def _of_app(settings: Config) -> Iterator[Problem]:
    """Report a context of the app without a Dockerfile, where [images] names no image for it."""
    context = settings.app_context
    if _APP in settings.images or not context.is_dir() or (context / _DOCKERFILE).is_file():
        return
    message = f'is "{path_below(context, root=settings.root)}", which has no {_DOCKERFILE}'
    hint = (
        "write [images.app] with its context and dockerfile, or the image that was pushed:"
        ' [images] app = "..."'
    )
    yield Problem("app.context", message, hint)


def _of_stage(image: BuiltImage, *, file: Path, key: str) -> Iterator[Problem]:
    """Report a stage that the Dockerfile does not have: a name, or a number from 0."""
    stages = [stage.lower() for stage in _STAGE.findall(file.read_text("utf-8", "replace"))]
    target = str(image.target)
    is_number = target.isdecimal() and int(target) < len(stages)
    if target.lower() not in stages and not is_number:
        names = [stage for stage in stages if stage]
        message = f'is "{target}", and {image.dockerfile} has no such stage'
        yield Problem(key, message, nearest(target.lower(), names) if names else "leave it out")


def _absent(key: str, value: str, *, noun: str) -> Problem:
    message = f'is "{value}", and there is no such {noun}'
    return Problem(key, message, f"correct the path, or add the {noun}")
