"""The app's PHP packages by Composer: from a private registry, with this machine's login."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from harness.core.errors import ImageBuildFailed
from harness.images import builder
from harness.images.builder import Plan
from harness.images.context import Sources
from tests import composer_repository
from tests.composer_repository import PASSWORD
from tests.project import ROOT, copy_of_the_app, lend

if TYPE_CHECKING:
    import docker

LONGEST_S = 900


@pytest.fixture(scope="module")
def registry(client: docker.DockerClient, image: Callable[[str], str]) -> Iterator[str]:
    """The address of the registry."""
    with composer_repository.serve(
        composer_repository.packages(client, image("vendor"))
    ) as address:
        yield address


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The vendor image of an app that asks for the same packages, and is no other test's."""
    app = tmp_path / "app"
    for name in ("composer.json", "packages/cutover-probe/composer.json"):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_bytes((ROOT / "app" / name).read_bytes())
    (app / "composer.json").write_text(
        (app / "composer.json").read_text().replace("876events/tickets", f"shop/{uuid4().hex}")
    )
    (app / "vendor-composer").symlink_to(ROOT / "app" / "vendor-composer")
    return Plan(
        sources=Sources(root=ROOT, app_context=app, vendor="composer"),
        log_directory=tmp_path / "logs",
    )


def test_packages_come_from_a_registry_with_this_machines_login(
    client: docker.DockerClient,
    registry: str,
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composer_repository.write_home(tmp_path / "composer", registry)
    monkeypatch.setenv("COMPOSER_HOME", str(tmp_path / "composer"))
    built = builder.build_images(client, plan, only=["vendor"])
    log = (plan.log_directory / "vendor.log").read_text()
    assert "unused services are removed" in log
    container = client.containers.create(built["vendor"], ["none"])
    try:
        chunks, _ = container.get_archive("/vendor")
        content = b"".join(chunks)
    finally:
        container.remove()
    inspected = client.images.get(built["vendor"])
    metadata = json.dumps([inspected.attrs, inspected.history()])
    client.images.remove(built.references["vendor"], force=True)
    assert b"vendor/autoload.php" in content
    assert PASSWORD not in log + metadata
    assert PASSWORD.encode() not in content


def test_a_registry_that_does_not_know_the_login_says_so(
    client: docker.DockerClient,
    registry: str,
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composer_repository.write_home(tmp_path / "composer", registry, password="another-password")
    monkeypatch.setenv("COMPOSER_HOME", str(tmp_path / "composer"))
    with pytest.raises(ImageBuildFailed) as caught:
        builder.build_images(client, plan, only=["vendor"])
    assert "asks for a login" in caught.value.hint
    assert "another-password" not in f"{caught.value}{caught.value.log_tail}"


@pytest.fixture
def images_of_test(client: docker.DockerClient) -> Iterator[None]:
    """Remove the images of app and vendor that a test has made."""
    before = own_tags(client)
    yield
    for tag in own_tags(client) - before:
        client.images.remove(tag, force=True)


def own_tags(client: docker.DockerClient) -> set[str]:
    tags = {tag for image in client.images.list() for tag in image.tags}
    return {tag for tag in tags if tag.startswith(("cutover/app:", "cutover/vendor:"))}


@pytest.mark.long
@pytest.mark.usefixtures("images_of_test")
def test_the_shop_runs_on_packages_from_a_registry(
    registry: str, tmp_path: Path, client: docker.DockerClient
) -> None:
    composer_repository.write_home(tmp_path / "composer", registry)
    for project in lend(copy_of_the_app(tmp_path / "shop"), client):
        project.replace("app/composer.json", "876events/tickets", f"shop/{uuid4().hex}")
        project.environ.update(COMPOSER_HOME=str(tmp_path / "composer"), CUTOVER_VENDOR="composer")
        code, output = project.run("rehearse", within_s=LONGEST_S)
        assert code == 0, output
        assert "vendor: composer" in output
        assert PASSWORD not in output
