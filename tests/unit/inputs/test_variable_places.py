"""The place of a variable: where it stands, where it differs, and nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.variable_places import place_of
from tests.project import copy_inputs

NAME = '"SESSION_SECURE_COOKIE"'
WEB, WORKER, SCHEDULER = (f"app/ecs/{name}.json" for name in ("web", "worker", "scheduler"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ([], WEB),
        ([WEB], WEB),
        ([WORKER], WORKER),
        ([WEB, SCHEDULER], WORKER),
    ],
)
def test_a_variable_is_placed_where_it_differs(
    tmp_path: Path, changed: list[str], expected: str
) -> None:
    copy_inputs(tmp_path)
    for name in changed:
        file = tmp_path / name
        before, _, after = file.read_text().partition(NAME)
        file.write_text(before + NAME + after.replace('"true"', '"false"', 1))
    lines = (tmp_path / expected).read_text().splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if NAME in line)
    files = production.load({}, cwd=tmp_path)
    assert place_of(files, "SESSION_SECURE_COOKIE") == (str(tmp_path / expected), number + 1)


def test_a_variable_that_no_definition_sets_has_no_place(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    assert place_of(production.load({}, cwd=tmp_path), "OCTANE_SERVER") is None
