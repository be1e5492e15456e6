"""The command that prints a CI server's file, to be committed in the app's repository."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.command import GREEN, Command

SERVERS = {"github": "github.yml", "gitlab": "gitlab.yml"}
"""Name of the server -> its file beside this module."""
_MOST_SHARDS = 20


@click.command(
    name="ci",
    cls=Command,
    examples=(
        "cutover ci github > .github/workflows/cutover.yml",
        "cutover ci gitlab --shards 3 > .gitlab/cutover.yml",
    ),
)
@click.argument("server", type=click.Choice(tuple(SERVERS)))
@click.option(
    "--shards",
    type=click.IntRange(2, _MOST_SHARDS),
    help="Divide the rehearsal over so many jobs, and merge their reports.",
)
def ci_file(*, server: str, shards: int | None) -> int:
    """Print the file with which a CI server rehearses each change, and smokes each deployment."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701 - YAML of our own
        line_statement_prefix="#%",
        variable_start_string="<<",
        variable_end_string=">>",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    path = Path(__file__).with_name("ci_files") / SERVERS[server]
    numbers = list(range(1, (shards or 0) + 1))
    place = "shards/cutover-shard-"
    text = environment.from_string(path.read_text(encoding="utf-8")).render(
        shards=shards,
        numbers=numbers,
        folders=" ".join(f"{place}{number}" for number in numbers),
    )
    click.echo(text, nl=False)
    return GREEN
