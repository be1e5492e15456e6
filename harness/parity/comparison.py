"""Two records side by side: the same, different as declared, different, or passed on one side."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from harness.core import codec
from harness.core.errors import ConfigError
from harness.parity.observation import is_same
from harness.parity.record import Record, Scene
from harness.report.model import PASSED

SAME = "same"
DECLARED = "differs, declared"
DIFFERS = "differs"
ONE_SIDE = "passes on one side"
_ORDER = (ONE_SIDE, DIFFERS, DECLARED, SAME)


@dataclass(frozen=True)
class Difference:
    """A difference that the team knows: an entry ``[[differs]]`` of differences.toml."""

    scenario: str
    """As the record has it, such as ``database::plaintext_is_refused_at_the_proxy``."""
    name: str
    """The observation's."""
    why: str
    reviewed: str
    """The day on which somebody last looked at it, ISO 8601."""


@dataclass(frozen=True)
class _Declared:
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Row:
    """One observation, or the result of a scenario, on both sides."""

    scenario: str
    name: str
    verdict: str
    recorded: str
    now: str
    why: str = ""

    def text(self) -> str:
        """Return the row as one line."""
        values = "" if self.verdict == SAME else f": recorded {self.recorded}; now {self.now}"
        return f"{self.verdict}: {self.scenario}, {self.name}{values}" + (
            f" ({self.why})" if self.why else ""
        )


@dataclass(frozen=True)
class Comparison:
    """A record, beside the record of another replay."""

    recorded: Record
    now: Record
    rows: tuple[Row, ...]
    void: tuple[Difference, ...] = ()
    """Declared differences that there are no longer."""

    @property
    def has_false_confidence(self) -> bool:
        """Whether a scenario passes now and failed where it was recorded."""
        return any(row.verdict == ONE_SIDE and row.now == PASSED for row in self.rows)

    def is_red(self, *, strict: bool) -> bool:
        """Return whether it fails: by false confidence, with ``strict`` by any difference."""
        verdicts = {row.verdict for row in self.rows}
        return self.has_false_confidence or (strict and bool(verdicts & {DIFFERS, ONE_SIDE}))

    @property
    def summary(self) -> str:
        """The verdicts in one sentence."""
        counts = Counter(row.verdict for row in self.rows)
        parts = ", ".join(
            f"{counts[verdict]} {verdict}" for verdict in reversed(_ORDER) if counts[verdict]
        )
        return (
            f"parity with {self.recorded.target}, recorded {self.recorded.recorded}:"
            f" {parts or 'no scenario of it ran here'}"
        )


def compare(recorded: Record, now: Record, *, declared: Sequence[Difference] = ()) -> Comparison:
    """Compare the scenarios that both records have; the others say nothing."""
    entries = {(entry.scenario, entry.name): entry for entry in declared}
    rows = [
        row
        for scenario, scene in recorded.scenarios.items()
        if scenario in now.scenarios
        for row in _rows(scenario, scene, now.scenarios[scenario], known=entries)
    ]
    different = {(row.scenario, row.name) for row in rows if row.verdict == DECLARED}
    void = [
        entry
        for place, entry in entries.items()
        if entry.scenario in now.scenarios.keys() & recorded.scenarios.keys()
        and place not in different
    ]
    ordered = sorted(rows, key=lambda row: (_ORDER.index(row.verdict), row.scenario, row.name))
    return Comparison(recorded, now, tuple(ordered), tuple(void))


def _rows(
    scenario: str,
    recorded: Scene,
    now: Scene,
    *,
    known: Mapping[tuple[str, str], Difference],
) -> Iterator[Row]:
    if recorded.result != now.result:
        yield Row(scenario, "result", ONE_SIDE, recorded.result, now.result)
        return
    for name in recorded.saw.keys() | now.saw.keys():
        left, right = recorded.saw.get(name), now.saw.get(name)
        entry = known.get((scenario, name))
        same = left is not None and right is not None and is_same(left, right)
        verdict = SAME if same else DECLARED if entry else DIFFERS
        why = entry.why if entry and not same else ""
        yield Row(scenario, name, verdict, _value(left), _value(right), why)


def _value(observation: Mapping[str, Any] | None) -> str:
    return "nothing" if observation is None else str(next(iter(observation.values())))


def read_differences(path: Path) -> list[Difference]:
    """Read differences.toml; none where there is no such file.

    Raises:
        ConfigError: The file is no TOML, or an entry lacks a field or has another one.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        plain = json.loads(json.dumps(data, default=str))  # its dates as texts
        declared = codec.decode(_Declared, plain).differs
        for entry in declared:
            date.fromisoformat(entry.reviewed)
    except FileNotFoundError:
        return []
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"{path} cannot be read",
            last_answer=str(error),
            hint="each [[differs]] has scenario, name, why and reviewed, a date as 2026-12-03",
        ) from error
    return [*declared]


def texts(rows: Iterable[Row], *, verbose: bool) -> list[str]:
    """Return a line for each row; those that are the same only with ``verbose``."""
    return [row.text() for row in rows if verbose or row.verdict != SAME]
