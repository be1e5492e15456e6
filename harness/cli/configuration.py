"""`cutover init` and `cutover config`: the configuration begun, shown, checked and explained."""

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
    from harness.phases.checks import contradictions

    inputs = production.load(os.environ, cwd=Path.cwd())
    contradictions.reject(inputs)
    for note in inputs.notes:
        click.echo(note)
    click.echo(f"{inputs.config.file.name} and {len(inputs.digests) - 1} files: no problems")
    return GREEN


@config.command(examples=("cutover config show", "cutover config show --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> int:
    """Show each value with the place that it comes from; secrets are blanked."""
    from harness.inputs.reading import settings_of

    settings = settings_of(os.environ, cwd=Path.cwd())
    if as_json:
        values = {
            setting.key: {"value": setting.value, "source": setting.source} for setting in settings
        }
        click.echo(json.dumps(values, indent=2, default=str))
        return GREEN
    lines = [
        (f"{setting.key} = {json.dumps(setting.value, default=str)}", setting.source)
        for setting in settings
    ]
    width = min(max(len(text) for text, _ in lines), 72)
    for text, source in lines:
        click.echo(f"{text:<{width}}  # {source}")
    return GREEN


@config.command(examples=("cutover config schema > cutover.schema.json",))
def schema() -> int:
    """Print the JSON schema of cutover.toml, for editors.

    The first line of cutover.toml names it: #:schema cutover.schema.json
    """
    from harness.inputs.toml.explanation import schema_text

    click.echo(schema_text(), nl=False)
    return GREEN


@config.command(
    examples=("cutover config explain app.url", "cutover config explain"),
)
@click.argument("key", required=False)
def explain(*, key: str | None) -> int:
    """Explain a key: meaning, type, default and example. Without one, list all keys."""
    from harness.inputs.toml import explanation

    if key:
        click.echo(explanation.explain(key))
    else:
        click.echo("\n".join(".".join(path) for path in explanation.every_key()))
    return GREEN


@click.command(
    cls=Command,
    exit_codes={GREEN: "written", USAGE: "there is one already"},
    examples=("cutover init",),
)
def init() -> int:
    """Write a commented cutover.toml for the files of this folder.

    It reads what the AWS CLI printed and the operations' inputs (*.json), the Dockerfile and
    composer.json. An existing cutover.toml is never overwritten.
    """
    from harness.core.errors import ConfigError
    from harness.inputs.config import FILE_NAME
    from harness.inputs.proposal.folder import Folder
    from harness.inputs.proposal.proposal import propose

    path, folder = Path.cwd() / FILE_NAME, Folder(Path.cwd())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(propose(folder))
    except FileExistsError:
        raise ConfigError(
            f"there is a {FILE_NAME} already, and it is left as it is",
            where=str(path),
            hint="`cutover config check` lists its problems; rename it to have a new one",
        ) from None
    count = sum(len(documents) for documents in folder.documents.values()) + len(folder.roles)
    summary = (
        f"AWS files: {count}" if count else "no AWS file is here: docs/your-app.md has the commands"
    )
    click.echo(f"wrote {FILE_NAME} ({summary}); `cutover config check` lists what it lacks")
    return GREEN
