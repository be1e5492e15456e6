"""The mistakes as data: complete, distinct, and edits that the app still takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.problem import InputError
from tests.mistakes.catalog import STORIES
from tests.mistakes.edits import Edit
from tests.mistakes.mistake import NOT_STARTED, RED, USAGE, Mistake
from tests.project import ROOT, copy_of_the_app
from tests.rehearsals import node_id

ALL = [mistake for story in STORIES.values() for mistake in story]
TWINS = [mistake.twin for mistake in ALL if mistake.twin]

each = pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.name)


def copy(files: tuple[str, ...], *, to: Path) -> None:
    for name in files:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)


def test_no_name_is_given_twice() -> None:
    names = [*(mistake.name for mistake in ALL), *(twin.name for twin in TWINS)]
    assert len(set(names)) == len(names)


@each
def test_a_mistake_breaks_scenarios_or_stops_the_command(mistake: Mistake) -> None:
    stops = mistake.exit_code in (USAGE, NOT_STARTED)
    assert stops != bool(mistake.breaks)
    assert stops or mistake.exit_code == RED


@each
def test_a_mistake_and_its_twin_have_scenarios_that_stay_green(mistake: Mistake) -> None:
    assert bool(mistake.also_green) == bool(mistake.breaks or mistake.twin)
    assert not set(mistake.breaks) & set(mistake.also_green)


@each
def test_a_cause_says_more_than_the_scenarios_title(mistake: Mistake) -> None:
    titles = [scenario.__name__.replace("_", " ") for scenario in mistake.breaks]
    assert not any(mistake.cause.lower() in title for title in titles)
    assert len(mistake.cause) > len("valueFrom")


@each
def test_an_edit_still_fits_the_app(mistake: Mistake, tmp_path: Path) -> None:
    copy(mistake.edit.files, to=tmp_path)
    mistake.edit.apply(tmp_path)


@each
def test_a_mistake_is_rejected_at_once_where_it_says_so(mistake: Mistake, tmp_path: Path) -> None:
    project = copy_of_the_app(tmp_path / "mistake")
    mistake.edit.apply(project.root)
    problem = ""
    try:
        production.load({}, cwd=project.root)
    except InputError as error:
        problem = str(error)
    assert bool(problem) == (mistake.exit_code == USAGE), problem
    if problem:
        assert mistake.cause in problem
    if mistake.twin:
        twin = copy_of_the_app(tmp_path / "twin")
        mistake.twin.edit.apply(twin.root)
        production.load({}, cwd=twin.root)


@pytest.mark.parametrize("story", STORIES)
def test_the_twins_of_a_story_fit_the_app_together(story: str, tmp_path: Path) -> None:
    edits: list[Edit] = [mistake.twin.edit for mistake in STORIES[story] if mistake.twin]
    copy(tuple({file for edit in edits for file in edit.files}), to=tmp_path)
    for edit in edits:
        edit.apply(tmp_path)


def test_a_scenario_is_found_by_its_node_id() -> None:
    for scenario in {test for mistake in ALL for test in (*mistake.breaks, *mistake.also_green)}:
        path, _, name = node_id(scenario).partition("::")
        assert f"def {name}(" in (ROOT / path).read_text()
