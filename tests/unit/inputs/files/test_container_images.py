"""The app's image among those of the task definitions, and the container in which Laravel runs."""

from __future__ import annotations

from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.inputs.files import container_images
from harness.inputs.toml.schema import BuiltImage

APP, NGINX = "876.example/shop:1", "876.example/shop-nginx:1"
AGENT = "public.example/agent:7"
KEY = {"environment": [{"name": "APP_KEY", "value": "base64:"}]}


def container(name: str, image: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **more}


def definition(family: str, *containers: dict[str, Any]) -> TaskDefinition:
    raw = {"family": family, "containerDefinitions": list(containers)}
    return TaskDefinition(raw, source=f"{family}.json")


WEB = definition(
    "web",
    container("nginx", NGINX),
    container("php", APP, **KEY),
    container("agent", AGENT, essential=False),
)


def test_the_only_image_is_the_apps() -> None:
    assert container_images.app_image([definition("web", container("a", "x:1"))], named={}) == "x:1"


def test_the_image_with_the_key_is_the_apps() -> None:
    assert container_images.app_image([WEB], named={}) == APP
    assert container_images.beside_app([WEB], named={}) == {NGINX: NGINX, AGENT: AGENT}


def test_images_beside_the_apps_have_the_sources_that_they_are_named_with() -> None:
    named: Any = {NGINX: BuiltImage(context="nginx"), AGENT: "none"}
    assert container_images.app_image([WEB], named=named) == APP
    assert container_images.beside_app([WEB], named=named) == named


@pytest.mark.parametrize(
    ("containers", "php"),
    [
        ([container("nginx", NGINX), container("php", APP, **KEY)], "php"),
        ([container("agent", AGENT), container("php", APP)], "php"),
        ([container("init", APP, essential=False, **KEY), container("php", APP, **KEY)], "php"),
        ([container("a", APP, **KEY), container("nginx", APP, **KEY)], "nginx"),
        ([container("a", APP), container("b", APP)], "a"),
    ],
)
def test_laravel_runs_where_the_key_is(containers: list[dict[str, Any]], php: str) -> None:
    task_definition = definition("web", *containers)
    assert container_images.php_container(task_definition, app=APP, reached="nginx") == php


def problems(*definitions: TaskDefinition, **named: Any) -> list[tuple[str, str, str]]:
    pairs = container_images.problems(definitions, named=named)
    return [(file, str(problem), problem.hint) for file, problem in pairs]


def test_another_tag_of_the_apps_image_is_rejected() -> None:
    worker = definition("worker", container("app", "876.example/shop:0"))
    assert problems(WEB, worker) == [
        (
            "worker.json",
            f'containerDefinitions[0].image is "876.example/shop:0", and web.json has "{APP}"',
            "all containers of the app run one image; give each the same tag or digest",
        )
    ]


def test_another_image_of_the_app_is_named() -> None:
    other = "localhost:5000/worker"
    worker = definition("worker", container("app", other, **KEY))
    assert problems(WEB, worker) == [
        (
            "worker.json",
            f'containerDefinitions[0].image is "{other}", and web.json has "{APP}"',
            "all containers of the app run one image; give each the same tag or digest, or name"
            f' this image: [images] "{other}" = ...',
        )
    ]
    assert problems(WEB, worker, **{other: "worker:local"}) == []


def test_without_the_key_laravels_other_variables_show_the_app() -> None:
    settings = [{"name": "SESSION_DRIVER", "value": "database"}]
    web = definition("web", container("nginx", NGINX), container("php", APP, environment=settings))
    assert container_images.app_image([web], named={}) == APP
    assert problems(web) == []


def test_images_of_which_none_has_the_key_are_rejected() -> None:
    web = definition("web", container("nginx", NGINX), container("php", APP))
    assert problems(web) == [
        (
            "web.json",
            f"containerDefinitions has several images, {NGINX}, {APP}, and no container has"
            " APP_KEY: which of them is the app's is not known",
            "give the app its APP_KEY, or name the others under [images]",
        )
    ]
    assert problems(web, **{NGINX: "none"}) == []


def test_a_name_of_no_image_is_rejected() -> None:
    named: Any = {"public.example/agent:8": "none", "mysql": "x", NGINX: "none"}
    (problem,) = container_images.unused([WEB], named=named)
    assert str(problem) == "images.public.example/agent:8 is no image of a task definition"
    assert problem.hint == f'did you mean "{AGENT}"?'
