"""`cutover smoke` and the local edge, which it knows as a URL alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project
from tests.unit.smoke.fake_app import FakeApp
from tests.unit.smoke.fake_dns import NEW, OLD, serve_dns
from tests.unit.smoke.fake_host import Authority, Host, serve

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


def watch_a_switch(project: Project, smoke_words: list[str], *, directory: Path) -> str:
    """Watch a switch from an old host that shares no session to the edge; return the summary."""
    url = smoke_words[1]
    host, edge = url.removeprefix("https://"), smoke_words[6].rpartition(":")[2]
    directory.mkdir()
    issuer = Authority(directory)
    roots = directory / "roots.pem"
    roots.write_bytes(issuer.file.read_bytes() + Path(smoke_words[-1]).read_bytes())
    with serve_dns("resolver") as fake, serve(Host(FakeApp()), address=OLD) as old:
        old.tls = issuer.context(host)
        fake.records = {(host, "A"): (60, [OLD])}
        command = project.start(
            *("watch", url, "--old", OLD, "--expect", NEW, "--until", "new", "--every", "0.2s"),
            *("--resolver", f"127.0.0.1:{fake.port}", "--ca-file", str(roots)),
            *("--connect-to", f"{OLD}:443:{OLD}:{old.port}"),
            *("--connect-to", f"{NEW}:443:{NEW}:{edge}"),
        )
        command.wait_for("session kept")
        fake.records = {(host, "A"): (60, [NEW])}
        assert command.end() == 1, command.said
    return command.said


def in_state(checks: dict[str, dict[str, Any]], state: str) -> dict[str, str]:
    return {name: check["value"] for name, check in checks.items() if check["state"] == state}


def test_the_reference_app_passes_and_a_switch_to_it_is_watched(
    project: Project, nothing_left: Check, tmp_path: Path
) -> None:
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
        assert checks["queue age"]["value"].startswith("a job waited ")
        output = watch_a_switch(project, words, directory=tmp_path / "old")
        *_, first_new, last_old, gap, errors, lost, ttl = output.rstrip().splitlines()
        assert first_new.split()[-1] == last_old.split()[-1] == "UTC"
        assert (gap.split()[-2:], errors.split()[-1]) == (["0", "s"], "none")
        assert (lost.split()[-1], ttl.split()[-2:]) == ("1", ["60", "s"])
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
