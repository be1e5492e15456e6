"""Each mistake turns the rehearsal red, in the right scenarios, with its cause named."""

from __future__ import annotations

import json

import pytest

from tests.broken.mistakes import MISTAKES, NOT_STARTED, RED, Mistake
from tests.broken.mistakes_stories import STORIES
from tests.project import Project

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("mistake", (*MISTAKES, *STORIES), ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught_and_named(mistake: Mistake, project: Project) -> None:
    mistake.change(project.root)
    chosen = " or ".join((*mistake.red, *mistake.green)) or "no scenario"
    code, said = project.run("rehearse", "-k", chosen)
    assert code == mistake.exit_code, said
    assert mistake.cause in said, said
    assert "Traceback" not in said
    if mistake.exit_code == RED:
        red, green = outcomes(project)
        for name in mistake.red:
            assert any(name in scenario for scenario in red), f"{name} is not red:\n{said}"
        for name in mistake.green:
            assert any(name in scenario for scenario in green), f"{name} is red too:\n{said}"
    if mistake.exit_code == NOT_STARTED:
        assert "what to do:" in said


def outcomes(project: Project) -> tuple[list[str], list[str]]:
    """Read the names of the red and of the green scenarios."""
    (report,) = (project.home / "runs").glob("*/report.json")
    found = json.loads(report.read_text())["scenarios"]
    red = [item["scenario"] for item in found if item["result"] in ("failed", "error")]
    green = [item["scenario"] for item in found if item["result"] == "passed"]
    return red, green
