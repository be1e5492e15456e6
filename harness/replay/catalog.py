"""The catalog of scenarios: each with its labels, needs and source, as pytest collects it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import codec
from harness.replay.markers import skip_reason
from harness.target.target import CHANGE
from harness.target.truth import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from harness.replay.markers import Declared
    from harness.target.target import Target


@dataclass(frozen=True)
class Entry:
    """One scenario with all its parameters."""

    name: str
    """Its function, without ``test_``."""
    story: str
    file: str
    line: int
    about: str
    """Its module's docstring, and its own."""
    labels: Mapping[str, Label]
    requires: tuple[str, ...]
    exclusive: bool
    """Whether nothing else runs meanwhile, since visitors and scenarios notice it."""
    source: str

    @property
    def changes(self) -> bool:
        """Whether it changes something that others can see."""
        return CHANGE in self.requires

    @property
    def needs(self) -> tuple[str, ...]:
        """The capabilities that it needs, besides that it may change something."""
        return tuple(name for name in self.requires if name != CHANGE)

    def skip_reason(self, target: Target) -> str:
        """Return the reason to skip it on a target; empty when it runs there."""
        return skip_reason(self.labels, frozenset(self.requires), target)


def entry(item: pytest.Item, declared: Declared) -> Entry:
    """Describe a collected scenario."""
    function = getattr(item, "function", None)
    module = inspect.getmodule(function)
    texts = (inspect.getdoc(source) for source in (module, function) if source is not None)
    return Entry(
        name=item.name.partition("[")[0].removeprefix("test_"),
        story=story_of(item),
        file=str(item.path),
        line=(item.location[1] or 0) + 1,
        about="\n".join(filter(None, texts)),
        labels=declared.labels,
        requires=tuple(sorted(declared.requires)),
        exclusive=declared.exclusive,
        source=inspect.getsource(function) if function is not None else "",
    )


def story_of(item: pytest.Item) -> str:
    """Return a scenario's part of the cutover: the name of its file."""
    return item.path.stem.removeprefix("test_")


def write(entries: Iterable[Entry], path: Path) -> None:
    """Write the catalog, each scenario once."""
    once = {(scenario.file, scenario.name): codec.encode(scenario) for scenario in entries}
    path.write_text(json.dumps(list(once.values())), encoding="utf-8")
