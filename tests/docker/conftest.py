"""Fixtures for tests in real containers: the engine, images, and a run that leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core.runs import Run
from harness.images import builder, context
from harness.stack import engine
from harness.stack.component import PlannedComponent
from harness.stack.components.emulator import component, probe
from harness.stack.stack import Stack
from tests.docker.own_run import own_run

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
    with own_run(client, tmp_path) as test_run:
        yield test_run


@pytest.fixture(scope="module")
def emulator(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The emulator alone, ready for the account of the reference app."""
    ids = {"emulator": image("emulator")}
    answer = partial(probe, account_id="876000000876", region="us-east-1")
    with own_run(client, tmp_path_factory.mktemp("run")) as test_run:
        stack = Stack(run=test_run, client=client, images=ids, vpc_cidr="10.44.0.0/16")
        stack.create_networks()
        stack.start(component())
        stack.wait_ready(PlannedComponent(component(), answer), check=lambda: None)
        yield stack
