"""Scripts for the app's own Laravel: their answers, and their errors."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from harness.diagnosis.expect import ExpectationError
from harness.target.resources.ecs_exec import ExecResult
from scenarios.laravel import CACHED, Laravel, NoLaravel


def answer(exit_code: int, stdout: str = "", stderr: str = "") -> Laravel:
    """A Laravel whose task gives this result to the script that it is asked to run."""

    def run(command: Sequence[str], *, task: str) -> ExecResult:
        *_, code, separator, arguments = command
        assert CACHED in code
        assert separator == "--"
        assert (json.loads(arguments), task) == ({"key": "k"}, "t1")
        return ExecResult(exit_code, stdout, stderr)

    return Laravel(run)


def test_the_answer_is_read_behind_what_the_app_prints() -> None:
    laravel = answer(0, 'Deprecated: x in y\n\ncutover-answer:{"value":"k"}\n')
    assert laravel.ask(CACHED, task="t1", key="k") == {"value": "k"}


def test_an_error_of_laravel_is_shown() -> None:
    with pytest.raises(ExpectationError, match=r"ended with 1: PDOException: gone away"):
        answer(1, stderr="PDOException: gone away\n").ask(CACHED, task="t1", key="k")


def test_a_script_without_an_answer_is_an_error() -> None:
    with pytest.raises(ExpectationError, match="ended with 0: Killed"):
        answer(0, "Killed").ask(CACHED, task="t1", key="k")


def test_a_container_without_laravel() -> None:
    with pytest.raises(NoLaravel):
        answer(3).ask(CACHED, task="t1", key="k")
