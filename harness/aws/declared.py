"""Compares a file's declaration with the answer of AWS's API for the deployed resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_IDENTIFYING = ("name", "key", "Key", "containerName", "sourceVolume", "Id", "sid")
"""Fields by which the API's own lists are keyed; their order means nothing."""
_NOT_ANSWERED = frozenset({"tags", "Tags", "clientToken", "enableECSManagedTags", "propagateTags"})
"""Fields of an input that Describe does not answer, or answers elsewhere."""


def differences(
    declared: Mapping[str, Any],
    deployed: Mapping[str, Any],
    *,
    complete: Sequence[str] = (),
    source: str = "in the file",
) -> list[str]:
    """Return each field that the file declares and AWS has otherwise, one text each.

    AWS adds defaults to its answers, so a field that only the answer has is no difference. In the
    lists called ``complete`` an additional entry is one, since nothing adds entries there.

    Args:
        declared: The input of an operation, from a file.
        deployed: The answer of the matching Describe operation.
        complete: Names of lists that hold exactly what the file declares, such as environment.
        source: Where the declared values stand, in the texts.
    """
    return list(_Comparison(complete, source).of_fields(declared, deployed))


@dataclass(frozen=True)
class _Comparison:
    """The comparison of a declaration with an answer, field by field."""

    complete: Sequence[str] = ()
    source: str = ""

    def of_fields(
        self, declared: Mapping[str, Any], deployed: Mapping[str, Any], *, at: str = ""
    ) -> Iterator[str]:
        for field, value in declared.items():
            if field not in _NOT_ANSWERED:
                path = f"{at}.{field}" if at else field
                yield from self._of_value(value, deployed.get(field), at=path)

    def _of_value(self, declared: Any, deployed: Any, *, at: str) -> Iterator[str]:
        if isinstance(declared, Mapping):
            answer = deployed if isinstance(deployed, Mapping) else {}
            yield from self.of_fields(declared, answer, at=at)
        elif isinstance(declared, list):
            yield from self._of_list(declared, deployed if isinstance(deployed, list) else [], at)
        elif not _is_same(declared, deployed):
            yield self._text(declared, deployed, at)

    def _of_list(self, declared: list[Any], deployed: list[Any], at: str) -> Iterator[str]:
        if key := _key_of(declared + deployed):
            yield from self._of_keyed(declared, deployed, at=at, key=key)
        elif not self._holds_each(deployed, declared):
            yield self._text(declared, deployed, at)

    def _of_keyed(
        self, declared: list[Any], deployed: list[Any], *, at: str, key: str
    ) -> Iterator[str]:
        answers = {entry[key]: entry for entry in deployed}
        for entry in declared:
            path = f"{at}[{entry[key]}]"
            if entry[key] in answers:
                yield from self.of_fields(entry, answers[entry[key]], at=path)
            else:
                yield f"{path} is missing there"
        if at.rpartition(".")[2] in self.complete:
            names = {entry[key] for entry in declared}
            yield from (f"{at}[{name}] is only there" for name in answers if name not in names)

    def _holds_each(self, answers: list[Any], declared: list[Any]) -> bool:
        """Whether two lists pair off, in any order; an answer may have more fields."""
        rest = list(answers)
        for entry in declared:
            fits = [answer for answer in rest if not list(self._of_value(entry, answer, at=""))]
            if not fits:
                return False
            rest.remove(fits[0])
        return not rest

    def _text(self, declared: Any, deployed: Any, at: str) -> str:
        return f"{at} is {_text_of(deployed)} there, and {_text_of(declared)} {self.source}"


def _key_of(entries: list[Any]) -> str:
    """Return the field that identifies the entries of a list; empty where none does."""
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return ""
    return next((key for key in _IDENTIFYING if all(key in entry for entry in entries)), "")


def _is_same(declared: Any, deployed: Any) -> bool:
    if deployed is None:  # a default that the API leaves out of its answer
        return declared in (None, False, 0, "", [])
    return declared == deployed or str(declared) == str(deployed)


def _text_of(value: Any) -> str:
    return "nothing" if value in (None, []) else repr(value)
