"""Names of images, as ECS, engines and registries take them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAKEN = re.compile(r"[\w.:/#@-]*", flags=re.ASCII)
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html, image"""
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127})?(?:@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9A-Fa-f]{32,})?",
    flags=re.ASCII,
)
"""https://github.com/distribution/reference/blob/main/regexp.go"""


def faults(image: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for a name that ECS refuses, or that no engine can pull."""
    if not image:
        return
    if not _TAKEN.fullmatch(image):
        hint = "put in what the placeholder stands for: letters, digits and - _ : . / # @ are taken"
        yield f'is "{image}", and ECS refuses such a name', hint
    elif "://" in image:
        hint = f'write "{image.partition("://")[2]}"'
        yield f'is "{image}", and the name of an image has no scheme: no task could pull it', hint
    elif not _NAME.fullmatch(image):
        hint = "write REGISTRY/REPOSITORY:TAG, with the repository in small letters"
        yield f'is "{image}", which is no name of an image: no task could pull it', hint
