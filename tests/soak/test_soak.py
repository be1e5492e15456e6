"""Rehearsals that end at random moments, in half of them by SIGKILL: nothing of any is left.

Each round is a test of its own, and its number is the seed of its moments.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from harness.stack import removal
from harness.target.access import access_from
from harness.target.clients import aws
from harness.target.resources.ecs import services_of
from harness.target.resources.schedule import Scheduler
from tests.project import Project, client, project

if TYPE_CHECKING:
    import docker

    from tests.project import Command

__all__ = ["client", "project"]

pytestmark = [pytest.mark.docker, pytest.mark.long]

ROUNDS = 30
IN_THE_START_S = (1.0, 12.0)
IN_THE_WORK_S = (0.0, 6.0)
SCENARIOS = ("scenarios/test_releases.py", "scenarios/test_ticks.py", "scenarios/test_network.py")
"""They deploy, wait for ticks, and start containers of their own."""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_nothing_is_left_wherever_a_rehearsal_ends(
    project: Project, client: docker.DockerClient, number: int
) -> None:
    chance = random.Random(number)
    command = project.start("rehearse", *SCENARIOS)
    if chance.random() < 1 / 3:
        time.sleep(chance.uniform(*IN_THE_START_S))
    else:
        command.wait_for("stack up after")
        tick_and_deploy(project)
        time.sleep(chance.uniform(*IN_THE_WORK_S))
    if number % 2:
        command.interrupt(signal.SIGKILL)
        command.end()
        code, output = project.run("down")
        assert code == 0, output
    else:
        end(command, chance)
        output = command.said
    assert "could not be removed" not in output
    assert project.run_ids() & set(removal.runs_in_engine(client)) == set(), output
    code, output = project.run("down")
    assert code == 0, output
    assert not [run_id for run_id in project.run_ids() if run_id in output], output


def end(command: Command, chance: random.Random) -> None:
    """End a rehearsal as a terminal does, with all its processes, or as CI does."""
    if chance.random() < 1 / 2:
        command.interrupt()
    else:
        os.kill(command.process.pid, signal.SIGTERM)
    command.end()


def tick_and_deploy(project: Project) -> None:
    """Have control start a scheduled run and replace every task, as a scenario may just do."""
    (file,) = (project.home / "runs").glob("*/current.json")
    access = access_from(json.loads(file.read_text()), where=str(file))

    def of(service: str) -> Any:
        return aws.aws(access, service)

    for service in services_of(access, ecs=of("ecs")).values():
        service.replace_all()
    Scheduler(access, ecs=of("ecs"), aws=of).wait_for_next_tick()
