"""Copies of the app with edits in them, rehearsed as a user does: two at a time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from harness.stack import engine
from tests.project import ROOT, copy_of_the_app, remove_runs

if TYPE_CHECKING:
    from tests.mistakes.edits import Edit

AT_ONCE = 2
_FIELDS = ("scenario", "result", "cause", "first_error")
WHOLE_SUITE = "--whole-suite"
"""The option to replay every scenario, not only a plan's own."""
_WITHIN_S = 1800
"""A whole suite waits long where nothing can work."""
_PROGRAM = re.compile(r"^(?:harness|cutover): ", re.MULTILINE)
_QUOTED = re.compile(r"^  (?:state|last answer): .*|^  last log lines:(?:\n    .*)*", re.MULTILINE)

Scenario = Callable[..., None]


@dataclass(frozen=True)
class Plan:
    """Edits of one copy of the app, and the scenarios to replay on it."""

    name: str
    edits: tuple[Edit, ...] = field(repr=False, compare=False)
    arguments: tuple[str, ...] = field(repr=False)
    """pytest's: node ids, or none for all scenarios."""


@dataclass(frozen=True)
class Outcome:
    """The fields of a scenario in report.json that a rehearsal is judged by."""

    scenario: str
    """pytest's node id."""
    result: str
    cause: str
    first_error: str

    @property
    def account(self) -> str:
        """The cause, and where there is none the app's first error."""
        return self.cause or self.first_error


@dataclass(frozen=True)
class Rehearsal:
    """The rehearsal of one plan: the exit code, the output, and its report's outcomes."""

    exit_code: int
    output: str
    outcomes: tuple[Outcome, ...]

    @property
    def error(self) -> str:
        """The error that the command ended with, without the logs and answers that it quotes."""
        _, *messages = _PROGRAM.split(self.output)
        return _QUOTED.sub("", messages[-1]) if messages else ""

    def of(self, scenario: Scenario) -> tuple[Outcome, ...]:
        """Return a scenario's outcomes: one for each of its parameters."""
        node = node_id(scenario)
        return tuple(
            outcome for outcome in self.outcomes if outcome.scenario.partition("[")[0] == node
        )

    @property
    def red(self) -> tuple[Outcome, ...]:
        """The red outcomes, those of other scenarios than the plan's own as well."""
        return tuple(outcome for outcome in self.outcomes if outcome.result in ("failed", "error"))

    def is_red(self, scenario: Scenario) -> bool:
        return not set(self.of(scenario)).isdisjoint(self.red)

    def is_green(self, scenario: Scenario) -> bool:
        outcomes = self.of(scenario)
        return bool(outcomes) and all(outcome.result == "passed" for outcome in outcomes)


def node_id(scenario: Scenario) -> str:
    """Return pytest's node id of a scenario, without parameters."""
    path = Path(scenario.__code__.co_filename).resolve().relative_to(ROOT)
    return f"{path.as_posix()}::{scenario.__name__}"


def _plans(session: pytest.Session) -> list[Plan]:
    """List the plans of the tests that were collected, each once."""
    plans = (
        cast("Plan", item.callspec.params["plan"])
        for item in session.items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "plan" in item.callspec.params
    )
    return [*dict.fromkeys(plans)]


def _rehearse(plan: Plan, root: Path, *, whole: bool) -> Rehearsal:
    project = copy_of_the_app(root)
    for edit in plan.edits:
        edit.apply(project.root)
    try:
        chosen = () if whole else plan.arguments
        code, output = project.run("rehearse", *chosen, within_s=_WITHIN_S)
    finally:
        remove_runs(project, engine.connect())
    outcomes = tuple(
        Outcome(**{field: entry[field] for field in _FIELDS}) for entry in project.scenarios()
    )
    return Rehearsal(exit_code=code, output=output, outcomes=outcomes)


@pytest.fixture(scope="session")
def rehearsals(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Plan, Future[Rehearsal]]]:
    """The rehearsals of the plans of every test that was collected, each in a project of its own.

    They go on while the first tests wait for theirs.
    """
    root = tmp_path_factory.mktemp("rehearsals")
    whole = request.config.getoption(WHOLE_SUITE, default=False)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {
            plan: pool.submit(_rehearse, plan, root / f"{number:03}", whole=whole)
            for number, plan in enumerate(_plans(request.session))
        }
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def rehearsal(plan: Plan, rehearsals: Mapping[Plan, Future[Rehearsal]]) -> Rehearsal:
    """The rehearsal of the test's plan."""
    return rehearsals[plan].result()
