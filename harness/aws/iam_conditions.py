"""Condition operators and policy variables of IAM policies, evaluated as AWS evaluates them.

Sources: "IAM JSON policy elements: Condition operators" and "Variables and tags", in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.

An answer is True, False, or None where a key decides that nobody here can know.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network

Context = Mapping[str, tuple[str, ...]]
"""Condition keys that are known, in lower case; an empty tuple is a key that is absent."""
SOURCE_IP = "aws:sourceip"
"""The key of the caller's public address; a call through a VPC endpoint has none."""
_Compare = Callable[[str, str], bool]
"""The policy's value and the request's, in this order."""

_VARIABLE = re.compile(r"\$\{(?P<key>[^},]*)(?:,\s*'(?P<default>[^']*)')?\s*\}")
_LITERAL = {"*": "\ue000", "?": "\ue001"}
"""Stand for characters that a variable put into a pattern, where they are no wildcards."""
_ESCAPES = ("*", "?", "$")


class _UnknownKeyError(Exception):
    """A variable names a key that nobody here can know."""


def time_context(now: datetime) -> dict[str, tuple[str, ...]]:
    """Return the condition keys that tell the time of a request."""
    return {
        "aws:currenttime": (now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
    }


def matches(pattern: str, value: str) -> bool:
    """Return whether a value fits a pattern, in which * and ? are the only wildcards."""
    return bool(_compiled(pattern).fullmatch(value))


def any_matches(patterns: Iterable[str], value: str, *, context: Context | None) -> bool | None:
    """Return whether a value fits one of some patterns, once their variables are replaced.

    Without a context ``${...}`` is ordinary text.
    """
    return _any_holds(matches, patterns, value, context=context)


def holds(
    name: str,
    *,
    key: str,
    wanted: tuple[str, ...],
    context: Context,
    has_variables: bool = True,
) -> bool | None:
    """Return whether a condition holds.

    Args:
        name: The operator, with its set prefix and ``IfExists``.
        key: The condition key, in lower case.
        wanted: The values of the policy.
        context: The keys that are known.
        has_variables: Whether ``${...}`` is a variable, which the policy's version decides.
    """
    each = name.startswith("ForAllValues:")
    name = name.rpartition(":")[2]
    if_exists, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    values = context.get(key)
    if values is None or name not in OPERATORS:
        return None
    if name == "Null":
        return (not values) == (wanted[:1] == ("true",))
    compare, negated, variables = _OPERATORS[name]
    if not values:
        return negated or if_exists or each
    substitutions = context if variables and has_variables else None
    answers = [_any_holds(compare, wanted, value, context=substitutions) for value in values]
    decisive, result = (False, False) if each and not negated else (True, not negated)
    if decisive in answers:
        return result
    return None if None in answers else not result


def _any_holds(
    compare: _Compare, operands: Iterable[str], value: str, *, context: Context | None
) -> bool | None:
    """Compare a value of the request with each of the policy's."""
    unknown = False
    for operand in operands:
        try:
            text = operand if context is None else _without_variables(operand, context)
        except _UnknownKeyError:
            unknown = True
            continue
        if text is not None and compare(text, value):
            return True
    return None if unknown else False


def _without_variables(text: str, context: Context) -> str | None:
    """Replace the variables of a text; None where one has no value, and nothing matches.

    Raises:
        _UnknownKeyError: The key of a variable is not known.
    """
    parts, end = [], 0
    for match in _VARIABLE.finditer(text):
        key = match["key"].strip()
        value = key if key in _ESCAPES else _value(key.lower(), match["default"], context)
        if value is None:
            return None
        literal = "".join(_LITERAL.get(character, character) for character in value)
        parts += [text[end : match.start()], literal]
        end = match.end()
    return "".join([*parts, text[end:]])


def _value(key: str, default: str | None, context: Context) -> str | None:
    if key not in context:
        raise _UnknownKeyError
    # A key with several values is none that a variable may name.
    values = context[key]
    return values[0] if len(values) == 1 else default


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": ".", **{mark: re.escape(text) for text, mark in _LITERAL.items()}}
    return re.compile(
        "".join(parts.get(character, re.escape(character)) for character in pattern), re.DOTALL
    )


def _equal(operand: str, value: str) -> bool:
    for text, mark in _LITERAL.items():
        operand = operand.replace(mark, text)
    return operand == value


def _equal_ignoring_case(operand: str, value: str) -> bool:
    return _equal(operand.lower(), value.lower())


def _arn_like(operand: str, value: str) -> bool:
    """Compare ARNs part by part: a wildcard does not cross a colon, but in the last part."""
    expected, actual = operand.split(":", 5), value.split(":", 5)
    return len(expected) == len(actual) and all(map(matches, expected, actual))


def _numeric(compare: Callable[[float, float], bool]) -> _Compare:
    return lambda operand, value: _compared(compare, float, operand, value)


def _date(compare: Callable[[float, float], bool]) -> _Compare:
    return lambda operand, value: _compared(compare, _seconds, operand, value)


def _compared(
    compare: Callable[[float, float], bool], read: Callable[[str], float], operand: str, value: str
) -> bool:
    try:
        return compare(read(value), read(operand))
    except ValueError:
        return False


def _seconds(text: str) -> float:
    """Read a date of ISO 8601, down to a year alone, or seconds since 1970."""
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        text = f"{text}-01-01"[:10]
    elif re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(operand: str, value: str) -> bool:
    try:
        return ip_address(value) in ip_network(operand, strict=False)
    except ValueError:
        return False


_RELATIONS = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}
_OPERATORS: Mapping[str, tuple[_Compare, bool, bool]] = {
    "StringEquals": (_equal, False, True),
    "StringNotEquals": (_equal, True, True),
    "StringEqualsIgnoreCase": (_equal_ignoring_case, False, True),
    "StringNotEqualsIgnoreCase": (_equal_ignoring_case, True, True),
    "StringLike": (matches, False, True),
    "StringNotLike": (matches, True, True),
    "ArnEquals": (_arn_like, False, True),
    "ArnLike": (_arn_like, False, True),
    "ArnNotEquals": (_arn_like, True, True),
    "ArnNotLike": (_arn_like, True, True),
    "Bool": (_equal_ignoring_case, False, False),
    "BinaryEquals": (_equal, False, False),
    "IpAddress": (_in_network, False, False),
    "NotIpAddress": (_in_network, True, False),
    **{f"Numeric{name}": (_numeric(same), no, False) for name, (same, no) in _RELATIONS.items()},
    **{f"Date{name}": (_date(same), no, False) for name, (same, no) in _RELATIONS.items()},
}
"""Operator -> how it compares, whether it is the negation, whether its values may have variables.

Variables are for strings and ARNs only."""
OPERATORS = (*_OPERATORS, "Null")
"""Operators without a set prefix and ``IfExists``."""
