"""The commands env and cleanup, about the account of the target aws."""

from __future__ import annotations

import click

from harness.cli.command import GREEN, NOT_STARTED, USAGE, Command, invocation

LEVELS = click.Choice(("observe", "rehearse"))


@click.command(
    name="env",
    cls=Command,
    exit_codes={GREEN: "done", USAGE: "no stack is up"},
    examples=(
        'eval "$(cutover env)"',
        "aws ecs list-tasks --cluster tickets",
        "cutover verify --target aws",
    ),
)
@click.option(
    "--level",
    type=LEVELS,
    default="observe",
    help="Which role the credentials are of; rehearse also tags the cluster.",
)
def env(*, level: str) -> int:
    """Print the variables with which AWS's own tools use the stack that is up as an account."""
    from harness.cli import account_commands

    return account_commands.print_environment(invocation(), level)


@click.command(
    cls=Command,
    exit_codes={
        GREEN: "everything is undone",
        USAGE: "there is no such run, or it is at work",
        NOT_STARTED: "something could not be undone",
    },
    examples=("cutover cleanup --run 3f9a1c",),
)
@click.option("--run", required=True, metavar="ID", help="The run, as it printed itself.")
def cleanup(*, run: str) -> int:
    """Undo in the AWS account the changes that a killed run left there."""
    from harness.cli import account_commands

    return account_commands.cleanup(invocation(), run)
