"""Compares a file's declaration with the answer of AWS's API for the deployed resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_IDENTIFYING = ("name", "key", "Key", "containerName", "sourceVolume", "Id", "sid")
"""Fields by which the API's own lists are keyed; their order means nothing."""
_NOT_ANSWERED = frozenset({"tags", "Tags", "clientToken", "enableECSManagedTags", "propagateTags"})
"""Fields of an input that Describe does not answer, or answers elsewhere."""


def differences(
    declared: Mapping[str, Any], deployed: Mapping[str, Any], *, complete: Sequence[str] = ()
) -> list[str]:
    """Return each field that the file declares and AWS has otherwise, one text each.

    AWS adds defaults to its answers, so a field that only the answer has is no difference. In the
    lists called ``complete`` an additional entry is one, since nothing adds entries there.

    Args:
        declared: The input of an operation, from a file.
        deployed: The answer of the matching Describe operation.
        complete: Names of lists that hold exactly what the file declares, such as environment.
    """
    return list(_of_fields(declared, deployed, at="", complete=complete))


def _of_fields(
    declared: Mapping[str, Any], deployed: Mapping[str, Any], *, at: str, complete: Sequence[str]
) -> Iterator[str]:
    for field, value in declared.items():
        if field in _NOT_ANSWERED:
            continue
        path = f"{at}.{field}" if at else field
        yield from _of_value(value, deployed.get(field), at=path, complete=complete)


def _of_value(declared: Any, deployed: Any, *, at: str, complete: Sequence[str]) -> Iterator[str]:
    if isinstance(declared, Mapping):
        answer = deployed if isinstance(deployed, Mapping) else {}
        yield from _of_fields(declared, answer, at=at, complete=complete)
    elif isinstance(declared, list):
        answers = deployed if isinstance(deployed, list) else []
        key = _key_of(declared + answers)
        if key:
            yield from _of_keyed(declared, answers, at=at, key=key, complete=complete)
        elif not _holds_each(answers, declared):
            yield f"{at} is {_text_of(answers)} there, and {_text_of(declared)} in the file"
    elif not _is_same(declared, deployed):
        yield f"{at} is {_text_of(deployed)} there, and {_text_of(declared)} in the file"


def _of_keyed(
    declared: list[Any], deployed: list[Any], *, at: str, key: str, complete: Sequence[str]
) -> Iterator[str]:
    answers = {entry[key]: entry for entry in deployed}
    for entry in declared:
        path = f"{at}[{entry[key]}]"
        if entry[key] in answers:
            yield from _of_fields(entry, answers[entry[key]], at=path, complete=complete)
        else:
            yield f"{path} is missing there"
    if at.rpartition(".")[2] in complete:
        names = {entry[key] for entry in declared}
        yield from (f"{at}[{name}] is only there" for name in answers if name not in names)


def _key_of(entries: list[Any]) -> str:
    """Return the field that identifies the entries of a list; empty where none does."""
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return ""
    return next((key for key in _IDENTIFYING if all(key in entry for entry in entries)), "")


def _holds_each(answers: list[Any], declared: list[Any]) -> bool:
    """Whether two lists pair off, in any order; an answer may have more fields than its pair."""
    rest = list(answers)
    for entry in declared:
        fits = [one for one in rest if not list(_of_value(entry, one, at="", complete=()))]
        if not fits:
            return False
        rest.remove(fits[0])
    return not rest


def _is_same(declared: Any, deployed: Any) -> bool:
    if deployed is None:  # a default that the API leaves out of its answer
        return declared in (None, False, 0, "", [])
    return declared == deployed or str(declared) == str(deployed)


def _text_of(value: Any) -> str:
    return "nothing" if value in (None, []) else repr(value)
