"""Rehearsals: green, red for the right reason, interrupted, killed; and nothing left of any."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from harness.core import labels
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.stack import logs, removal
from tests.docker.own_run import own_run
from tests.project import Project, copy_of_the_app, remove_runs

if TYPE_CHECKING:
    import docker

pytestmark = pytest.mark.docker

Check = Callable[[Project], None]

KILLED = 137


def run_directory(project: Project) -> Path:
    (directory,) = (project.home / "runs").glob("*")
    return directory


def test_the_reference_app_is_green_and_nothing_is_left(
    project: Project, nothing_left: Check
) -> None:
    code, output = project.run("rehearse")
    assert code == 0, output
    assert "Traceback" not in output
    nothing_left(project)
    directory = run_directory(project)
    report = json.loads((directory / "report.json").read_text())
    assert report["green"] is True
    assert len(report["scenarios"]) > 80
    assert report["unread"] == []
    assert report["health"], "the history has no change of a target's health"
    assert report["ticks"], "the history has no scheduled run"
    assert ET.parse(directory / "junit.xml").getroot() is not None
    assert "AWS_ENDPOINT_URL" in (directory / "report.html").read_text()
    assert (directory / "services" / "mysql" / "stderr.log").is_file()
    assert list(directory.glob("tasks/tickets-web-*/app/stderr.log"))


@pytest.mark.long
def test_two_rehearsals_at_once_are_green(
    project: Project,
    client: docker.DockerClient,
    tmp_path_factory: pytest.TempPathFactory,
    nothing_left: Check,
) -> None:
    neighbour = copy_of_the_app(tmp_path_factory.mktemp("neighbour"))
    try:
        commands = [place.start("rehearse") for place in (project, neighbour)]
        codes = [command.end(1200) for command in commands]
        assert codes == [0, 0], "\n".join(command.said for command in commands)
        for place in (project, neighbour):
            nothing_left(place)
    finally:
        remove_runs(neighbour, client)


def test_a_missing_secret_key_stops_the_rehearsal_and_is_named(
    project: Project, nothing_left: Check
) -> None:
    project.replace("cutover.toml", 'password = { generate = "password" }\n', "")
    code, output = project.run("rehearse")
    assert code == 3, output
    assert "did not contain json key password" in output
    assert "Traceback" not in output
    nothing_left(project)


def test_a_session_in_files_is_red_and_named(project: Project, nothing_left: Check) -> None:
    project.replace(
        "app/ecs/web.json",
        '"name": "SESSION_DRIVER",\n          "value": "database"',
        '"name": "SESSION_DRIVER",\n          "value": "file"',
    )
    code, output = project.run(
        "rehearse", "-k", "session_values_are_read or kept_in_a_shared_store"
    )
    assert code == 1, output
    causes = {entry["cause"] for entry in project.scenarios() if entry["cause"]}
    assert [cause for cause in causes if cause.startswith('SESSION_DRIVER is "file"')], causes
    assert 'SESSION_DRIVER is "file", and must be database' in output
    assert "rerun the red ones: `cutover up`, then `cutover verify --lf`" in output
    nothing_left(project)


def test_a_mistake_in_a_task_definition_is_a_usage_error(project: Project) -> None:
    project.replace("app/ecs/web.json", '"memory": "1024"', '"memory": "1000"')
    code, output = project.run("rehearse")
    assert code == 2, output
    assert "web.json" in output
    assert "memory" in output


def test_ctrl_c_while_starting_leaves_nothing(project: Project, nothing_left: Check) -> None:
    command = project.start("rehearse")
    command.wait_for("component emulator")
    command.interrupt()
    assert command.end() == 130, command.said
    assert "Traceback" not in command.said
    # Control may be at any point of its start; none of them ignores the signal.
    for inspected in project.home.glob("runs/*/services/control/inspect.json"):
        assert json.loads(inspected.read_text())["State"]["ExitCode"] != KILLED
    nothing_left(project)


def test_what_a_killed_up_left_is_swept_by_down(
    project: Project, client: docker.DockerClient, nothing_left: Check
) -> None:
    command = project.start("up")
    command.wait_for("component mysql")
    command.interrupt(signal.SIGKILL)
    command.end()
    left = project.run_ids() & set(removal.runs_in_engine(client))
    assert left, "the test killed too early"
    code, output = project.run("down")
    assert code == 0, output
    assert f"removed what run {left.pop()} had left" in output
    nothing_left(project)


def test_up_is_idempotent_and_down_ends_it(
    project: Project, client: docker.DockerClient, nothing_left: Check
) -> None:
    code, output = project.run("up")
    assert code == 0, output
    again, output = project.run("up")
    assert again == 0, output
    assert "already up" in output
    assert len(project.run_ids()) == 1
    code, output = project.run("status", "--json")
    assert code == 0
    status = json.loads(output)
    assert status["up"] is True
    code, output = project.run("exec", "web", "--", "php", "artisan", "--version")
    assert code == 0, output
    assert "Laravel Framework 13" in output
    code, output = project.run("logs", "mysql")
    assert "ready for connections" in output
    assert not leaked(client, status["run"], project)
    code, output = project.run("verify", "-k", "no scenario is called this")
    assert code == 2, output
    code, output = project.run("down")
    assert code == 0, output
    nothing_left(project)
    code, output = project.run("verify")
    assert code == 2
    assert "cutover up" in output


def secrets_of(client: docker.DockerClient, run_id: str) -> set[str]:
    """Values that only the tasks may hold, read from their environment."""
    secrets = set()
    for container in logs.containers_of(client, run_id):
        for entry in container.attrs["Config"]["Env"]:
            name, _, value = entry.partition("=")
            if name in ("DB_PASSWORD", "APP_KEY", "CUTOVER_PROBE_KEY"):
                secrets.add(value)
    assert secrets
    return secrets


def leaked(client: docker.DockerClient, run_id: str, project: Project) -> list[str]:
    """Where a secret is found: files of the run, and inspect data of anything but the tasks."""
    values = secrets_of(client, run_id)
    places = [
        str(path)
        for path in project.home.rglob("*")
        if path.is_file() and any(v in path.read_text(errors="replace") for v in values)
    ]
    for container in logs.containers_of(client, run_id):
        is_task = labels.LABEL_CONTAINER in container.labels
        if not is_task and any(v in json.dumps(container.attrs) for v in values):
            places.append(str(container.name))
    return places


def test_a_run_that_lives_is_never_swept(
    project: Project, client: docker.DockerClient, tmp_path: Path
) -> None:
    with own_run(client, tmp_path / "other") as run:
        client.networks.create(run.name("app"), labels=run.labels("network"))
        code, output = project.run("down")
        assert code == 0, output
        assert run.id in removal.runs_in_engine(client)
        assert run.owner.startswith(f"{os.getpid()}:")


def wait_for_a_scheduled_run(place: Project) -> None:
    """Wait for the first tick of a rule, which takes up to a minute."""

    def probe() -> Ready | NotYet:
        _, output = place.run("phase", "5", "--target", "aws", "--json")
        checks = {check["id"]: check["state"] for check in json.loads(output)["checks"]}
        return Ready() if checks["5.ticks"] == "green" else NotYet(checks["5.ticks"])

    wait_until(probe, deadline=Deadline(150), interval_s=5)


def expect_green_phases(project: Project, target: str) -> None:
    """Check that each phase that the stand-ins can answer for is green, and says how much."""
    for number, judged in ((0, 5), (1, 1), (4, 5), (5, 6)):
        code, output = project.run("phase", str(number), "--target", target, "--json")
        report = json.loads(output)
        assert code == 0, output
        states = [check["state"] for check in report["checks"]]
        assert states.count("green") >= judged, output


def test_the_stack_that_is_up_is_an_account_for_the_target_aws(
    project: Project, nothing_left: Check
) -> None:
    code, output = project.run("up")
    assert code == 0, output
    code, output = project.run("env")
    assert code == 0, output
    variables = dict(
        line.removeprefix("export ").split("=", 1) for line in output.splitlines() if "=" in line
    )
    environ = {name: shlex.split(value)[0] for name, value in variables.items()}
    account = replace(
        project, environ={**project.environ, **environ, "DOCKER_HOST": "tcp://127.0.0.1:1"}
    )
    wait_for_a_scheduled_run(account)
    for place in (account, project):
        expect_green_phases(place, "aws" if place is account else "local")
    stories = [f"scenarios/test_{name}.py" for name in ("edge", "roles", "sessions", "uploads")]
    code, output = account.run("verify", "--target", "aws", "-n", "3", *stories)
    assert code == 0, output
    assert "(local endpoints) as arn:aws:sts::876000000876:assumed-role/cutover-observer" in output
    assert "selected scenarios ran on target aws (local endpoints)" in " ".join(output.split())
    assert "a pass proves nothing about AWS" in output
    results = {entry["scenario"]: entry["result"] for entry in account.scenarios()}
    assert results["scenarios/test_uploads.py::test_bucket_is_private"] == "passed"
    assert results["scenarios/test_edge.py::test_plain_http_is_redirected_to_https"] == "skipped"
    code, output = replace(
        account, environ={**account.environ, "AWS_ACCESS_KEY_ID": "111122223333"}
    ).run("verify", "--target", "aws")
    assert code == 2
    assert "111122223333" in output
    code, output = project.run("down")
    assert code == 0, output
    nothing_left(project)
