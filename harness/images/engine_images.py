"""The harness's images on the engine: listed, and pruned when a newer one has replaced them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.images import debian_bases
from harness.images.context import BASES, NAMES
from harness.images.task_images import PREFIX

if TYPE_CHECKING:
    import docker

_REPOSITORIES = {
    debian_bases.REPOSITORY,
    *(f"cutover/{name}" for name in NAMES if name not in BASES),
}


def listing(client: docker.DockerClient) -> list[str]:
    """Describe the harness's images: tag, size and age, newest first."""
    now = time.time()
    return [
        f"{tag:<48} {image['Size'] / 1e6:6.0f} MB  {(now - image['Created']) / 3600:6.1f} h old"
        for image in sorted(client.api.images(), key=lambda image: -image["Created"])
        for tag in _own_tags(image)
    ]


def prune(client: docker.DockerClient) -> list[str]:
    """Remove the harness's images that a newer one of the same name has replaced."""
    import docker.errors

    newest: set[str] = set()
    removed = []
    for image in sorted(client.api.images(), key=lambda image: -image["Created"]):
        for tag in _own_tags(image):
            repository = tag.partition(":")[0]
            if repository == debian_bases.REPOSITORY or repository not in newest:
                newest.add(repository)
                continue
            try:
                client.api.remove_image(tag)
            except docker.errors.APIError:
                continue  # a container of a stack that is up still uses it
            removed.append(tag)
    return removed


def _own_tags(image: Mapping[str, Any]) -> list[str]:
    return [
        tag
        for tag in image["RepoTags"] or ()
        if tag.partition(":")[0] in _REPOSITORIES or tag.startswith(f"cutover/{PREFIX}")
    ]
