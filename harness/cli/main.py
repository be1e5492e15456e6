"""The command line: every failure becomes one message and an exit code.

Nothing heavy is imported before a command runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from harness import __version__
from harness.cli.account import cleanup, env
from harness.cli.ci import ci_file
from harness.cli.command import (
    DIRECTORY,
    EXIT_CODES,
    GREEN,
    INTERRUPTED,
    RED,
    TO_PYTEST,
    USAGE,
    Command,
    invocation,
    replays,
)
from harness.cli.completion import COMPLETION_VARIABLE, completion
from harness.cli.configuration import config, init
from harness.cli.images import images, vendor_option
from harness.cli.parity import parity
from harness.cli.phases import phase, preflight, runbook
from harness.cli.report import report
from harness.cli.scenarios import scenarios
from harness.cli.smoke import smoke
from harness.cli.verify import verify
from harness.cli.watch import watch
from harness.core.errors import HarnessError


class _Failure(click.ClickException):
    """A HarnessError as click shows it."""

    def __init__(self, error: HarnessError) -> None:
        super().__init__(str(error))
        vars(self)["exit_code"] = error.exit_code

    def show(self, file: Any = None) -> None:
        """Print the message."""
        click.echo(f"cutover: {self.message}", file=file, err=file is None)


class _Program(click.Group):
    """The group of all commands; it turns their errors into messages and exit codes."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> None:
        """Run the command, and exit with its code."""
        try:
            code = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except HarnessError as error:
            raise _Failure(error) from error
        except KeyboardInterrupt:
            click.echo("cutover: interrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            # The reader (head, less) went away; nothing is wrong.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = GREEN
        except Exception as error:
            raise _Failure(_unexpected(error)) from error
        ctx.exit(code)


def _unexpected(error: Exception) -> HarnessError:
    """Keep the traceback in a file: it helps the harness's developers only."""
    import tempfile
    import traceback

    from harness.core.errors import DockerUnavailable
    from harness.core.redact import redact

    of_requests = getattr(getattr(error, "request", None), "url", None)
    url = str(of_requests or getattr(error, "kwargs", {}).get("endpoint_url") or "")
    # The engine's own paths begin with the version of its API.
    if re.match(r"http://127\.0\.0\.1:\d+/(?!v\d)", url):
        return HarnessError(
            "a component of the stack did not answer",
            last_answer=str(error),
            where=url,
            hint="run it again, on a machine that has more time; `cutover down` removes what is"
            " left",
        )
    if type(error).__module__.partition(".")[0] in ("docker", "requests", "urllib3"):
        return DockerUnavailable(
            "the Docker engine stopped answering, or refused",
            last_answer=str(error),
            hint="restart the engine (an overloaded one can hang), then `cutover down` removes"
            " what is left",
        )

    with tempfile.NamedTemporaryFile(
        "w", prefix="cutover-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(redact("".join(traceback.format_exception(error))))
    return HarnessError(
        f"a mistake in the harness itself: {type(error).__name__}: {error}",
        where=file.name,
        hint="report it with that file; `cutover down` removes what may be left",
    )


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`cutover COMMAND --help` has examples and the exit codes.",
)
@click.version_option(__version__, prog_name="cutover", message="%(prog)s %(version)s")
def program() -> None:
    """Rehearse a Laravel app's move to AWS on this machine."""


def _shard(text: str | None) -> tuple[int, int] | None:
    """Read K/N."""
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)", text)
    if not match or int(match[1]) > int(match[2]):
        raise click.BadParameter(f'"{text}" is no share; write the second of three as 2/3')
    return int(match[1]), int(match[2])


