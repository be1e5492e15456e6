"""Preconditions of many scenarios: the first failure is everyone's, until it holds again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.replay.preconditions import STEADY_WEB, Failure, Preconditions


class FakeConfig:
    def __init__(self, **workerinput: str) -> None:
        if workerinput:
            self.workerinput = workerinput


def preconditions(directory: str, **workerinput: str) -> Preconditions:
    config: Any = FakeConfig(**workerinput)
    return Preconditions(config, directory=directory)


def test_the_first_failure_is_that_of_every_worker(tmp_path: Path) -> None:
    worker = preconditions(str(tmp_path), testrunuid="a")
    other = preconditions(str(tmp_path), testrunuid="a")
    first = Failure("scenarios/test_a.py::test_a", "it is not steady")
    assert worker.failure(STEADY_WEB) is None
    assert worker.note(STEADY_WEB, first) == first
    assert other.note(STEADY_WEB, Failure("scenarios/test_b.py::test_b", "nor here")) == first
    assert other.failure(STEADY_WEB) == first
    other.forget(STEADY_WEB)
    assert worker.failure(STEADY_WEB) is None


def test_a_failure_is_no_other_replays(tmp_path: Path) -> None:
    failure = Failure("a", "b")
    preconditions(str(tmp_path), testrunuid="a").note(STEADY_WEB, failure)
    assert preconditions(str(tmp_path), testrunuid="b").failure(STEADY_WEB) is None
    assert preconditions(str(tmp_path)).failure(STEADY_WEB) is None


def test_without_a_run_directory_nothing_is_remembered() -> None:
    nowhere = preconditions("")
    assert nowhere.note(STEADY_WEB, Failure("a", "b")) == Failure("a", "b")
    assert nowhere.failure(STEADY_WEB) is None
