"""The names of a production's files: the mail's way, as variables of the app say it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.inputs import production
from harness.target.naming import names_in
from harness.target.target import unconfigured

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("mailer", "host", "expected"),
    [
        (
            "smtp",
            "email-smtp.eu-west-1.amazonaws.com",
            "email-smtp.eu-west-1.amazonaws.com",
        ),
        ("ses", "email-smtp.eu-west-1.amazonaws.com", ""),
        ("smtp", "mailpit", ""),
    ],
)
def test_ses_by_smtp_is_known_by_its_endpoint(
    tmp_path: Path, mailer: str, host: str, expected: str
) -> None:
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("vendor"))
    shutil.copy(ROOT / "cutover.toml", tmp_path)
    for name in ("web", "worker", "scheduler"):
        path = tmp_path / f"app/ecs/{name}.json"
        content = json.loads(path.read_text())
        environment = content["containerDefinitions"][0]["environment"]
        variables = [variable for variable in environment if variable["name"] != "MAIL_MAILER"]
        settings = {"MAIL_MAILER": mailer, "MAIL_HOST": host}
        variables += [{"name": key, "value": value} for key, value in settings.items()]
        content["containerDefinitions"][0]["environment"] = variables
        path.write_text(json.dumps(content))
    assert names_in(production.load({}, cwd=tmp_path)).smtp_host == expected


def test_jobs_in_the_database_have_the_worker_that_takes_them(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("vendor"))
    config = (ROOT / "cutover.toml").read_text()
    assert names_in(production.load({}, cwd=ROOT)).jobs_on == "sqs"
    (tmp_path / "cutover.toml").write_text(config.replace('queues = "app/aws/queues.json"\n', ""))
    for name in ("web", "worker", "scheduler"):
        path = tmp_path / f"app/ecs/{name}.json"
        content = json.loads(path.read_text())
        (container,) = content["containerDefinitions"]
        for variable in container["environment"]:
            if variable["name"] == "QUEUE_CONNECTION":
                variable["value"] = "database"
        if name == "worker":
            container["command"] = ["php", "artisan", "queue:work", "--tries=3"]
        path.write_text(json.dumps(content))
    access = names_in(production.load({}, cwd=tmp_path))
    assert access.jobs_on == "database"
    gaps = unconfigured(access)
    assert "jobs" not in gaps
    assert gaps["queue"] == "jobs are in the database, and not in SQS"
    gaps = unconfigured(replace(access, worker=""))
    assert gaps["jobs"].startswith("no service takes jobs; add the one")


def test_auto_scaling_of_a_service_is_known_by_its_name(tmp_path: Path) -> None:
    assert names_in(production.load({}, cwd=ROOT)).max_capacities == {"tickets-web": 6}
    config = (ROOT / "cutover.toml").read_text()
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("vendor"))
    (tmp_path / "cutover.toml").write_text(config.replace('scaling = "app/aws/scaling.json"\n', ""))
    assert names_in(production.load({}, cwd=tmp_path)).max_capacities == {}