@program.command(
    context_settings=TO_PYTEST,
    exit_codes=EXIT_CODES,
    examples=(
        "cutover rehearse",
        "cutover rehearse -k session",
        "cutover rehearse --keep -x scenarios/test_uploads.py",
        "cutover rehearse --ci --retry-red",
        "cutover rehearse --ci --shard 1/3",
    ),
)
@click.option("--keep", is_flag=True, help="Leave the stack up.")
@click.option(
    "--ci",
    is_flag=True,
    help="Be the gate of a CI server: reports and summary.md in ./cutover-report, annotations at"
    " the lines of wrong inputs, the run's logs as run.tar.gz.",
)
@click.option(
    "--fail-on",
    type=click.Choice(("all", "red", "proved")),
    default="all",
    help="With --ci: red and flaky scenarios fail the gate, red ones, or red ones whose pass would"
    " be proved.",
)
@click.option(
    "--retry-red",
    is_flag=True,
    help="Run the red scenarios again at the end; one that then passes is flaky, and not green.",
)
@click.option(
    "--shard",
    callback=lambda _context, _option, text: _shard(text),
    metavar="K/N",
    help="Rehearse the K-th of N shares of the stories; `cutover report merge` joins the reports.",
)
@click.option(
    "--durations",
    type=DIRECTORY,
    metavar="DIR",
    help="With --shard: an earlier report, whose durations balance the shards, the same for all of"
    " them; without it, the numbers of scenarios do.",
)
@vendor_option
@replays
def rehearse(
    *,
    keep: bool,
    ci: bool,
    fail_on: str,
    report_dir: Path | None,
    pytest_arguments: tuple[str, ...],
    **options: Any,
) -> int:
    """Start the stack, replay the scenarios, report, and stop it.

    Other arguments go to pytest, which checks them before anything is started.
    """
    if keep and ci:
        raise click.UsageError("a gate leaves nothing up: leave out --keep or --ci")
    if fail_on != "all" and not ci:
        raise click.UsageError("--fail-on needs --ci")
    from harness.cli import commands, gate

    call = invocation(CUTOVER_VENDOR=options.pop("vendor"))
    passes = commands.Passes(**options)
    if passes.durations and not passes.shard:
        raise click.UsageError("--durations needs --shard")
    if ci:
        directory = report_dir or call.cwd / gate.DIRECTORY
        return gate.Gate(call, directory, fail_on=fail_on, passes=passes).rehearse(pytest_arguments)
    return commands.rehearse(
        call,
        keep=keep,
        report_dir=report_dir,
        pytest_args=pytest_arguments,
        passes=passes,
    )


@program.command(
    exit_codes={GREEN: "the stack is up", INTERRUPTED: "interrupted"},
    examples=("cutover up", "cutover up --vendor debian"),
)
@vendor_option
def up(*, vendor: str | None) -> int:
    """Start the stack and leave it up.

    A stack that is up and made from the same files is reused.
    """
    from harness.cli import commands

    return commands.up(invocation(CUTOVER_VENDOR=vendor))


program.add_command(init)
program.add_command(config)
program.add_command(preflight)
program.add_command(parity)
program.add_command(phase)
program.add_command(runbook)
program.add_command(smoke)
program.add_command(report)
program.add_command(scenarios)
program.add_command(watch)
program.add_command(env)
program.add_command(verify)
program.add_command(cleanup)


@program.command(
    exit_codes={GREEN: "a stack is up", RED: "none is, or not every component runs"},
    examples=("cutover status", "cutover status --json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> int:
    """Show the stack that is up."""
    from harness.cli import commands

    return commands.status(invocation(), as_json=as_json)


@program.command(examples=("cutover logs web", "cutover logs control --follow"))
@click.argument("service")
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
def logs(*, service: str, follow: bool) -> int:
    """Show the logs of a component, an ECS service or a task."""
    from harness.cli import commands

    return commands.logs(invocation(), service, follow=follow)


@program.command(
    name="exec",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    exit_codes={GREEN: "the command's own exit code, whichever it is"},
    examples=(
        "cutover exec web -- php artisan about",
        "cutover exec web -- composer run lint -- --fix",
    ),
)
@click.argument("service")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
def run_in(*, service: str, command: tuple[str, ...]) -> int:
    """Run a command in a component, or in a task of an ECS service."""
    from harness.cli import commands

    words = command[1:] if command[:1] == ("--",) else command
    return commands.run_in(invocation(), service, list(words))


@program.command(exit_codes={GREEN: "nothing is up now"}, examples=("cutover down",))
def down() -> int:
    """Stop the stack and remove everything it made."""
    from harness.cli import commands

    return commands.down(invocation())


program.add_command(images)


@program.command(
    exit_codes={GREEN: "all is well", RED: "a check failed"}, examples=("cutover doctor",)
)
def doctor() -> int:
    """Check this machine and the configuration."""
    from harness.cli import commands

    return commands.doctor(invocation())


program.add_command(ci_file)
program.add_command(completion)


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    try:
        Path.cwd()
    except OSError:
        click.echo("cutover: the current directory is not there any more", err=True)
        click.echo("  what to do: change into the project's directory again", err=True)
        sys.exit(USAGE)
    program.main(prog_name="cutover", complete_var=COMPLETION_VARIABLE)


if __name__ == "__main__":
    main()
