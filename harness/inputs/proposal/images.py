"""The lines of a proposed cutover.toml about images: how each is built, or where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.document import toml_key, toml_text
from harness.inputs.files import container_images

if TYPE_CHECKING:
    from harness.aws.task_definition import ContainerDefinition
    from harness.inputs.proposal.folder import Folder


def lines(folder: Folder) -> Iterator[str]:
    """The sources of the images that app.context does not build."""
    beside, files, app = folder.images_beside_app, folder.dockerfiles, folder.dockerfile_of_app
    built: dict[str, tuple[str, str]] = {}
    for image, container in beside.items():
        own = files.of(container)
        if own and own != app:
            built[image] = own, ""
        elif stage := files.stage_of(container, path=app):
            built[image] = app, stage
    if not app or len(built) < len(beside):
        yield "[images]"
    if not app:
        image = container_images.app_image([*folder.definitions.values()], named={}) or "IMAGE"
        yield "# No Dockerfile is known as the app's: the image that the registry has."
        yield f"app = {toml_text(image)}"
    for image, container in beside.items():
        if image not in built:
            yield f"# The container {container.name}; {_source(container)}."
            yield f"{'# ' if _is_pulled(container) else ''}{toml_text(image)} = {toml_text('none')}"
    if not app or len(built) < len(beside):
        yield ""
    stage = files.stage_of_app(folder.app_containers, path=app)
    if folder.dockerfile_elsewhere or stage:
        yield "[images.app]"
        yield from _build(folder, app, stage=stage)
    for image, (dockerfile, target) in built.items():
        yield f"[images.{toml_key(image)}]"
        yield from _build(folder, dockerfile, stage=target)


def _build(folder: Folder, dockerfile: str, *, stage: str) -> Iterator[str]:
    """Yield the lines with which an image is built."""
    is_app = dockerfile == folder.dockerfile_of_app
    app = folder.app.relative_to(folder.root).as_posix() if is_app else ""
    context, path = folder.dockerfiles.context(dockerfile, app=app)
    yield f"context = {toml_text(context)}"
    yield f"dockerfile = {toml_text(path)}"
    stages = folder.dockerfiles.stages(dockerfile)
    if stage:
        yield f"target = {toml_text(stage)}"
    elif len(stages) > 1:
        last = toml_text(stages[-1] or "production")
        yield f"# target = {last}  # the stage that production runs, if it is not the last"
    yield ""


def _is_pulled(container: ContainerDefinition) -> bool:
    """Whether the task needs it here: a log router is essential on ECS, and idles here."""
    return container.essential and not container.raw.get("firelensConfiguration")


def _source(container: ContainerDefinition) -> str:
    if _is_pulled(container):
        return 'without a line it is pulled; or name an image that this machine has, or "none"'
    return '"none" lets it idle; name an image that this machine has or can pull to run it'
