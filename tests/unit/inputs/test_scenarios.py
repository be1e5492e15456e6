"""Scenarios that cutover.toml names: those that there are, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.inputs import config, production, scenarios
from harness.inputs.problem import InputError
from harness.inputs.reading import Reading
from tests.project import copy_inputs


def found(root: Path, *accepted: Any, paths: Any = ("own",)) -> list[tuple[str, str, str]]:
    data = {"accept": [*accepted], "scenarios": {"paths": list(paths)}}
    return [
        (problem.key, problem.message, problem.hint)
        for problem in scenarios.problems(data, root=root)
    ]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own/deep").mkdir(parents=True)
    (tmp_path / "own/deep/test_a.py").write_bytes(b"# \xff\nasync def test_orders_are_kept(): 0")
    (tmp_path / "own/helper.py").write_text("def test_none(): ...\n")
    (tmp_path / "own/test_folder.py").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        *("bucket_is_private", "test_bucket_is_private", "bucket_is_private[a]"),
        *("orders_are_kept", "own/deep/test_a.py::test_orders_are_kept"),
    ],
)
def test_scenarios_of_ours_and_of_the_team_are_known(own: Path, name: str) -> None:
    assert not found(own, {"scenario": name})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bucket_is_privat", 'did you mean "bucket_is_private"?'),
        ("orders_are_keept", 'did you mean "orders_are_kept"?'),
        ("none", "`cutover scenarios list` names them all"),
    ],
)
def test_a_scenario_that_there_is_not_gets_the_nearest(own: Path, name: str, hint: str) -> None:
    message = f'is "{name}", and no scenario has this name'
    assert found(own, {"scenario": name}) == [("accept[0].scenario", message, hint)]


def test_values_of_other_types_are_left_to_the_schema(own: Path) -> None:
    assert not found(own, {"scenario": 7}, {}, paths=[7])
    assert not list(scenarios.problems({"accept": "x", "scenarios": []}, root=own))
    assert not list(scenarios.problems({"accept": ["x"]}, root=own))


def test_folders_that_there_are_not_are_named(own: Path) -> None:
    ((key, message, _),) = found(own, paths=["own", "none"])
    assert (key, message) == ("scenarios.paths[1]", f'is "{own}/none", and there is no such folder')


def test_a_scenario_is_accepted_once(own: Path) -> None:
    entry = {"scenario": "bucket_is_private"}
    (problem,) = found(
        own, entry, {"scenario": "test_bucket_is_private"}, {**entry, "finding": "x"}
    )
    assert problem[1] == 'accepts "test_bucket_is_private" again'


def test_they_are_problems_of_the_files_and_not_of_making_the_first_one(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    toml = tmp_path / "cutover.toml"
    accepted = '[[accept]]\nscenario = "bucket_is_privat"\nwhy = "a test"\nuntil = 2099-01-01\n'
    toml.write_text(f'{toml.read_text()}\n[scenarios]\npaths = ["own"]\n{accepted}')
    reading = Reading(config.read({}, cwd=tmp_path))
    assert (reading.config({}) is not None, reading.problems) == (True, [])
    with pytest.raises(InputError) as failure:
        production.load({}, cwd=tmp_path)
    keys = [problem.key for problem in failure.value.problems]
    assert keys == ["scenarios.paths[0]", "accept[0].scenario"]
