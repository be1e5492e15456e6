"""The command about reports: merge those of several shards."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from harness.cli.command import DIRECTORY, GREEN, RED, USAGE, Command


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
@click.argument("directories", nargs=-1, required=True, type=DIRECTORY, metavar="DIR...")
@click.option("--out", type=DIRECTORY, required=True, metavar="DIR", help="Where the report goes.")
def merge(*, directories: tuple[Path, ...], out: Path) -> int:
    """Make one report of the reports of all shards, with the verdict of the whole.

    A shard that left no report is named, and the whole is then not green.
    """
    from harness.report import merge as merging
    from harness.report import terminal
    from harness.report.writer import write_report

    merged = merging.merge(directories, out=out)
    page = write_report(merged, directory=out)
    width = min(shutil.get_terminal_size().columns, 120)
    for line in terminal.summary(merged, page=page, width=width):
        click.echo(line.text)
    return GREEN if merged.is_green else RED
