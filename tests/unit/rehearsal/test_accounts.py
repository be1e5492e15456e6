"""The accounts of the database: the app's, and those that other containers have for themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
    return [account.username for account in (materials.account, *materials.other_accounts)]


def test_the_app_has_one(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    assert accounts(tmp_path) == ["tickets"]


def test_a_worker_may_have_its_own(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    config = tmp_path / "cutover.toml"
    config.write_text(config.read_text() + OWN)
    path = tmp_path / "app" / "ecs" / "worker.json"
    definition = json.loads(path.read_text())
    for secret in definition["containerDefinitions"][0]["secrets"]:
        if secret["name"] in ("DB_USERNAME", "DB_PASSWORD"):
            key = secret["name"].removeprefix("DB_").lower()
            secret["valueFrom"] = SECRET.format("worker-db-Wk3dE5", key)
    path.write_text(json.dumps(definition))
    assert accounts(tmp_path) == ["tickets", "tickets_worker"]


@pytest.mark.parametrize("variable", ["DB_URL", "DATABASE_URL"])
def test_the_account_may_be_in_a_url(tmp_path: Path, variable: str) -> None:
    copy_inputs(tmp_path)
    config = tmp_path / "cutover.toml"
    url = "mysql://tickets_app:p%2Fw@tickets.proxy.example:3306/tickets"
    text = config.read_text().replace('secret = "tickets/db"\n', "")
    config.write_text(f'{text}\n[parameters]\n"/tickets/db-url" = "{url}"\n')
    for name in ("web", "worker", "scheduler"):
        path = tmp_path / "app" / "ecs" / f"{name}.json"
        definition = json.loads(path.read_text())
        container = definition["containerDefinitions"][0]
        secrets = [
            secret for secret in container["secrets"] if not secret["name"].startswith("DB_")
        ]
        container["secrets"] = [*secrets, {"name": variable, "valueFrom": "/tickets/db-url"}]
        path.write_text(json.dumps(definition))
    account = StackSecrets.make(production.load({}, cwd=tmp_path)).account
    assert (account.username, account.password.reveal()) == ("tickets_app", "p/w")


@pytest.mark.parametrize(
    ("keys", "username"),
    [(("DB_USERNAME", "DB_PASSWORD"), "whole"), (("username", "password"), "whole")],
)
def test_the_account_may_be_in_a_secret_that_the_task_has_as_a_whole(
    tmp_path: Path, keys: tuple[str, str], username: str
) -> None:
    copy_inputs(tmp_path)
    config = tmp_path / "cutover.toml"
    text = config.read_text().replace('secret = "tickets/db"\n', "")
    whole = f'[secrets."tickets/all"]\n{keys[0]} = "{username}"\n{keys[1]} = "p w"\n'
    config.write_text(f"{text}\n{whole}")
    for name in ("web", "worker", "scheduler"):
        path = tmp_path / "app" / "ecs" / f"{name}.json"
        definition = json.loads(path.read_text())
        container = definition["containerDefinitions"][0]
        secrets = [
            secret for secret in container["secrets"] if not secret["name"].startswith("DB_")
        ]
        value_from = SECRET.removesuffix(":{}::").format("all-Wk3dE5")
        container["secrets"] = [*secrets, {"name": "APP_SECRETS", "valueFrom": value_from}]
        path.write_text(json.dumps(definition))
    account = StackSecrets.make(production.load({}, cwd=tmp_path)).account
    assert (account.username, account.password.reveal()) == (username, "p w")
