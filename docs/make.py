"""Write the generated pages: scenarios, mistakes, checks, schema, runbook, and packages' picture.

Run it as `.venv/bin/python -m docs.make`; a test checks that they are up to date.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from docs import architecture_page, operator_page
from harness.inputs import production
from harness.inputs.toml import explanation
from harness.phases import runbook
from harness.target.recorded_runs import recorded_runs
from harness.target.target import LOCAL, NAMES
from harness.target.truth import NOT_COVERED, Label

ROOT = Path(__file__).resolve().parent.parent

SCENARIOS_HEAD = """\
# Scenarios

Made by `docs/make.py` from the scenarios' own markers. The label is the worth of a pass on each
target: `proved` (the real thing did it), `emulated` (a stand-in did it, with the difference named),
or `not covered`. On a target that the scenarios never ran on, a pass *would prove* or *would be
emulated*. Scenarios marked ✎ write to the target and never run on production's URL. {} of {} need
the probe and are marked ◉; the others run without it.
"""
MISTAKES_HEAD = """\
# Mistakes that a rehearsal catches

Made by `docs/make.py` from `tests/mistakes/`, where each mistake is one edit of the reference app's
files, rehearsed by a test. The cause is given by words that it must have in the report, or in the
error of a stack that does not start. A red scenario may also name what follows from the mistake, or
no cause; any other cause fails the test. A twin is an edit that looks like the mistake and is
harmless. A star marks those that no rehearsal has shown so far since every cause is judged
(`tests/mistakes/rehearsed.txt` has the others).
Scenarios of a stand-in's own behaviour are turned red by the stand-in's tests in `tests/docker/`;
those that need AWS, by answers in AWS's form in `tests/unit/`.
"""
MISTAKE_COLUMNS = ("mistake", "turns red", "cause", "what follows from it", "twin")


def pages() -> dict[Path, str]:
    """Return the text of each generated page."""
    return {
        architecture_page.PICTURE: architecture_page.picture(),
        architecture_page.PAGE: architecture_page.page(),
        operator_page.PAGE: operator_page.page(),
        ROOT / "docs" / "cutover.schema.json": explanation.schema_text(),
        ROOT / "docs" / "scenarios.md": scenarios_page(),
        ROOT / "docs" / "mistakes.md": mistakes_page(),
        **runbook_pages(),
    }


def runbook_pages() -> dict[Path, str]:
    """Return the files of the reference app's runbook."""
    pages = runbook.pages(production.load({}, cwd=ROOT))
    return {ROOT / "docs" / "runbook" / name: text for name, text in pages.items()}


def scenarios() -> Iterator[tuple[str, FunctionType]]:
    """Go through all scenarios: story and function."""
    for path in sorted((ROOT / "scenarios").rglob("test_*.py"), key=lambda path: path.stem):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, value in vars(module).items():
            if name.startswith("test_") and isinstance(value, FunctionType):
                yield path.stem.removeprefix("test_"), value


def scenarios_page() -> str:
    """Describe every scenario with its truth labels."""
    platform = [one for _, one in scenarios() if ".tickets." not in one.__module__]
    lines = [SCENARIOS_HEAD.format(sum(map(_needs_probe, platform)), len(platform))]
    story = ""
    for name, function in scenarios():
        if name != story:
            story = name
            lines += [f"\n## {story.capitalize()}\n", _row("scenario", *map(_head, NAMES))]
            lines.append("|---|---|---|---|")
        truth = _marker(function, "truth") or {}
        pencil = " ✎" if _marker(function, "mutates") is not None else ""
        pencil += " ◉" if _needs_probe(function) else ""
        labels = [_label(truth[name], name=name) for name in NAMES]
        lines.append(_row(_words(function.__name__) + pencil, *labels))
    return "\n".join(lines) + "\n"


def mistakes_page() -> str:
    """List every mistake by story, then every scenario with a mistake that turns it red."""
    from tests.mistakes.catalog import STORIES
    from tests.mistakes.choice import REHEARSED
    from tests.mistakes.mistake import USAGE

    lines = [MISTAKES_HEAD]
    for story, mistakes in STORIES.items():
        lines += [
            f"\n## {story.capitalize()}\n",
            _row(*MISTAKE_COLUMNS),
            "|---" * len(MISTAKE_COLUMNS) + "|",
        ]
        for one in mistakes:
            red = "; ".join(_words(scenario.__name__) for scenario in one.breaks)
            instead = "the configuration" if one.exit_code == USAGE else "the start"
            star = "" if one.exit_code == USAGE or one.name in REHEARSED else " *"
            twin = one.twin.name if one.twin else ""
            red = red or f"{instead} ({one.exit_code})"
            lines.append(_row(one.name + star, red, one.cause, "; ".join(one.follows), twin))
    lines += ["\n## By scenario\n", _row("scenario", "one edit that turns it red"), "|---|---|"]
    breaks = {
        (scenario.__module__, scenario.__name__): one.name
        for mistakes in STORIES.values()
        for one in mistakes
        for scenario in one.breaks
    }
    for _, function in scenarios():
        truth = _marker(function, "truth") or {}
        never_here = LOCAL in truth and truth[LOCAL].worth == NOT_COVERED
        elsewhere = "see `tests/unit/`" if never_here else "see `tests/docker/`"
        name = breaks.get((function.__module__, function.__name__), elsewhere)
        lines.append(_row(_words(function.__name__), name))
    return "\n".join(lines) + "\n"


def _needs_probe(function: FunctionType) -> bool:
    marks = getattr(function, "pytestmark", [])
    return any(mark.name == "requires" and "probe" in mark.args for mark in marks)


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
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
