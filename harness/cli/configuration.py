"""`cutover config`: the configuration as it is read, its problems, and its keys explained."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from harness.cli.command import GREEN, USAGE, Command


@click.group()
def config() -> None:
    """Show, check and explain cutover.toml and its files."""


config.command_class = Command


@config.command(
    exit_codes={GREEN: "no problem", USAGE: "problems, all of them listed"},
    examples=("cutover config check",),
)
def check() -> int:
    """List every problem of the configuration and of the files that it names."""
    from harness.inputs import production

    found = production.load(os.environ, cwd=Path.cwd())
    for note in found.notes:
        click.echo(note)
    click.echo(f"{found.config.file.name} and {len(found.digests) - 1} files: no problems")
    return GREEN


@config.command(examples=("cutover config show", "cutover config show --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> int:
    """Show each value with the place that it comes from; secrets are blanked."""
    from harness.inputs.reading import settings_of

    found = settings_of(os.environ, cwd=Path.cwd())
    if as_json:
        values = {one.key: {"value": one.value, "source": one.source} for one in found}
        click.echo(json.dumps(values, indent=2, default=str))
        return GREEN
    lines = [(f"{one.key} = {json.dumps(one.value, default=str)}", one.source) for one in found]
    width = min(max(len(text) for text, _ in lines), 72)
    for text, source in lines:
        click.echo(f"{text:<{width}}  # {source}")
    return GREEN


@config.command(examples=("cutover config schema > cutover.schema.json",))
def schema() -> int:
    """Print the JSON schema of cutover.toml, for editors.

    The first line of cutover.toml names it: #:schema cutover.schema.json
    """
    from harness.inputs.explanation import schema_text

    click.echo(schema_text(), nl=False)
    return GREEN


@config.command(
    examples=("cutover config explain app.url", "cutover config explain"),
)
@click.argument("key", required=False)
def explain(*, key: str | None) -> int:
    """Explain a key: meaning, type, default and example. Without one, list all keys."""
    from harness.inputs import explanation

    if key:
        click.echo(explanation.explain(key))
    else:
        click.echo("\n".join(".".join(path) for path in explanation.every_key()))
    return GREEN
