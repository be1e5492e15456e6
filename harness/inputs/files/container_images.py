"""The images of the task definitions' containers: the app's own, and those beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.inputs.problem import Problem, nearest
from harness.inputs.toml import schema

if TYPE_CHECKING:
    from harness.aws.task_definition import ContainerDefinition, TaskDefinition
    from harness.inputs.toml.schema import ImageSource

APP_KEY = "APP_KEY"
_LARAVELS = ("DB_CONNECTION", "SESSION_DRIVER", "CACHE_STORE", "QUEUE_CONNECTION")
"""Variables of Laravel alone, where APP_KEY is in a secret that is a variable as a whole."""
IDLE = "none"
"""The source of an image that is not to be had; its containers idle."""


def app_image(definitions: Sequence[TaskDefinition], *, named: Mapping[str, ImageSource]) -> str:
    """Return the image that ``app.context`` builds; empty where the files do not show it.

    It is the only one that ``[images]`` does not name, or the one whose container has APP_KEY, or
    else Laravel's other variables.
    """
    unnamed = _images(definitions, named=named)
    if len(unnamed) == 1:
        return unnamed[0]
    named_by = ((APP_KEY,), _LARAVELS)
    candidates = (_images(definitions, named=named, variables=variables) for variables in named_by)
    return next((image for images in candidates for image in images), "")


def beside_app(
    definitions: Sequence[TaskDefinition], *, named: Mapping[str, ImageSource]
) -> dict[str, ImageSource]:
    """Return image -> source of the others; one that is not named is taken as it is."""
    app = app_image(definitions, named=named)
    references = dict.fromkeys(
        container.image for definition in definitions for container in definition.containers
    )
    return {image: named.get(image, image) for image in references if image != app}


def php_container(definition: TaskDefinition, *, app: str, reached: str = "") -> str:
    """Return the name of a task's container in which Laravel runs.

    Args:
        definition: The task definition.
        app: The app's image.
        reached: The container that visitors reach; empty where there is none.
    """

    def rank(container: ContainerDefinition) -> tuple[bool, ...]:
        return (
            _has(container, APP_KEY),
            container.image == app,
            container.essential,
            container.name == reached,
        )

    return max(definition.containers, key=rank).name


def problems(
    definitions: Sequence[TaskDefinition], *, named: Mapping[str, ImageSource]
) -> Iterator[tuple[str, Problem]]:
    """Report images that are not the app's and not named: the file, and the problem."""
    app = app_image(definitions, named=named)
    unnamed = _images(definitions, named=named)
    if not app and unnamed:
        yield (
            definitions[0].source,
            Problem(
                "containerDefinitions",
                f"has several images, {', '.join(unnamed)}, and no container has {APP_KEY}: which"
                " of them is the app's is not known",
                f"give the app its {APP_KEY}, or name the others under [images]",
            ),
        )
        return
    first = next((task.source for task in definitions if app in _references(task)), "")
    for definition in definitions:
        for index, container in enumerate(definition.containers):
            image = container.image
            if image in (app, *named):
                continue
            tagged = _repository(image) == _repository(app)
            if tagged or _has(container, APP_KEY):
                yield (
                    definition.source,
                    Problem(
                        f"containerDefinitions[{index}].image",
                        f'is "{image}", and {first} has "{app}"',
                        "all containers of the app run one image; give each the same tag or digest"
                        + ("" if tagged else f', or name this image: [images] "{image}" = ...'),
                    ),
                )


def unused(
    definitions: Sequence[TaskDefinition], *, named: Mapping[str, ImageSource]
) -> Iterator[Problem]:
    """Report names under ``[images]`` that are neither ours nor a task definition's."""
    references = {reference for definition in definitions for reference in _references(definition)}
    for image in named:
        if image not in references and image not in schema.OUR_IMAGES:
            yield Problem(
                f"images.{image}",
                "is no image of a task definition",
                nearest(image, {*references, *schema.OUR_IMAGES}),
            )


def _references(definition: TaskDefinition) -> list[str]:
    return [container.image for container in definition.containers]


def _images(
    definitions: Sequence[TaskDefinition],
    *,
    named: Mapping[str, ImageSource],
    variables: tuple[str, ...] = (),
) -> list[str]:
    """List the images that are not named, each once; of containers with one of some variables."""
    return list(
        dict.fromkeys(
            container.image
            for definition in definitions
            for container in definition.containers
            if container.image not in named and (not variables or _has(container, *variables))
        )
    )


def _has(container: ContainerDefinition, *variables: str) -> bool:
    return any(
        variable in container.environment or variable in container.secrets for variable in variables
    )


def _repository(image: str) -> str:
    """Strip tag and digest; a port of the registry is no tag."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def single(variable: str, containers: Iterable[ContainerDefinition]) -> str:
    """Return a variable's value; empty where no container sets it, or two set it differently."""
    values = {container.environment.get(variable, "") for container in containers} - {""}
    return values.pop() if len(values) == 1 else ""
