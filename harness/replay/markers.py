"""What a scenario must say of itself, checked for all of them at once when they are collected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.target.target import CAPABILITIES, CHANGE, NAMES
from harness.target.truth import NOT_COVERED, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.target.target import Target

DESCRIPTIONS = (
    "truth(local, aws, url): what a pass proves on each target; mandatory on a scenario",
    "requires(*capabilities): the scenario is skipped on a target that lacks one of them",
    "read_only(looks_back=False): changes nothing that others can see; this or mutates is"
    " mandatory; looks_back: comes last, beside whatever still runs, and reads what happened",
    "mutates(alone=0, looks_back=False): changes what others can see; from 1 on it runs alone, a"
    " higher number later",
)


@dataclass(frozen=True)
class Mark:
    """A marker as pytest keeps it: a name, arguments, keyword arguments."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Declared:
    """What a scenario says of itself."""

    truth: dict[str, Truth]
    requires: frozenset[str]
    alone: int
    """0 runs with others; from 1 on alone, and the more it disturbs, the higher and later."""
    looks_back: bool = False
    """Whether it only reads what has happened: it comes last, and needs no turn."""

    def why_not_on(self, target: Target) -> str:
        """Return why this scenario is skipped on a target; empty when it runs there."""
        label = self.truth[target.name]
        if label.kind == NOT_COVERED:
            return f"not covered: {label.note}"
        lacking = target.lacks(self.requires)
        return f"target {target.name} lacks: {', '.join(lacking)}" if lacking else ""


NOTHING = Declared(truth={}, requires=frozenset(), alone=0)


def problems(marks: Iterable[Mark]) -> list[str]:
    """Return what is wrong with a scenario's marks; nothing when they are complete."""
    found = list(marks)
    told = [*_truth_problems([one for one in found if one.name == "truth"])]
    changes = sorted({one.name for one in found if one.name in ("read_only", "mutates")})
    if len(changes) != 1:
        told.append(
            "needs exactly one of the markers read_only and mutates"
            + (", and has both" if changes else "")
        )
    unknown = sorted(
        str(name)
        for one in found
        if one.name == "requires"
        for name in one.args
        if name not in CAPABILITIES
    )
    if unknown:
        told.append(
            f"requires unknown capabilities: {', '.join(unknown)}; known: "
            + ", ".join(sorted(CAPABILITIES))
        )
    return told


def _truth_problems(marks: list[Mark]) -> Iterable[str]:
    if len(marks) != 1:
        yield (
            f"needs one marker truth({', '.join(f'{name}=...' for name in NAMES)})"
            + (", and has more" if marks else "")
        )
        return
    labels = dict(marks[0].kwargs)
    missing = [name for name in NAMES if not isinstance(labels.get(name), Truth)]
    if missing or marks[0].args:
        yield f"its truth label lacks a value for: {', '.join(missing) or 'named targets'}"
    unknown = sorted(set(labels) - set(NAMES))
    if unknown:
        yield f"its truth label names unknown targets: {', '.join(unknown)}"


def declared(marks: Iterable[Mark]) -> Declared:
    """Turn complete marks into what the scenario says of itself."""
    found = list(marks)
    (labels,) = (dict(one.kwargs) for one in found if one.name == "truth")
    needs = {str(name) for one in found if one.name == "requires" for name in one.args}
    changes = [one for one in found if one.name == "mutates"]
    return Declared(
        truth={name: label for name, label in labels.items() if isinstance(label, Truth)},
        requires=frozenset(needs | ({CHANGE} if changes else set())),
        alone=max((_level(one) for one in changes), default=0),
        looks_back=any(
            dict(one.kwargs).get("looks_back", False)
            for one in found
            if one.name in ("read_only", "mutates")
        ),
    )


def _level(mark: Mark) -> int:
    level = dict(mark.kwargs).get("alone", 0)
    return int(level) if isinstance(level, int) else 0
