"""The accounts of the database: the app's, and those that other containers have for themselves."""

from __future__ import annotations

import json
from pathlib import Path

from harness.inputs import production
from harness.rehearsal.plan import StackSecrets
from tests.project import copy_inputs

SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/{}:{}::"
OWN = """
[secrets."tickets/worker-db"]
username = "tickets_worker"
password = { generate = "password" }
"""


def accounts(root: Path) -> list[str]:
    materials = StackSecrets.make(production.load({}, cwd=root))
    return [one.username for one in (materials.account, *materials.other_accounts)]


def test_the_app_has_one(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    assert accounts(tmp_path) == ["tickets"]


def test_a_worker_may_have_its_own(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    config = tmp_path / "cutover.toml"
    config.write_text(config.read_text() + OWN)
    path = tmp_path / "app" / "ecs" / "worker.json"
    definition = json.loads(path.read_text())
    for one in definition["containerDefinitions"][0]["secrets"]:
        if one["name"] in ("DB_USERNAME", "DB_PASSWORD"):
            key = one["name"].removeprefix("DB_").lower()
            one["valueFrom"] = SECRET.format("worker-db-Wk3dE5", key)
    path.write_text(json.dumps(definition))
    assert accounts(tmp_path) == ["tickets", "tickets_worker"]
