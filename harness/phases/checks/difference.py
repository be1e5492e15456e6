"""A difference of a file of [phases] from the files beside it, or from the rules of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.phases.phase import Finding

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call
    from harness.phases.account import Account

REMEDY = "correct it, or the file beside it"


class Difference(NamedTuple):
    """A place in a file of [phases], the expected value there, and the actual one."""

    key: str
    """Path of the key in the file; an operation, where the file lacks something."""
    expected: str
    actual: str

    def in_file(self, path: str) -> Finding:
        """Return the difference as a finding of a check."""
        place = f"{path}: {self.key}" if self.key else path
        return Finding(place, self.expected, self.actual, REMEDY)


Rules = Mapping[str, Callable[["Account", list["Call"]], Iterator[Difference]]]
"""Key of [phases] -> the rule for its file."""


def calls_of(operation: str, calls: Iterable[Call]) -> list[Call]:
    """Return the calls of an operation."""
    return [call for call in calls if call.operation == operation]


def inputs_of(operation: str, calls: Iterable[Call]) -> list[Mapping[str, Any]]:
    """Return the inputs of an operation's calls."""
    return [call.input for call in calls_of(operation, calls)]
