"""Fixtures for tests in real containers: the engine, images, and a run that leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core import runs
from harness.core.runs import Run
from harness.images import builder, context
from harness.stack import engine, removal
from harness.stack.component import PlannedComponent
from harness.stack.components.emulator import component, probe
from harness.stack.stack import Stack

if TYPE_CHECKING:
    import docker

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def client() -> docker.DockerClient:
    return engine.connect()


@pytest.fixture(scope="session")
def image(
    client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Return the id of one of our images, built if it is missing."""
    plan = builder.Plan(
        sources=context.Sources(root=ROOT, app_context=ROOT / "app", vendor="debian"),
        log_directory=tmp_path_factory.mktemp("images"),
    )
    return lambda name: builder.build_images(client, plan, only=[name])[name]


@pytest.fixture
def run(client: docker.DockerClient, tmp_path: Path) -> Iterator[Run]:
    """A run of this test's own; everything with its label is removed at the end."""
    made = runs.new_run(tmp_path)
    yield made
    removal.remove_run(client, made.id)


@pytest.fixture(scope="module")
def emulator(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The emulator alone, ready for the account of the reference app."""
    made = runs.new_run(tmp_path_factory.mktemp("run"))
    ids = {"emulator": image("emulator")}
    stack = Stack(run=made, client=client, images=ids, vpc_cidr="10.44.0.0/16")
    answer = partial(probe, account_id="876000000876", region="us-east-1")
    try:
        stack.create_networks()
        stack.start(component())
        stack.wait_ready(PlannedComponent(component(), answer), check=lambda: None)
        yield stack
    finally:
        removal.remove_run(client, made.id)
