"""The command `smoke`: options to a site, the site's examination, and its report."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.command import EXIT_CODES, GREEN, INTERRUPTED, NOT_STARTED, RED, Command
from harness.cli.site_options import ADDRESS, read_site, site_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.smoke.smoke import Line


class _Rate(click.FloatRange):
    """A range of numbers; `nan` is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


@click.command(
    cls=Command,
    exit_codes={
        GREEN: "no check is red; with --strict: every check ran and is green",
        RED: "a check is red, or nothing could be checked",
        NOT_STARTED: "a mistake in the harness itself",
        INTERRUPTED: EXIT_CODES[INTERRUPTED],
    },
    examples=(
        "cutover smoke https://www.shop.example --old 203.0.113.7",
        "cutover smoke https://www.shop.example --expect my-alb-1.eu-west-1.elb.amazonaws.com",
        "cutover smoke https://www.shop.example --resolve www.shop.example:443:198.51.100.7",
        "cutover smoke https://www.shop.example --key-file probe.key --json",
    ),
)
@site_options
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar=ADDRESS,
    help="A name server of the zone, instead of those of its NS records. May be repeated.",
)
@click.option("--mail-to", metavar="ADDRESS", help="Send one mail there; needs the key.")
@click.option(
    "--folder",
    metavar="PATH",
    help="The folder of the bucket that the app may write to, where a role has one only; it is"
    " known in a folder with the site's cutover.toml.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="The budget of requests.",
)
@click.option(
    "--rate",
    type=_Rate(0.1, 20),
    default=5,
    show_default=True,
    help="Requests a second at most.",
)
@click.option("--strict", is_flag=True, help="A warning or a check that cannot run is red, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def smoke(*, max_requests: int, rate: float, strict: bool, as_json: bool, **options: Any) -> int:
    """Check a public site from outside, as in the minute after the DNS switch.

    It needs no cutover.toml, no Docker and no AWS credentials, and writes nothing without the
    probe's key. In a folder with the site's cutover.toml, URL may be left out.
    """
    from harness.smoke import smoke as examiner
    from harness.smoke import text
    from harness.smoke.examination import Examination
    from harness.smoke.traffic import Traffic

    site = read_site(os.environ, cwd=Path.cwd(), **options)
    traffic = Traffic(max_requests=max_requests, per_second=rate)
    examination = Examination(site, traffic)
    lines: list[Line] = []
    if as_json:
        lines += examiner.run(examination)
        report = examiner.report_of(examination, lines)
        click.echo(json.dumps(text.as_json(report, strict=strict), indent=2))
    else:
        click.echo(
            f"smoke {site.url}: at most {max_requests} requests, {rate:g} a second,"
            f" User-Agent: {examination.agent}"
        )
        for block in text.line_texts(_copied(examiner.run(examination), to=lines)):
            click.echo(block)
        report = examiner.report_of(examination, lines)
        click.echo(text.verdict(report, strict=strict))
    return GREEN if report.is_green(strict=strict) else RED


def _copied(lines: Iterable[Line], *, to: list[Line]) -> Iterator[Line]:
    for line in lines:
        to.append(line)
        yield line
