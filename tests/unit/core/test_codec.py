"""JSON of ours: a value that fits its type is built, and any other is named with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from harness.core import codec


@dataclass(frozen=True)
class Part:
    name: str
    count: int = 1


@dataclass(frozen=True)
class Whole:
    title: str
    part: Part
    seconds: float = 0.0
    size: Literal["small", "large"] = "small"
    note: str | None = None
    parts: tuple[Part, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    by_name: Mapping[str, Part] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


WHOLE = Whole(
    title="t",
    part=Part("p"),
    seconds=1.5,
    note="n",
    parts=(Part("a"), Part("b", 2)),
    pairs=(("x", 1),),
    by_name={"c": Part("c")},
    raw={"any": [1, {"two": None}]},
)
LEAST: dict[str, Any] = {"title": "t", "part": {"name": "p"}}


def test_a_value_comes_back_as_it_was() -> None:
    assert codec.decode(Whole, codec.encode(WHOLE)) == WHOLE
    assert codec.decode(dict[str, list[Part]], {"a": [{"name": "b"}]}) == {"a": [Part("b")]}


def test_every_problem_is_named_with_its_key() -> None:
    data = {"part": {"name": 5, "colour": "red"}, "parts": [{"name": "a"}, {}], "seconds": "1"}
    with pytest.raises(codec.FormatError) as caught:
        codec.decode(Whole, data)
    assert str(caught.value).split("; ") == [
        "title is missing",
        "part.colour is unknown",
        "part.name must be a text, not a whole number",
        "seconds must be a number, not a text",
        "parts[1].name is missing",
    ]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("part", [], "part must be an object, not a list"),
        ("parts", "ab", "parts must be a list, not a text"),
        ("by_name", [], "by_name must be an object, not a list"),
        ("size", "huge", "size must be one of ('small', 'large'), not a text"),
        ("note", 1, "note must be a text, not a whole number"),
        ("pairs", [["x"]], "pairs[0] must be a list of 2, not a list"),
        ("seconds", True, "seconds must be a number, not true or false"),
        ("title", None, "title must be a text, not null"),
    ],
)
def test_nothing_is_converted(key: str, value: object, problem: str) -> None:
    with pytest.raises(codec.FormatError) as caught:
        codec.decode(Whole, {**LEAST, key: value})
    assert str(caught.value) == problem


def test_a_whole_number_is_a_number() -> None:
    assert codec.decode(Whole, {**LEAST, "seconds": 3}).seconds == 3


def test_unknown_keys_may_be_ignored() -> None:
    assert codec.decode(Part, {"name": "a", "colour": "red"}, ignore_unknown=True) == Part("a")


def test_a_default_may_be_no_excuse_for_a_missing_key() -> None:
    with pytest.raises(codec.FormatError, match=r"^count is missing$"):
        codec.decode(Part, {"name": "a"}, defaults=False)


def test_the_whole_has_no_key() -> None:
    with pytest.raises(codec.FormatError, match=r"^the whole must be an object, not null$"):
        codec.decode(Part, None)
