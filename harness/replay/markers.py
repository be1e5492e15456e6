"""The markers of a scenario, checked for all scenarios at once when they are collected."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING

from harness.target.target import CAPABILITIES, CAPABILITIES_OF, CHANGE, NAMES, OF_APIS
from harness.target.truth import NOT_COVERED, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pytest

    from harness.target.target import Target

FOLDERS = "cutover_scenarios"
"""The ini option that names folders with scenarios only."""

REJECTED = "Scenarios with incomplete or false labels:"
"""Opening of the error that lists them."""

DESCRIPTIONS = (
    "truth(local, aws, url): what a pass proves on each target; mandatory on a scenario",
    "requires(*capabilities): the scenario is skipped on a target that lacks one of them",
    "read_only(runs_last=False): changes nothing that others can see; this or mutates is"
    " mandatory; runs_last: comes last, beside whatever still runs, and reads what happened",
    "mutates(exclusive=False, order=1, runs_last=False): changes what others can see; exclusive:"
    " no other scenario runs meanwhile, and a higher order comes later",
)


@dataclass(frozen=True)
class Mark:
    """A marker as pytest keeps it: a name, arguments, keyword arguments."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Declared:
    """The declarations of one scenario."""

    labels: dict[str, Label]
    requires: frozenset[str]
    exclusive: bool = False
    """Whether no other scenario may run meanwhile."""
    order: int = 0
    """0 unless exclusive; the more a scenario disturbs, the higher and later."""
    runs_last: bool = False
    """Whether it only reads the history: it comes last, and needs no turn."""

    @property
    def asks_apis_alone(self) -> bool:
        """Whether it changes nothing and asks only AWS's APIs, so that it needs no running task."""
        return bool(self.requires) and self.requires <= OF_APIS

    def skip_reason(self, target: Target) -> str:
        """Return the reason to skip this scenario on a target; empty when it runs there."""
        return skip_reason(self.labels, self.requires, target)


def skip_reason(labels: Mapping[str, Label], requires: frozenset[str], target: Target) -> str:
    """Return the reason to skip a scenario with these labels and needs; empty when it runs."""
    label = labels[target.name]
    if label.worth == NOT_COVERED:
        return f"not covered: {label.note}"
    lacking = target.lacks(requires)
    gaps = [target.unconfigured[name] for name in lacking if name in target.unconfigured]
    if gaps:
        return f"not covered: {', '.join(dict.fromkeys(gaps))}"
    return f"target {target.name} lacks: {', '.join(lacking)}" if lacking else ""


def is_scenario(item: pytest.Item) -> bool:
    """Whether a test is a scenario: by its truth label, or because only scenarios may be there."""
    return in_scenario_folder(item.path, item.config) or any(
        map(_is_truth_label, item.iter_markers("truth"))
    )


def in_scenario_folder(path: Path, config: pytest.Config) -> bool:
    """Whether the project says that every test there is a scenario."""
    return any(path.is_relative_to(folder) for folder in config.getini(FOLDERS))


def has_truth_label(collector: pytest.Collector, obj: object) -> bool:
    """Whether a function or class that is about to be collected, or its module, has a label."""
    if not isinstance(obj, type | FunctionType):
        return False
    marks = getattr(obj, "pytestmark", ())
    own = marks if isinstance(marks, list | tuple) else [marks]
    return any(map(_is_truth_label, (*own, *collector.iter_markers("truth"))))


def _is_truth_label(mark: object) -> bool:
    """Another project's marker may have the same name, and no value of ours."""
    values = getattr(mark, "kwargs", {}).values()
    return getattr(mark, "name", "") == "truth" and any(isinstance(v, Label) for v in values)


NOTHING = Declared(labels={}, requires=frozenset())


def problems(marks: Iterable[Mark]) -> list[str]:
    """Return the faults of a scenario's marks; empty when they are complete and true."""
    marks = list(marks)
    problems = list(_label_problems([mark for mark in marks if mark.name == "truth"]))
    changes = {mark.name for mark in marks} & {"read_only", "mutates"}
    if len(changes) != 1:
        problems.append(
            "needs exactly one of the markers read_only and mutates"
            + (", and has both" if changes else "")
        )
    unknown = sorted(_required(marks) - set(CAPABILITIES))
    if unknown:
        problems.append(
            f"requires unknown capabilities: {', '.join(unknown)}; known: "
            + ", ".join(sorted(CAPABILITIES))
        )
    return problems or list(_false_labels(declared(marks)))


def _label_problems(marks: list[Mark]) -> Iterator[str]:
    if len(marks) != 1:
        yield (
            f"needs one marker truth({', '.join(f'{name}=...' for name in NAMES)})"
            + (", and has more" if marks else "")
        )
        return
    labels = dict(marks[0].kwargs)
    missing = [name for name in NAMES if not isinstance(labels.get(name), Label)]
    if missing or marks[0].args:
        yield f"its truth label lacks a value for: {', '.join(missing) or 'named targets'}"
    unknown = sorted(set(labels) - set(NAMES))
    if unknown:
        yield f"its truth label names unknown targets: {', '.join(unknown)}"


def _false_labels(scenario: Declared) -> Iterator[str]:
    """Name each label that the target's capabilities contradict."""
    for name, label in scenario.labels.items():
        impossible = sorted(scenario.requires - CAPABILITIES_OF[name])
        if label.worth != NOT_COVERED and impossible:
            yield (
                f'its truth label says "{label.worth}" for {name}, which cannot have:'
                f" {', '.join(impossible)}; label it {name}=not_covered(...)"
            )


def declared(marks: Iterable[Mark]) -> Declared:
    """Read a scenario's declarations from complete marks."""
    marks = list(marks)
    (labels,) = (dict(mark.kwargs) for mark in marks if mark.name == "truth")
    changes = [mark for mark in marks if mark.name == "mutates"]
    return Declared(
        labels={name: label for name, label in labels.items() if isinstance(label, Label)},
        requires=_required(marks) | ({CHANGE} if changes else set()),
        exclusive=any(map(_is_exclusive, changes)),
        order=max(map(_order, changes), default=0),
        runs_last=any(
            dict(mark.kwargs).get("runs_last", False)
            for mark in marks
            if mark.name in ("read_only", "mutates")
        ),
    )


def _required(marks: Iterable[Mark]) -> frozenset[str]:
    return frozenset(str(name) for mark in marks if mark.name == "requires" for name in mark.args)


def _is_exclusive(mark: Mark) -> bool:
    return dict(mark.kwargs).get("exclusive", False) is True


def _order(mark: Mark) -> int:
    order = dict(mark.kwargs).get("order", 1)
    return order if _is_exclusive(mark) and isinstance(order, int) else 0
