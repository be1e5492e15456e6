"""`cutover verify`: the scenarios against the stack that is up, a public site or AWS."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from harness.cli.account import LEVELS
from harness.cli.command import EXIT_CODES, TO_PYTEST, Command, invocation, replays


@click.command(
    cls=Command,
    context_settings=TO_PYTEST,
    exit_codes=EXIT_CODES,
    examples=(
        "cutover verify -k session",
        "cutover verify --lf",
        "cutover verify -n 3",
        "cutover verify --collect-only",
        "cutover verify --url https://www.shop.example",
        "cutover verify --target aws --profile production-observer",
        "cutover verify --target aws --profile staging-rehearser --level rehearse",
    ),
)
@click.option("--url", metavar="URL", help="Replay what changes nothing at a public site instead.")
@click.option(
    "--target",
    type=click.Choice(("local", "aws")),
    default="local",
    help="The stack that is up on this machine, or the AWS account of cutover.toml.",
)
@click.option(
    "--level",
    type=LEVELS,
    default="observe",
    help="With --target aws: observe reads and changes nothing; rehearse lets scenarios change an"
    " account that aws.changes and a tag on its cluster name.",
)
@click.option("--profile", default="", help="The AWS profile, instead of AWS_PROFILE.")
@click.option(
    "--connect-to",
    default="",
    envvar="CUTOVER_CONNECT_TO",
    metavar="HOST[:PORT]",
    help="With --url or --target aws: where to connect instead of the public host's address, such"
    " as the load balancer's name before DNS is switched.",
)
@replays
def verify(  # noqa: PLR0913 - click gives each option as an argument
    *,
    url: str | None,
    target: str,
    level: str,
    profile: str,
    connect_to: str,
    report_dir: Path | None,
    pytest_arguments: tuple[str, ...],
) -> int:
    """Replay the scenarios against the stack that is up, a public site or AWS.

    Other arguments go to pytest.
    """
    from harness.cli import commands

    for option, value in (("--profile", profile), ("--level", level.replace("observe", ""))):
        if target == "local" and value:
            raise click.UsageError(f"{option} needs --target aws")
    if target == "aws" and url:
        raise click.UsageError("--url is a target of its own; leave out --target aws")
    source = click.get_current_context().get_parameter_source("connect_to")
    if target == "local" and not url and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--connect-to needs --url or --target aws")
    call = invocation()
    if url:
        return commands.verify_url(
            call, url, connect_to=connect_to, report_dir=report_dir, pytest_args=pytest_arguments
        )
    if target == "aws":
        from harness.cli import account_commands

        return account_commands.verify(
            call,
            profile=profile,
            chosen_level=level,
            connect_to=connect_to,
            report_dir=report_dir,
            pytest_args=pytest_arguments,
        )
    return commands.verify(call, report_dir=report_dir, pytest_args=pytest_arguments)
