"""The command about reports: merge those of several shards."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from harness.cli.command import FAIL_ON, GREEN, RED, USAGE, Command

_FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)


@click.group()
def report() -> None:
    """Merge reports."""


report.command_class = Command


@report.command(
    exit_codes={
        GREEN: "green",
        RED: "a scenario is red or flaky, or a shard is lost",
        USAGE: "usage, or the reports do not fit together",
    },
    examples=("cutover report merge shard-1 shard-2 shard-3 --out cutover-report",),
)
@click.argument("directories", nargs=-1, required=True, type=_FOLDER, metavar="DIR...")
@click.option("--out", type=_FOLDER, required=True, metavar="DIR", help="Where the report goes.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default=FAIL_ON[0],
    help="Red and flaky scenarios fail, red ones, or red ones whose pass would be proved.",
)
def merge(*, directories: tuple[Path, ...], out: Path, fail_on: str) -> int:
    """Make one report of the reports of all shards, with the verdict of the whole.

    A shard that left no report is named, and the whole is then not green.
    """
    from harness.cli.gate import fails
    from harness.report import merge as merging
    from harness.report import terminal
    from harness.report.model import FLAKY
    from harness.report.writer import write_report

    merged = merging.merge(directories, out=out)
    page = write_report(merged, directory=out)
    width = min(shutil.get_terminal_size().columns, 120)
    for line in terminal.summary(merged, page=page, width=width):
        click.echo(line.text)
    counted = (
        fails(one.result, worth=one.label.worth, fail_on=fail_on)
        for one in merged.outcomes
        if one.is_red or one.result == FLAKY
    )
    is_green = merged.is_green or (bool(merged.outcomes) and not merged.lost and not any(counted))
    return GREEN if is_green else RED
