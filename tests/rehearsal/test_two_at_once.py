"""Two rehearsals at once on one machine: neither hears of the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import TIMEOUT_S, Project, copy_of_the_app

pytestmark = [pytest.mark.docker, pytest.mark.long]

CHOICE = ("-k", "edge or mail or accounts")
"""Stories that replace no task: that takes as long as the machine is busy."""


def test_two_rehearsals_at_once_are_green(
    project: Project, nothing_left: Callable[[Project], None], tmp_path: Path
) -> None:
    other = copy_of_the_app(tmp_path / "other")
    commands = [place.start("rehearse", *CHOICE) for place in (project, other)]
    codes = [command.end(2 * TIMEOUT_S) for command in commands]
    assert codes == [0, 0], "\n".join(command.said for command in commands)
    for place in (project, other):
        results = {entry["result"] for entry in place.scenarios()}
        assert results <= {"passed", "skipped"}
        nothing_left(place)
