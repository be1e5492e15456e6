"""Fixtures that ask the app until it answers as wanted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import pytest

from harness.replay.fixtures import ask_until_another


def by_turns(*tasks: str) -> Callable[[], dict[str, str]]:
    answers = cycle(tasks)
    return lambda: {"task": next(answers)}


@pytest.mark.parametrize(("times", "task"), [(1, "a"), (2, "b"), (3, "b")])
def test_questions_in_a_row_reach_another_task(times: int, task: str) -> None:
    assert ask_until_another(by_turns("a", "b"), than="a", times=times) == {"task": task}


def test_the_only_task_that_answers_is_asked_so_many_times() -> None:
    questions = []

    def question() -> dict[str, str]:
        questions.append("a")
        return {"task": "a"}

    assert ask_until_another(question, than="a", times=3) == {"task": "a"}
    assert len(questions) == 3
