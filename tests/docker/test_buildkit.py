"""A Dockerfile that only BuildKit builds, with a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from harness.images import builder
from harness.images.builder import Plan
from harness.images.context import Place, Sources
from tests.project import ROOT

if TYPE_CHECKING:
    import docker

TOKEN = "token-of-a-private-registry"
DOCKERFILE = """ARG BASE
FROM ${BASE} AS production
ARG SHOP
RUN --mount=type=cache,target=/cache --mount=type=secret,id=composer_auth \\
    grep -q token /run/secrets/composer_auth && echo ${SHOP} > /shop
COPY --chmod=600 . /app
FROM production AS development
RUN exit 1
"""


def test_secrets_targets_and_arguments_are_buildkits(
    client: docker.DockerClient, image: Callable[[str], str], tmp_path: Path
) -> None:
    image("base-trixie")
    shop, app = uuid4().hex, tmp_path / "app"
    app.mkdir()
    (app / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "auth.json").write_text(TOKEN)
    place = Place(
        app,
        target="production",
        args={"SHOP": shop},
        secrets={"composer_auth": tmp_path / "auth.json"},
    )
    sources = Sources(root=ROOT, app_context=app, vendor="debian")
    plan = Plan(sources=replace(sources, places={"app": place}), log_directory=tmp_path / "logs")
    built = builder.build_images(client, plan, only=["app"])
    try:
        output = client.containers.run(
            built["app"],
            ["sh", "-c", "cat /shop; stat -c %a /app/Dockerfile; ls -a /app"],
            remove=True,
            mem_limit="64m",
            pids_limit=20,
        ).decode()
        assert output.split() == [shop, "600", ".", "..", "Dockerfile"]
        inspected = client.images.get(built["app"])
        assert inspected.labels["cutover.role"] == "image"
        record = json.dumps(inspected.history()) + (plan.log_directory / "app.log").read_text()
        assert TOKEN not in record
    finally:
        client.images.remove(built.references["app"], force=True)
