"""Each mistake is caught where it should be and named by its cause; its twin does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mistakes import choice
from tests.mistakes.catalog import STORIES
from tests.mistakes.mistake import USAGE, Mistake
from tests.mistakes.plan import plan_mistake, plan_twins
from tests.project import ROOT
from tests.rehearsals import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark import ParameterSet

pytestmark = pytest.mark.docker

CHOSEN = choice.of_today(STORIES, root=ROOT)
"""Rehearsed by every build; `tox -e mistakes` rehearses all."""


def mistakes() -> Iterator[ParameterSet]:
    """Give each mistake its plan; those that no build chose are marked as long."""
    for story in STORIES.values():
        for mistake in story:
            short = mistake.exit_code == USAGE or mistake.name in CHOSEN.mistakes
            marks = () if short else pytest.mark.long
            yield pytest.param(plan_mistake(mistake), mistake, id=mistake.name, marks=marks)


def twins() -> Iterator[ParameterSet]:
    """Give each mistake that has a twin the plan of its story's twins."""
    for name, story in STORIES.items():
        plan = plan_twins(name, story)
        marks = () if name == CHOSEN.twins else pytest.mark.long
        for mistake in story:
            if mistake.twin:
                yield pytest.param(plan, mistake, id=mistake.twin.name, marks=marks)


@pytest.mark.parametrize(("plan", "mistake"), [*mistakes()])
def test_a_mistake_is_caught_and_named(mistake: Mistake, rehearsal: Rehearsal) -> None:
    assert rehearsal.exit_code == mistake.exit_code, rehearsal.output
    assert "Traceback" not in rehearsal.output
    if not mistake.breaks:
        assert mistake.cause in rehearsal.error, rehearsal.output
        assert "what to do: " in rehearsal.error
        return
    for scenario in mistake.breaks:
        assert rehearsal.is_red(scenario), f"{scenario.__name__} is not red:\n{rehearsal.output}"
    causes = [outcome.account for scenario in mistake.breaks for outcome in rehearsal.of(scenario)]
    assert any(mistake.cause in cause for cause in causes), f"{causes}\n{rehearsal.output}"
    misleading = [
        f"{outcome.scenario}: {outcome.cause}"
        for outcome in rehearsal.red
        if not mistake.explains(outcome.cause)
    ]
    assert not misleading, "\n".join(misleading)
    for scenario in mistake.also_green:
        assert rehearsal.is_green(scenario), f"{scenario.__name__} is red:\n{rehearsal.output}"


@pytest.mark.parametrize(("plan", "mistake"), [*twins()])
def test_a_twin_does_no_harm(mistake: Mistake, rehearsal: Rehearsal) -> None:
    for scenario in (*mistake.breaks, *mistake.also_green):
        assert rehearsal.is_green(scenario), f"{scenario.__name__} is red:\n{rehearsal.output}"
