"""The app's own tests, in the app's own image."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.images import builder, context
from harness.stack import engine

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024**2


@pytest.mark.docker
def test_the_apps_own_tests_pass_in_its_image(tmp_path: Path) -> None:
    client = engine.connect()
    plan = builder.Plan(
        sources=context.Sources(root=ROOT, app_context=ROOT / "app", vendor="debian"),
        log_directory=tmp_path,
    )
    container = client.containers.create(
        builder.build_images(client, plan, only=["app-test"])["app-test"],
        mem_limit=768 * MIB,
        pids_limit=256,
        network_mode="none",
        labels={"cutover.role": "app-test"},
    )
    try:
        container.start()
        code = container.wait(timeout=300)["StatusCode"]
        output = container.logs().decode(errors="replace")
    finally:
        container.remove(force=True, v=True)
    assert code == 0, output
    assert "\nOK" in output, "PHPUnit's summary is missing"
