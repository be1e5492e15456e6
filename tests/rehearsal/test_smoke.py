"""`cutover smoke` and the local edge, which it knows as a URL alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from tests.project import Project
from tests.rehearsal.public_edge import PublicEdge, public_edge

pytestmark = pytest.mark.docker

Check = Callable[[Project], None]
Checks = dict[str, dict[str, Any]]


def smoke(project: Project, edge: PublicEdge) -> tuple[int, Checks]:
    """Run smoke; return the exit code and the checks by name."""
    code, output = project.run(
        *("smoke", edge.url, "--json", "--rate", "20", "--ca-file", str(edge.ca_file)),
        *("--connect-to", f"{edge.host}:443:127.0.0.1:{edge.https_port}"),
        *("--connect-to", f"{edge.host}:80:127.0.0.1:{edge.http_port}"),
    )
    assert "Traceback" not in output
    checks = json.loads(output[output.index("{") :])["checks"]
    return code, {check["name"]: check for check in checks}


def smoke_after_first_scheduled_run(project: Project, edge: PublicEdge) -> tuple[int, Checks]:
    """Run smoke until the rule, which fires each minute, has started its first task."""
    answers: list[tuple[int, Checks]] = []

    def probe() -> Ready | NotYet:
        answers.append(smoke(project, edge))
        scheduled = answers[-1][1]["last scheduled run"]["value"]
        return NotYet("no scheduled run") if scheduled == "none" else Ready()

    wait_until(probe, deadline=Deadline(150), interval_s=5)
    return answers[-1]


def in_state(checks: Checks, state: str) -> dict[str, str]:
    return {name: check["value"] for name, check in checks.items() if check["state"] == state}


def test_the_reference_app_passes(project: Project, nothing_left: Check) -> None:
    with public_edge(project) as edge:
        code, checks = smoke(project, edge)
        assert (code, in_state(checks, "red")) == (0, {})
        assert checks["session lasts"]["value"] == "6 of 6 answers know the session"
        key = project.run("exec", "web", "--", "printenv", "CUTOVER_PROBE_KEY")[1].split()[-1]
        project.environ["CUTOVER_PROBE_KEY"] = key
        code, checks = smoke_after_first_scheduled_run(project, edge)
        assert (code, in_state(checks, "red")) == (0, {})
        assert "of 2 tasks have the value" in checks["session over tasks"]["value"]
        assert "of 2 tasks have the file, on disk s3" in checks["file over tasks"]["value"]
        assert checks["queue age"]["value"].startswith("a job waited ")
    nothing_left(project)


@pytest.mark.long
def test_faults_of_the_app_are_named(project: Project, nothing_left: Check) -> None:
    web = "app/ecs/web.json"
    for name, old, new in (
        ("SESSION_DRIVER", "database", "file"),
        ("APP_DEBUG", "false", "true"),
        ("SESSION_SECURE_COOKIE", "true", "false"),
    ):
        setting = f'"name": "{name}",\n          "value": '
        project.replace(web, f'{setting}"{old}"', f'{setting}"{new}"')
    with public_edge(project) as edge:
        code, checks = smoke(project, edge)
    assert code == 1
    red = in_state(checks, "red")
    assert set(red) == {"session lasts", "debug mode", "session cookie"}
    assert red["session cookie"].endswith("without secure")
    nothing_left(project)
