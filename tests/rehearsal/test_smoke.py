"""`cutover smoke` and the local edge, which it knows as a URL alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.project import Project

pytestmark = pytest.mark.docker

Check = Callable[[Project], None]


@contextmanager
def a_stack(project: Project) -> Iterator[list[str]]:
    """Start a stack; yield the words with which smoke reaches it."""
    code, output = project.run("up")
    try:
        assert code == 0, output
        status = json.loads(project.run("status", "--json")[1])
        addresses = status["addresses"]
        host = status["public_url"].removeprefix("https://")
        yield [
            *("smoke", status["public_url"], "--json", "--rate", "20"),
            *("--connect-to", f"{host}:443:{addresses['https'].removeprefix('https://')}"),
            *("--connect-to", f"{host}:80:{addresses['http'].removeprefix('http://')}"),
            *("--ca-file", addresses["ca_file"]),
        ]
    finally:
        project.run("down")


def smoke(project: Project, words: list[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run smoke; return the exit code and the checks by name."""
    code, output = project.run(*words)
    assert "Traceback" not in output
    checks = json.loads(output[output.index("{") :])["checks"]
    return code, {check["name"]: check for check in checks}


def in_state(checks: dict[str, dict[str, Any]], state: str) -> dict[str, str]:
    return {name: check["value"] for name, check in checks.items() if check["state"] == state}


def test_the_reference_app_passes(project: Project, nothing_left: Check) -> None:
    with a_stack(project) as words:
        code, checks = smoke(project, words)
        assert (code, in_state(checks, "red")) == (0, {})
        assert checks["session lasts"]["value"] == "6 of 6 answers know the session"
        key = project.run("exec", "web", "--", "printenv", "CUTOVER_PROBE_KEY")[1].split()[-1]
        project.environ["CUTOVER_PROBE_KEY"] = key
        code, checks = smoke(project, words)
        assert (code, in_state(checks, "red")) == (0, {})
        assert "of 2 tasks have the value" in checks["session over tasks"]["value"]
        assert "of 2 tasks have the file, on disk s3" in checks["file over tasks"]["value"]
    nothing_left(project)


def test_faults_of_the_app_are_named(project: Project, nothing_left: Check) -> None:
    web = "app/ecs/web.json"
    for name, old, new in (
        ("SESSION_DRIVER", "database", "file"),
        ("APP_DEBUG", "false", "true"),
        ("SESSION_SECURE_COOKIE", "true", "false"),
    ):
        setting = f'"name": "{name}",\n          "value": '
        project.replace(web, f'{setting}"{old}"', f'{setting}"{new}"')
    with a_stack(project) as words:
        code, checks = smoke(project, words)
    assert code == 1
    red = in_state(checks, "red")
    assert set(red) == {"session lasts", "debug mode", "session cookie"}
    assert red["session cookie"].endswith("without secure")
    nothing_left(project)
