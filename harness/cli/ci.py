"""The command that prints a CI server's file, to be committed in the app's repository."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.command import GREEN, Command

SERVERS = {"github": "github.yml", "gitlab": "gitlab.yml"}
"""Name of the server -> its file beside this module."""


@click.command(
    name="ci",
    cls=Command,
    examples=(
        "cutover ci github > .github/workflows/cutover.yml",
        "cutover ci gitlab > .gitlab/cutover.yml",
    ),
)
@click.argument("server", type=click.Choice(tuple(SERVERS)))
def ci_file(*, server: str) -> int:
    """Print the file with which a CI server rehearses each change, and smokes each deployment."""
    path = Path(__file__).with_name("ci_files") / SERVERS[server]
    click.echo(path.read_text(encoding="utf-8"), nl=False)
    return GREEN
