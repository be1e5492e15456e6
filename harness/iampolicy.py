"""What an IAM policy allows: identity-based policies, evaluated as AWS evaluates them.

An explicit Deny wins, then any Allow; nothing said is a refusal. Source: "Policy evaluation logic",
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

Permission boundaries, service control policies and resource-based policies are not judged. Neither
is a condition on a key that nobody here can know: it is met in an Allow and not met in a Deny.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class Need:
    """One action on one resource that a call of an API needs."""

    action: str
    resource: str = ""
    """ARN; empty where it cannot be known from the call, and any resource will do."""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Condition keys that are known, in lower case; an empty tuple is a key that is absent."""

    def __str__(self) -> str:
        """Name action and resource as AWS's refusals do."""
        return f"{self.action} on resource: {self.resource or ANY}"


def allows(documents: Iterable[Mapping[str, Any]], need: Need) -> bool:
    """Say whether policy documents, taken together, allow what is needed."""
    matching = [one for document in documents for one in _statements(document) if _about(one, need)]
    allowed = any(one["Effect"] == "Allow" and _met(one, need, unknown=True) for one in matching)
    denied = any(one["Effect"] == "Deny" and _met(one, need, unknown=False) for one in matching)
    return allowed and not denied


def trusts(document: Mapping[str, Any], service: str, context: Mapping[str, str]) -> bool:
    """Say whether a role's trust policy lets an AWS service assume it.

    Args:
        document: The AssumeRolePolicyDocument.
        service: The service principal, for instance ``ecs-tasks.amazonaws.com``.
        context: Condition keys that are known: ``aws:SourceAccount``, ``aws:SourceArn``.
    """
    known = {key.lower(): (value,) for key, value in context.items()}
    need = Need("sts:AssumeRole", context=known)
    for one in _statements(document):
        if one["Effect"] != "Allow" or not _matches_any(_texts(one.get("Action")), need.action):
            continue
        principals = _texts((one.get("Principal") or {}).get("Service"))
        if service in principals and _met(one, need, unknown=True):
            return True
    return False


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)


def _about(statement: Mapping[str, Any], need: Need) -> bool:
    if "NotAction" in statement:
        action = not _matches_any(_texts(statement["NotAction"]), need.action)
    else:
        action = _matches_any(_texts(statement.get("Action")), need.action)
    if not action or not need.resource:
        return action
    if "NotResource" in statement:
        return not _like_any(_texts(statement["NotResource"]), need.resource)
    return _like_any(_texts(statement.get("Resource")), need.resource)


def _matches_any(patterns: Iterable[str], action: str) -> bool:
    """Compare actions, which know no case."""
    return any(_pattern(one.lower()).fullmatch(action.lower()) for one in patterns)


def _like_any(patterns: Iterable[str], value: str) -> bool:
    return any(_pattern(one).fullmatch(value) for one in patterns)


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern in which * and ? are the only signs with a meaning."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(sign, re.escape(sign)) for sign in text), re.DOTALL)


def _met(statement: Mapping[str, Any], need: Need, *, unknown: bool) -> bool:
    """Say whether all conditions of a statement hold; ``unknown`` is what cannot be judged."""
    return all(
        _holds(operator, key=key.lower(), wanted=_texts(wanted), need=need, unknown=unknown)
        for operator, block in (statement.get("Condition") or {}).items()
        for key, wanted in block.items()
    )


def _holds(operator: str, *, key: str, wanted: tuple[str, ...], need: Need, unknown: bool) -> bool:
    name = operator.rpartition(":")[2]
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if key not in need.context:
        return unknown
    values = need.context[key]
    if name == "Null":
        return (not values) == (wanted[:1] == ("true",))
    if name not in _OPERATORS:
        return unknown
    compare, negated = _OPERATORS[name]
    if not values:
        return negated or if_exists or operator.startswith("ForAllValues:")
    found = [any(compare(one, value) for one in wanted) for value in values]
    if negated:
        return not any(found)
    return all(found) if operator.startswith("ForAllValues:") else any(found)


def _equal(wanted: str, value: str) -> bool:
    return wanted == value


def _equal_ignoring_case(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


def _like(wanted: str, value: str) -> bool:
    return bool(_pattern(wanted).fullmatch(value))


def _arn_like(wanted: str, value: str) -> bool:
    """Compare ARNs part by part: a wildcard does not cross a colon, but in the last part."""
    ours, theirs = wanted.split(":", 5), value.split(":", 5)
    return len(ours) == len(theirs) and all(_like(ours[i], theirs[i]) for i in range(len(ours)))


_OPERATORS = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equal_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (_equal_ignoring_case, False),
}
"""Operator -> how it compares, and whether it is the negation."""
