"""`cutover parity`: record the observations of a replay, and compare them with another target's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.command import DIRECTORY, FILE, GREEN, RED, USAGE, Command, invocation
from harness.core.errors import ConfigError

if TYPE_CHECKING:
    from harness.cli.commands import Invocation
    from harness.parity.comparison import Comparison
    from harness.parity.record import Record

RECORDED = Path("parity/aws.json")
"""Beside cutover.toml: every rehearsal is compared with it where it is there."""
DECLARED = "differences.toml"


@click.group()
def parity() -> None:
    """Compare the observations of a replay with those of another target."""


parity.command_class = Command
_of_report = click.option(
    "--report-dir", type=DIRECTORY, help="The replay's report instead of the last run's."
)


@parity.command(
    exit_codes={GREEN: "written", USAGE: "usage, configuration, or there is no report"},
    examples=("cutover parity record parity/aws.json",),
)
@_of_report
@click.argument("file", type=FILE)
def record(*, file: Path, report_dir: Path | None) -> int:
    """Write the last replay's observations into FILE, without names, ids and times.

    A file that was recorded on AWS belongs into the app's repository.
    """
    from harness.parity import record as records

    replay_record = _record(invocation(), report_dir)
    records.write(replay_record, file)
    noted = sum(bool(scene.saw) for scene in replay_record.scenarios.values())
    number = len(replay_record.scenarios)
    click.echo(
        f"{file.name}: {number} scenarios on {replay_record.target}, {noted} with observations"
    )
    return GREEN


@parity.command(
    exit_codes={
        GREEN: "no scenario that passes here failed where it was recorded",
        RED: "one does, or with --strict something differs that is not declared",
        USAGE: "usage, configuration, or a file that cannot be read",
    },
    examples=("cutover parity compare parity/aws.json", "cutover parity compare --strict"),
)
@_of_report
@click.option("--strict", is_flag=True, help="A difference that is not declared is red, too.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is the same, too.")
@click.argument("file", type=FILE, required=False)
def compare(*, file: Path | None, report_dir: Path | None, strict: bool, verbose: bool) -> int:
    """Compare the last replay with the record FILE, by default parity/aws.json.

    Differences that are known stand in differences.toml beside it, as [[differs]] with scenario,
    name, why and reviewed.
    """
    from harness.parity import comparison

    call = invocation()
    recorded = file or call.location.file.parent / RECORDED
    compared = _compare(recorded, _record(call, report_dir))
    for line in comparison.texts(compared.rows, verbose=verbose):
        click.echo(line)
    for difference in compared.void:
        click.echo(
            f"{DECLARED}: {difference.scenario}, {difference.name} differs no longer;"
            " remove its entry"
        )
    click.echo(compared.summary)
    return RED if compared.is_red(strict=strict) else GREEN


def _compare(recorded: Path, now: Record) -> Comparison:
    from harness.parity import comparison
    from harness.parity import record as records

    declared = comparison.read_differences(recorded.parent / DECLARED)
    return comparison.compare(records.read(recorded), now, declared=declared)


def _record(call: Invocation, report_dir: Path | None) -> Record:
    from harness.parity import record as records
    from harness.parity.normal_form import normal_form
    from harness.target.naming import names_in

    directory = report_dir or _last_report(call.location.home)
    return records.of_report(directory, form=normal_form(names_in(call.production)))


def _last_report(home: Path) -> Path:
    from harness.report import json_file

    reports = json_file.directories(home)
    if not reports:
        raise ConfigError(
            f"no replay has left a report in {home}",
            hint="run `cutover rehearse` or `cutover verify`, or name one with --report-dir",
        )
    return reports[-1]


def summary(call: Invocation, report: Path) -> str:
    """Return one sentence on a replay beside the app's record; empty where there is none.

    Args:
        call: The command's call.
        report: Directory of the replay's report.

    Raises:
        ConfigError: The record, or differences.toml, cannot be read.
    """
    recorded = call.location.file.parent / RECORDED
    if not recorded.is_file():
        return ""
    return _compare(recorded, _record(call, report)).summary
