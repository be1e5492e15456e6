"""The command that prints the completion code of a shell."""

from __future__ import annotations

import click

from harness.cli.command import GREEN, Command

COMPLETION_VARIABLE = "_CUTOVER_COMPLETE"


@click.command(
    cls=Command,
    examples=(
        'eval "$(cutover completion bash)"      # in ~/.bashrc',
        'eval "$(cutover completion zsh)"       # in ~/.zshrc',
        "cutover completion fish | source       # in ~/.config/fish/config.fish",
    ),
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> int:
    """Print the completion code of a shell."""
    from click.shell_completion import get_completion_class

    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"click has no completion for {shell}")
    program = context.find_root().command
    click.echo(completer(program, {}, "cutover", COMPLETION_VARIABLE).source())
    return GREEN
