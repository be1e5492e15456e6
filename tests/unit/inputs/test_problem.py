"""Problems: how one is worded, and how many are listed."""

from __future__ import annotations

from harness.core.errors import ConfigError
from harness.inputs.problem import InputError, Problem, nearest


def test_one_problem_has_the_five_parts_of_any_error() -> None:
    error = InputError([Problem("cpu", "is missing", "add it", file="web.json", line=3)])
    assert str(error) == (
        "web.json: cpu is missing\n  where: web.json:3: cpu\n  what to do: add it"
    )
    assert isinstance(error, ConfigError)
    assert error.exit_code == 2


def test_several_are_listed_by_file_and_line_with_their_remedies() -> None:
    error = InputError(
        [
            Problem("CUTOVER_VENDER", "is unknown", 'did you mean "CUTOVER_VENDOR"?'),
            Problem("memory", "is missing", "add it", file="web.json", line=12),
            Problem("", "has no CreateQueue", "add one", file="queues.json"),
            Problem("cpu", "is missing", "add it", file="web.json", line=3),
        ]
    )
    assert (
        str(error)
        == """4 problems in the configuration and its files:

environment variables
  CUTOVER_VENDER is unknown
    what to do: did you mean "CUTOVER_VENDOR"?

web.json
  line 3   cpu is missing
             what to do: add it
  line 12  memory is missing
             what to do: add it

queues.json
  has no CreateQueue
    what to do: add one"""
    )
    assert error.exit_code == 2


def test_the_nearest_name_is_suggested_or_all_are_listed() -> None:
    assert nearest("regoin", ("region", "account_id")) == 'did you mean "region"?'
    assert nearest("zzz", ("b", "a")) == "known here: a, b"
