"""The commands about scenarios: list them, explain one, begin one of your own."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from harness.cli.command import Command, invocation
from harness.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.replay.catalog import Entry

_WIDTH = 100
_LONGEST_NAME = 200
_SUGGESTED = 6
_TEMPLATE = '''\
"""{title}."""

from __future__ import annotations

import pytest

from harness.diagnosis.expect import expect
from harness.report import not_covered, proved


@pytest.mark.truth(local=proved, aws=proved, url=not_covered("say why, or write proved"))
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_{name}(visitor, pages):
    answer = visitor.get(pages.public)
    expect(
        answer.status_code == 200,
        f"the public page answered {{answer.status_code}}",
        cause="name the setting and the remedy",
    )
'''


@click.group()
def scenarios() -> None:
    """List, explain or begin scenarios."""


scenarios.command_class = Command


@scenarios.command(name="list", examples=("cutover scenarios list",))
def list_scenarios() -> int:
    """List the platform's scenarios and your own, each with its needs."""
    entries = _catalog()
    story = ""
    for scenario in sorted(entries, key=lambda entry: (entry.story, entry.line)):
        if scenario.story != story:
            story = scenario.story
            click.echo(story)
        changes = " (changes)" if scenario.changes else ""
        needs = f"  [{', '.join(scenario.needs)}]" if scenario.needs else ""
        click.echo(f"  {scenario.name}{changes}{needs}")
    click.echo(f"{len(entries)} scenarios; `cutover scenarios explain NAME` describes one")
    return 0


@scenarios.command(examples=("cutover scenarios explain public_page_has_no_redirect_loop",))
@click.argument("name")
def explain(name: str) -> int:
    """Show a scenario's needs, the worth of a pass, and its source."""
    from harness.inputs.problem import closest

    plain_name = name.rpartition("::")[2].removeprefix("test_").replace(" ", "_")
    entries = _catalog()
    matches = [entry for entry in entries if entry.name == plain_name]
    if not matches:
        near = closest(plain_name, [entry.name for entry in entries])
        alike = [
            entry.name for entry in entries if plain_name in (entry.story, *entry.name.split("_"))
        ]
        hint = f"these have it: {', '.join(alike[:_SUGGESTED])}" if alike else ""
        hint = f'did you mean "{near}"?' if near else hint
        raise ConfigError(
            f"there is no scenario {plain_name}",
            hint=hint or "`cutover scenarios list` names them all",
        )
    for entry in matches:
        click.echo("\n".join(_explained(entry)))
    return 0


@scenarios.command(examples=("cutover scenarios new orders_are_kept",))
@click.argument("name")
def new(name: str) -> int:
    """Begin a scenario of your own, in the first folder of scenarios.paths."""
    config = invocation().config
    paths = config.scenario_paths
    if not paths:
        raise ConfigError(
            "no folder is configured for your scenarios",
            where=str(config.file),
            hint='add [scenarios] with paths = ["tests/cutover"]',
        )
    plain = re.sub(r"\W+", "_", name.strip().lower()).strip("_").removeprefix("test_")
    if not plain or len(plain) > _LONGEST_NAME:
        raise ConfigError(
            f'"{name}" is no name', hint="write a subject and a verb: orders_are_kept"
        )
    path = paths[0] / f"test_{plain}.py"
    if path.exists():
        raise ConfigError(
            f"there is a {os.path.relpath(path)} already", hint="choose another name, or edit it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    title = plain.replace("_", " ").capitalize()
    path.write_text(_TEMPLATE.format(title=title, name=plain), encoding="utf-8")
    relative_path = os.path.relpath(path)
    click.echo(f"wrote {relative_path}; `cutover verify {relative_path}` replays it")
    return 0


def _catalog() -> list[Entry]:
    """Return the scenarios: the platform's, and your own where there is a cutover.toml."""
    from harness.inputs.config import FILE_NAME
    from harness.replay.runner import Replay

    call = invocation()
    if "CUTOVER_CONFIG" in call.environ or (call.cwd / FILE_NAME).exists():
        return call.replay(report_dir=None).catalog()
    with TemporaryDirectory(prefix="cutover-") as cache:
        return Replay(call.environ, cwd=call.cwd, cache=Path(cache)).catalog()


def _explained(entry: Entry) -> Iterator[str]:
    from harness.target.target import CAPABILITIES

    yield f"{entry.story}: {entry.name.replace('_', ' ')}"
    yield f"  {entry.file}:{entry.line}"
    yield from textwrap.wrap(entry.about, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield f"\n  {'changes what others see' if entry.changes else 'changes nothing'}; needs"
    yield from (f"    {name}: {CAPABILITIES[name]}" for name in entry.needs)
    yield "\n  a pass is"
    yield from (f"    on {name}: {label.text()}" for name, label in entry.labels.items())
    yield "\n" + textwrap.indent(textwrap.dedent(entry.source).rstrip(), "  ")
