"""Images beside the app's: built from a context, local or pulled."""

from __future__ import annotations

from pathlib import Path

from harness.images.context import Place
from harness.images.task_images import TaskImages, name_of
from harness.inputs.toml.schema import BuiltImage

NGINX, AGENT, CACHE = "876.example/shop/Nginx@sha256:1", "public.example/agent:7", "cache"


def test_each_image_has_a_name_that_docker_takes() -> None:
    assert name_of(NGINX).startswith("task-nginx-")
    assert name_of("localhost:5000/a_b:1").startswith("task-a-b-")
    assert name_of("a/x:1") != name_of("b/x:1")


def test_images_are_sorted_by_their_sources() -> None:
    built = BuiltImage(context="docker/nginx", dockerfile="Dockerfile.web")
    images = TaskImages.of({NGINX: built, AGENT: "none", CACHE: CACHE}, root=Path("/shop"))
    assert images.references == {name_of(NGINX): NGINX, name_of(CACHE): CACHE}
    assert images.places == {name_of(NGINX): Place(Path("/shop/docker/nginx"), "Dockerfile.web")}
    assert images.overrides == {name_of(CACHE): CACHE}


def test_an_image_that_is_not_to_be_had_is_named_with_the_key_to_set() -> None:
    images = TaskImages.of({AGENT: AGENT, NGINX: "nginx:local"}, root=Path("/shop"))
    assert str(images.not_to_be_had(name_of(AGENT), refused="no route to host")) == (
        f"image {AGENT} is not to be had: it is not on this machine, and could not be pulled\n"
        "  last answer: no route to host\n"
        "  where: cutover.toml: [images]\n"
        f'  what to do: write "{AGENT}" = "none" under [images], so that its containers idle, or'
        " name there an image that this machine has, or the context that builds it"
    )
    assert str(images.not_to_be_had(name_of(NGINX), refused="")).startswith(
        f"image nginx:local, for {NGINX}, is not to be had"
    )
