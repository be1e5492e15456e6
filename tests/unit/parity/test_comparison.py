"""Two records side by side: verdicts, declared differences, and the exit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.parity.comparison import (
    DECLARED,
    DIFFERS,
    ONE_SIDE,
    SAME,
    Difference,
    compare,
    read_differences,
)
from harness.parity.observation import observed
from harness.parity.record import Record, Scene

PROXY = "database::plaintext_is_refused"


def record(result: str = "passed", **saw: dict[str, Any]) -> Record:
    scenes = {PROXY: Scene(result, 1.0, saw), "only::here": Scene("passed")}
    return Record(1, "aws", "2026-12-03T09:00:00Z", "0", scenes)


def verdict(recorded: Record, now: Record, *declared: Difference) -> str:
    (row,) = compare(recorded, now, declared=declared).rows
    return row.verdict


@pytest.mark.parametrize(
    ("recorded", "now", "expected"),
    [
        ({"text": "refused"}, {"text": "refused"}, SAME),
        ({"text": "refused"}, {"text": "closed"}, DIFFERS),
        ({"set": {503, 200}}, {"set": [200, 503, 200]}, SAME),
        ({"sequence": ["a", "a", "b"]}, {"sequence": ["a", "b", "b"]}, SAME),
        ({"sequence": ["a", "b"]}, {"sequence": ["b", "a"]}, DIFFERS),
        ({"number": 403}, {"number": 404}, DIFFERS),
        ({"range": [11, 48.5]}, {"range": [0.2, 0.4]}, SAME),
        ({"at_most": 6}, {"at_most": 2}, SAME),
        ({"at_most": 6}, {"at_most": 7}, DIFFERS),
        ({"number": 403}, {"text": "403"}, DIFFERS),
    ],
)
def test_each_type_is_compared_in_its_own_way(
    recorded: dict[str, Any], now: dict[str, Any], expected: str
) -> None:
    assert verdict(record(it=observed(**recorded)), record(it=observed(**now))) == expected


def test_an_observation_that_is_missing_on_one_side_differs() -> None:
    (row,) = compare(record(it=observed(text="refused")), record()).rows
    assert row.text() == f"differs: {PROXY}, it: recorded refused; now nothing"


def test_a_declared_difference_is_told_from_others_and_void_once_it_is_gone() -> None:
    entry = Difference(PROXY, "it", "MySQL Router has words of its own", "2026-12-03")
    left, right = record(it=observed(text="a")), record(it=observed(text="b"))
    compared = compare(left, right, declared=[entry])
    assert [row.verdict for row in compared.rows] == [DECLARED]
    assert compared.rows[0].why == entry.why
    assert not compared.is_red(strict=True)
    assert compare(left, left, declared=[entry]).void == (entry,)


def test_a_pass_here_of_what_failed_where_it_was_recorded_is_always_red() -> None:
    compared = compare(record("failed"), record("passed"))
    assert [row.verdict for row in compared.rows] == [ONE_SIDE]
    assert compared.is_red(strict=False)
    assert not compare(record("passed"), record("failed")).is_red(strict=False)
    assert compare(record("passed"), record("failed")).is_red(strict=True)


def test_a_difference_is_red_only_when_strict() -> None:
    compared = compare(record(it=observed(text="a")), record(it=observed(text="b")))
    assert not compared.is_red(strict=False)
    assert compared.is_red(strict=True)
    assert compared.summary == "parity with aws, recorded 2026-12-03T09:00:00Z: 1 differs"


def test_an_observation_has_exactly_one_type() -> None:
    with pytest.raises(TypeError, match="has one of text, set, sequence, number, range, at_most"):
        observed(text="a", number=1)
    with pytest.raises(TypeError, match="not words"):
        observed(words="a")


def test_differences_are_read_with_their_dates(tmp_path: Path) -> None:
    path = tmp_path / "differences.toml"
    assert read_differences(path) == []
    entry = '[[differs]]\nscenario = "a::b"\nname = "it"\nwhy = "known"\nreviewed = 2026-12-03\n'
    path.write_text(entry)
    assert read_differences(path) == [Difference("a::b", "it", "known", "2026-12-03")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[differs]]\nscenario = "a"\n', "name"),
        ('[[differ]]\nscenario = "a"\n', "differ"),
        (
            '[[differs]]\nscenario = "a"\nname = "b"\nwhy = "c"\nreviewed = "soon"\n',
            "Invalid isoformat string: 'soon'",
        ),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "differences.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=problem) as failure:
        read_differences(path)
    assert "each [[differs]] has scenario, name, why and reviewed" in str(failure.value)
