"""A command of the program, with examples and exit codes at the end of its help."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.cli.commands import Invocation

_Function = TypeVar("_Function", bound="Callable[..., Any]")
GREEN = 0
RED = 1
USAGE = 2
NOT_STARTED = 3
INTERRUPTED = 130

TO_PYTEST = {"ignore_unknown_options": True}
"""The settings of a command that hands options on."""
EXIT_CODES = {
    GREEN: "green",
    RED: "a scenario is red",
    USAGE: "usage or configuration",
    NOT_STARTED: "the stack did not start, or the Docker engine does not answer",
    INTERRUPTED: "interrupted",
}


class _Path(click.Path):
    """A file or a directory, which need not be there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; an empty text is most likely a variable without a value."""
        if not os.fsdecode(value).strip():
            self.fail('it is empty; "." is this directory', param, ctx)
        return super().convert(value, param, ctx)


FILE = _Path(dir_okay=False, path_type=Path, resolve_path=True)
DIRECTORY = _Path(file_okay=False, path_type=Path, resolve_path=True)


class _Directory(_Path):
    """A directory for files that come at the end: it is made at once."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the directory."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.fail(f"Directory {str(path)!r} cannot be made: {error.strerror}.", param, ctx)
        return path


def replays(function: _Function) -> _Function:
    """Give a command the options of a replay; all other options go to pytest."""
    directory = _Directory(file_okay=False, path_type=Path, resolve_path=True)
    text = "Where report.html, report.json and junit.xml go; otherwise the run's directory."
    option = click.option("--report-dir", type=directory, metavar="DIR", help=text)
    rest = click.argument(
        "pytest_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST_ARGUMENTS]..."
    )
    return option(rest(function))


def invocation(**variables: str | None) -> Invocation:
    """Return this call of the program, with variables that its options set."""
    from harness.cli.commands import Invocation

    overrides = {name: value for name, value in variables.items() if value is not None}
    return Invocation(environ={**os.environ, **overrides}, cwd=Path.cwd())


class Command(click.Command):
    """A command with examples and exit codes at the end of its help."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[str] = (),
        exit_codes: Mapping[int, str] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*args, **attributes)
        self._examples = examples
        codes = {NOT_STARTED: EXIT_CODES[NOT_STARTED], USAGE: EXIT_CODES[USAGE]}
        self._exit_codes = {**codes, **(exit_codes or {GREEN: "done"})}

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples and exit codes."""
        if self._examples:
            with formatter.section("Examples"):
                for line in self._examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        codes = sorted(self._exit_codes.items())
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in codes])
