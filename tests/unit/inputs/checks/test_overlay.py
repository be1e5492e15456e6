"""Variables and files of the overlay that no task could use, and its setting of the proxy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.checks import overlay
from harness.inputs.problem import InputError
from harness.inputs.toml.schema import Overlay

PLAIN = 'AWS_ENDPOINT_URL = "http://emulator:4566"'


def rejected(project: Path, old: str, new: str) -> str:
    path = project / "cutover.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as refused:
        production.load({}, cwd=project)
    return "; ".join(f"{problem} -> {problem.hint}" for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('AWS_ENDPOINT_URL = "emulator:4566"', 'is "emulator:4566", which is no address'),
        ('AWS_ENDPOINT_URL = "http://emulator:abc"', "which is no address"),
        (
            'AWS_ENDPOINT_URL = "http://localhost:4566"',
            "inside a task that is the task itself, and no emulator -> write http://emulator:4566",
        ),
        ('AWS_ENDPOINT_URL = "http://emulator:4567"', "and the emulator listens on port 4566"),
        (f'{PLAIN}\n"A B" = "c"', "overlay.environment.A B is no name of a variable"),
    ],
)
def test_a_variable_that_no_task_could_use(project: Path, line: str, said: str) -> None:
    assert said in rejected(project, PLAIN, line)


@pytest.mark.parametrize("path", ["etc/ca.crt", "/etc/", "/"])
def test_a_path_that_is_no_file(project: Path, path: str) -> None:
    message = rejected(project, '"/etc/ssl/certs/ca-certificates.crt"', f'"{path}"')
    assert f"overlay.files.{path} is no absolute path of a file" in message


def test_connections_that_are_not_shared_are_a_proxys(project: Path) -> None:
    app = production.load({}, cwd=project)
    config = replace(app.config, overlay=Overlay(connection_sharing=False))
    assert not [*overlay.problems(replace(app, config=config))]
    without = replace(config, database=config.database.model_copy(update={"proxy_endpoint": None}))
    (problem,) = overlay.problems(replace(app, config=without))
    assert str(problem) == "overlay.connection_sharing is false, and no RDS Proxy is configured"
