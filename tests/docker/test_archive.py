"""Images in one file: exported, removed, imported, and found by a build that builds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from harness.images import archive, builder
from harness.images.builder import Plan
from harness.images.context import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker


def test_after_an_import_nothing_is_built(
    client: docker.DockerClient, image: Callable[[str], str], tmp_path: Path
) -> None:
    image("base-trixie")
    app = tmp_path / "app"
    app.mkdir()
    (app / "token").write_text(uuid4().hex)
    (app / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY token /token\n")
    root = Path(__file__).resolve().parents[2]
    plan = Plan(
        sources=Sources(root=root, app_context=app, vendor="debian"), log_directory=tmp_path / "log"
    )
    built = builder.build_images(client, plan)
    try:
        images = builder.look_up(client, plan)
        path = tmp_path / "images.tar"
        manifest = archive.export(client, images, vendor="debian", path=path)
        assert set(manifest.images) == {*plan.names, "base-trixie", "base-sid"}
        client.images.remove(built.references["app"])
        assert builder.look_up(client, plan).missing == ("app",)
        archive.check(path, archive.read(path), architecture=archive.architecture_of(client))
        assert archive.load(client, path, archive.read(path))
        assert builder.look_up(client, plan) == images
        assert not archive.load(client, path, archive.read(path))
    finally:
        client.images.remove(built.references["app"], force=True)
