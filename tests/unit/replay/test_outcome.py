"""The text of an exception: our own frames, and its words."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest

from harness.replay.outcome import shorten_traceback


def frames(error: BaseException) -> list[str]:
    return [Path(frame.filename).parent.name for frame in traceback.extract_tb(error.__traceback__)]


def raised(file: str, text: str) -> BaseException:
    """Run code as if it stood in a file of this name."""
    with pytest.raises((AssertionError, ValueError)) as caught:
        exec(compile(text, file, "exec"), {"json": json})
    return caught.value


def test_the_insides_of_libraries_are_left_out() -> None:
    error = raised("/x/scenarios/test_a.py", "def look():\n json.loads('{')\nlook()")
    assert frames(error)[-1] == "json"
    shorten_traceback(error)
    assert frames(error)[-1] == "scenarios"
    assert frames(error).count("scenarios") == 2
    assert error.__suppress_context__


def test_an_assertion_of_ours_is_left_as_it_is() -> None:
    error = raised("/x/scenarios/test_a.py", "try:\n 1/0\nexcept Exception:\n assert 0, 'no'")
    shorten_traceback(error)
    assert not error.__suppress_context__
    assert isinstance(error.__context__, ZeroDivisionError)


def test_what_is_not_of_a_scenario_is_left_as_it_is() -> None:
    error = raised("/x/elsewhere/a.py", "json.loads('{')")
    shorten_traceback(error)
    assert frames(error)[-1] == "json"
