"""The command `watch`: one line a second through a DNS switch, and its summary."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.command import GREEN, NOT_STARTED, RED, Command
from harness.cli.site_options import read_site, site_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.smoke.watch import Sample, Summary

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_REQUESTS_A_SAMPLE = 4


def duration(text: str) -> float:
    """Return the seconds of a time as 90, 90s, 10m or 1h."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match or not float(match[1]):
        raise click.BadParameter(f'"{text}" is no time; write it as 90s, 10m or 1h')
    return float(match[1]) * _SECONDS[match[2]]


@click.command(
    cls=Command,
    exit_codes={
        GREEN: "no error, no lost session, and the switch of --until is complete",
        RED: "an error, a lost session, or --for was over before the switch was complete",
        NOT_STARTED: "a mistake in the harness itself",
    },
    examples=(
        "cutover watch https://www.shop.example --old 203.0.113.7 --until new",
        "cutover watch https://www.shop.example --old 203.0.113.7 --until old --for 10m",
        "cutover watch https://www.shop.example --old 203.0.113.7 --json > switch.jsonl",
    ),
)
@site_options
@click.option(
    "--until",
    type=click.Choice(("new", "old")),
    help="End when every resolver gives this host and it answers, five times in a row.",
)
@click.option(
    "--for", "for_s", type=duration, default="1h", show_default=True, help="The longest time."
)
@click.option("--every", "every_s", type=duration, default="1s", help="Time between two lines; 1s.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each sample.")
def watch(*, until: str | None, for_s: float, every_s: float, as_json: bool, **options: Any) -> int:
    """Watch a DNS switch: a line a second, and a summary at the end or when interrupted.

    Every resolver is asked, and one of them, in turn, gives the address that is visited.
    """
    from harness.core.errors import ConfigError
    from harness.smoke.examination import Examination
    from harness.smoke.site import is_address
    from harness.smoke.traffic import Traffic
    from harness.smoke.watch import Watch

    site = read_site(os.environ, cwd=Path.cwd(), **options)
    if is_address(site.host):
        raise ConfigError(
            f"the URL has the address {site.host}, which no switch of DNS changes",
            hint="write the name that visitors type",
        )
    if not (site.old or site.expected):
        raise ConfigError(
            "nothing tells the old host from the new one",
            hint="give --old ADDRESS, --expect ADDRESS or both",
        )
    requests = int(_REQUESTS_A_SAMPLE * (for_s / every_s + 1))
    traffic = Traffic(
        max_requests=requests, per_second=_REQUESTS_A_SAMPLE / every_s, allowed_s=math.inf
    )
    work = Watch(Examination(site, traffic), until=until or "", for_s=for_s, every_s=every_s)
    show_sample, show_summary = _printers(as_json=as_json)
    summary = work.run(on_sample=show_sample)
    show_summary(summary)
    return GREEN if summary.is_green else RED


def _printers(*, as_json: bool) -> tuple[Callable[[Sample], None], Callable[[Summary], None]]:
    import json

    from harness.smoke import watch_text as text

    if as_json:
        return (
            lambda sample: click.echo(json.dumps(text.sample_json(sample))),
            lambda summary: click.echo(json.dumps(text.summary_json(summary))),
        )
    return (
        lambda sample: click.echo(text.sample_text(sample)),
        lambda summary: click.echo(text.summary_text(summary)),
    )
