"""An app of another account, with two containers, parameters and no proxy: green, and its mistakes.

Its files are what the AWS CLI printed; its mistakes are red with their cause.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project import Project, copy_of, lend
from tests.rehearsal.red import Check, Red

if TYPE_CHECKING:
    import docker

pytestmark = [pytest.mark.docker]

AGENT = "public.ecr.aws/datadog/agent:7"
NOWHERE = "127.0.0.1:1/datadog/agent:7"
"""An image of a registry that is not there."""
NOT_COVERED = (
    "no queue is configured; set resources.queues",
    "no bucket is configured; set resources.bucket",
    "no schedule is configured; set schedule.rule",
    "no RDS Proxy is configured; set database.proxy_endpoint",
)


@pytest.fixture
def minimal(tmp_path: Path, client: docker.DockerClient) -> Iterator[Project]:
    """The app in a folder of this test's own; nothing of it is left."""
    yield from lend(copy_of("minimal", tmp_path), client)


def test_an_app_with_two_containers_and_no_proxy_is_green(
    minimal: Project, nothing_left: Check
) -> None:
    code, output = minimal.run("rehearse")
    assert code == 0, output
    assert "Traceback" not in output
    for words in NOT_COVERED:
        assert words in " ".join(output.split())
    (directory,) = (minimal.home / "runs").glob("*")
    report = json.loads((directory / "report.json").read_text())
    assert report["green"] is True
    assert len([entry for entry in report["scenarios"] if entry["result"] == "passed"]) > 40
    assert f"board-web/agent idles: its image {AGENT} is not to be had here" in report["overlay"]
    for container in ("nginx", "php", "agent"):
        assert list(directory.glob(f"tasks/board-web-*/{container}/stderr.log")), container
    nothing_left(minimal)


MISTAKES = (
    Red(
        "the parameter of a secret is not there",
        (("cutover.toml", '"/board/db-password" = { generate = "password" }\n', ""),),
        words="the parameter /board/db-password does not exist in Parameter Store",
    ),
    Red(
        "the execution role may not use the key of a parameter",
        (("app/iam/execution.json", "kms:Decrypt", "kms:Encrypt"),),
        words="its execution role may not decrypt a parameter: it lacks kms:Decrypt",
    ),
    Red(
        "nginx passes requests to the name of the other container",
        (("nginx/nginx.conf", "fastcgi_pass 127.0.0.1:9000", "fastcgi_pass php:9000"),),
        words="nginx does not know the host name that it should pass requests to",
    ),
    Red(
        "a side-car's image is neither to be had nor named",
        (
            ("cutover.toml", f'"{AGENT}" = "none"\n', ""),
            ("ecs/web.json", AGENT, NOWHERE),
        ),
        words=f'write "{NOWHERE}" = "none" under [images]',
    ),
    Red(
        "the load balancer names no container",
        (("ecs/service.json", '"containerName": "nginx",', ""),),
        words="containerName is missing: the load balancer would not know which container visitors"
        " reach",
        code=2,
    ),
    Red(
        "the database's group does not admit the tasks",
        (("cutover.toml", 'database_group = "board-mysql"', 'database_group = "board-visitors"'),),
        words="could not reach the database",
        code=2,
    ),
    Red(
        "sessions are kept in files of one task",
        (
            (
                *("ecs/web.json", '"SESSION_DRIVER",\n            "value": "database"'),
                '"SESSION_DRIVER",\n            "value": "file"',
            ),
        ),
        words='SESSION_DRIVER is "file", and must be database or redis',
        code=1,
        scenarios="session_values_are_read or kept_in_a_shared_store",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_red_and_named(minimal: Project, mistake: Red, nothing_left: Check) -> None:
    mistake.rehearse(minimal, nothing_left)
