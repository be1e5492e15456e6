"""Write the generated pages: scenarios, mistakes, and the picture of the packages.

Run it as `.venv/bin/python -m docs.make`; a test checks that they are up to date.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from docs import architecture_page
from harness.target.recorded_runs import recorded_runs
from harness.target.target import NAMES
from harness.target.truth import Label

ROOT = Path(__file__).resolve().parent.parent

SCENARIOS_HEAD = """\
# Scenarios

Made by `docs/make.py` from the scenarios' own markers. The label is the worth of a pass on each
target: `proved` (the real thing did it), `emulated` (a stand-in did it, with the difference named),
or `not covered`. On a target that the scenarios never ran on, a pass *would prove* or *would be
emulated*. Scenarios marked ✎ write to the target and never run on production's URL.
"""
MISTAKES_HEAD = """\
# Mistakes that a rehearsal catches

Made by `docs/make.py` from `tests/broken/`, where each mistake is one change of the reference app's
files, rehearsed by a test. The third column has words that the rehearsal must print. Scenarios of a
stand-in's own behaviour are turned red by the stand-in's tests in `tests/docker/`.
"""


def pages() -> dict[Path, str]:
    """Return the text of each generated page."""
    return {
        architecture_page.PICTURE: architecture_page.picture(),
        architecture_page.PAGE: architecture_page.page(),
        ROOT / "docs" / "scenarios.md": scenarios_page(),
        ROOT / "docs" / "mistakes.md": mistakes_page(),
    }


def scenarios() -> Iterator[tuple[str, FunctionType]]:
    """Go through all scenarios: story and function."""
    for path in sorted((ROOT / "scenarios").glob("test_*.py")):
        module = importlib.import_module(f"scenarios.{path.stem}")
        for name, value in vars(module).items():
            if name.startswith("test_") and isinstance(value, FunctionType):
                yield path.stem.removeprefix("test_"), value


def scenarios_page() -> str:
    """Describe every scenario with its truth labels."""
    lines = [SCENARIOS_HEAD]
    story = ""
    for name, function in scenarios():
        if name != story:
            story = name
            lines += [f"\n## {story.capitalize()}\n", _row("scenario", *map(_head, NAMES))]
            lines.append("|---|---|---|---|")
        truth = _marker(function, "truth") or {}
        pencil = " ✎" if _marker(function, "mutates") is not None else ""
        labels = [_label(truth[name], name=name) for name in NAMES]
        lines.append(_row(_words(function.__name__) + pencil, *labels))
    return "\n".join(lines) + "\n"


def mistakes_page() -> str:
    """List every mistake, then every scenario with the mistakes that turn it red."""
    from tests.broken.test_broken import ALL as mistakes  # noqa: N811 - read as a list here

    lines = [MISTAKES_HEAD, _row("mistake", "turns red", "and says"), "|---|---|---|"]
    for mistake in mistakes:
        red = "; ".join(_words(name) for name in mistake.red)
        instead = "the start" if mistake.exit_code == 3 else "the configuration"
        lines.append(_row(mistake.name, red or f"{instead} ({mistake.exit_code})", mistake.cause))
    lines += ["\n## By scenario\n", _row("scenario", "one change that turns it red"), "|---|---|"]
    for _, function in scenarios():
        found = [m.name for m in mistakes if any(red in function.__name__ for red in m.red)]
        lines.append(_row(_words(function.__name__), found[0] if found else "see `tests/docker/`"))
    return "\n".join(lines) + "\n"


def _marker(function: FunctionType, name: str) -> Mapping[str, Any] | None:
    for mark in getattr(function, "pytestmark", []):
        if mark.name == name:
            kwargs: Mapping[str, Any] = mark.kwargs
            return kwargs
    return None


def _head(name: str) -> str:
    run = recorded_runs().get(name)
    return f"{name} ({f'last run {run.date}' if run else 'never run'})"


def _label(label: Label, *, name: str) -> str:
    worth = label.worth_on(tried=name in recorded_runs())
    return f"{worth}: {label.note}" if label.note else worth


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    """Write the pages."""
    sys.path.insert(0, str(ROOT))
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
