"""Each pattern's examples are its test."""

from __future__ import annotations

import re

import pytest

from harness.diagnosis.causes import find_cause
from harness.diagnosis.evidence import Evidence, Line
from harness.diagnosis.patterns import PATTERNS
from harness.diagnosis.patterns.pattern import Pattern, Source

EXAMPLES = [
    pytest.param(pattern, source, example, id=f"{source.name}: {example[-60:]}")
    for pattern in PATTERNS
    for source in pattern.source
    for example in pattern.examples
]


def matching(text: str, source: Source) -> list[Pattern]:
    return [pattern for pattern in PATTERNS if source in pattern.source and pattern.search(text)]


@pytest.mark.parametrize(("pattern", "source", "example"), EXAMPLES)
def test_an_example_matches_its_own_pattern_and_none_before_it(
    pattern: Pattern, source: Source, example: str
) -> None:
    assert matching(example, source)[:1] == [pattern]


@pytest.mark.parametrize(("pattern", "source", "example"), EXAMPLES)
def test_a_cause_is_one_line_and_shows_its_evidence(
    pattern: Pattern, source: Source, example: str
) -> None:
    cause = find_cause(Evidence(lines=(Line(example, source, subject="the web task"),)))
    assert cause is not None
    assert cause.lines
    assert "\n" not in cause.sentence


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.cause[:60])
def test_a_cause_that_begins_with_a_setting_is_about_it(pattern: Pattern) -> None:
    begins = re.match(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", pattern.cause)
    assert begins is None or pattern.setting == begins[0]


def test_a_slow_answer_is_no_missing_listener() -> None:
    slow = "HTTPSConnectionPool(host='a.example', port=443): Read timed out. (read timeout=30)"
    assert matching(slow, Source.HTTP_CLIENT) == []
