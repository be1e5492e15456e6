"""The images of the containers beside the app's own: built from a context, local, or pulled."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import ImageBuildFailed
from harness.images.context import Place
from harness.inputs.files.container_images import IDLE
from harness.inputs.toml.schema import BuiltImage

if TYPE_CHECKING:
    from harness.inputs.toml.schema import ImageSource

PREFIX = "task-"


@dataclass(frozen=True)
class TaskImages:
    """Sources of the images of task definitions, by our names for them."""

    references: Mapping[str, str] = field(default_factory=dict)
    """Our name -> the image as the task definition has it."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Our name -> the directory of its context, and how it is built there."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Our name -> a reference that the engine has or can pull."""

    @classmethod
    def of(cls, sources: Mapping[str, ImageSource], *, root: Path) -> TaskImages:
        """Sort the images by their sources; images of idle containers are left out.

        Args:
            sources: Image of a task definition -> its source.
            root: The directory that contexts are relative to.
        """
        images = {
            name_of(image): (image, source) for image, source in sources.items() if source != IDLE
        }
        return cls(
            references={name: image for name, (image, _) in images.items()},
            places={
                name: Place.of(source, root=root)
                for name, (_, source) in images.items()
                if isinstance(source, BuiltImage)
            },
            overrides={
                name: source for name, (_, source) in images.items() if isinstance(source, str)
            },
        )

    def not_to_be_had(self, name: str, *, refused: str) -> ImageBuildFailed:
        """Return the error for an image that could not be pulled."""
        image, reference = self.references[name], self.overrides[name]
        instead = "" if image == reference else f", for {image},"
        return ImageBuildFailed(
            f"image {reference}{instead} is not to be had: it is not on this machine, and could not"
            " be pulled",
            last_answer=refused,
            where="cutover.toml: [images]",
            hint=f'write "{image}" = "none" under [images], so that its containers idle, or name'
            " there an image that this machine has, or the context that builds it",
        )


def name_of(image: str) -> str:
    """Return our name for an image of a task definition."""
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    plain = re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")
    return f"{PREFIX}{plain}-{hashlib.sha256(image.encode()).hexdigest()[:6]}"
