"""One problem of an input file, and the error that carries every problem of a run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.errors import ConfigError
from harness.core.redact import redact

_ENVIRONMENT = "environment variables"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in an input."""

    key: str
    """Path of the key in its file, such as ``containerDefinitions[0].name``; empty for the file."""
    message: str
    """Goes on where the key ends: ``is missing``."""
    hint: str
    """The remedy, as an imperative."""
    file: str = ""
    """Path of the file; empty for an environment variable."""
    line: int = 0
    """Line of the key in its file, from 1; 0 where the file has none."""
    rests_on: str = ""
    """Key of cutover.toml with the value that is judged, where the fault is in another file."""

    def __str__(self) -> str:
        return f"{self.key} {self.message}".lstrip()

    @property
    def where(self) -> str:
        """The file and the line, as editors open them, and the key."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key) if part)


class InputError(ConfigError):
    """The inputs have problems: all that were found, in one error."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        if len(problems) == 1:
            message = f"{first.file}: {first}" if first.file else str(first)
            super().__init__(message, where=first.where, hint=first.hint)
        else:
            super().__init__(f"{len(problems)} problems in the configuration and its files")
        self.problems = tuple(problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return super().__str__()
        return redact("\n".join([f"{self.what}:", *_listed(self.problems)]))


def _listed(problems: Sequence[Problem]) -> Iterable[str]:
    """List problems by file, in the order in which the files were read, each by line."""
    for file in dict.fromkeys(problem.file for problem in problems):
        yield f"\n{file or _ENVIRONMENT}"
        of_file = sorted(
            (problem for problem in problems if problem.file == file),
            key=lambda problem: problem.line,
        )
        width = len(str(of_file[-1].line))
        for problem in of_file:
            line = f"line {problem.line:<{width}}  " if problem.line else ""
            yield f"  {line}{problem}"
            if problem.hint:
                yield f"  {'':{len(line)}}  what to do: {problem.hint}"


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the known name that is nearest, or list them all."""
    close = closest(name, names)
    return f'did you mean "{close}"?' if close else f"known here: {', '.join(sorted(names))}"


def closest(name: str, names: Iterable[str], *, similarity: float = 0.6) -> str:
    """Return the known name that is meant, by its spelling; empty when none is close.

    Args:
        name: The name that is not known.
        names: Those that are known.
        similarity: How close a name must be: 1 is the same.
    """
    return next(iter(difflib.get_close_matches(name, sorted(names), n=1, cutoff=similarity)), "")


def type_of(value: object) -> str:
    """Name the JSON type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, Sequence) else "an object"
