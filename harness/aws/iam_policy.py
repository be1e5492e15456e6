"""What IAM policies allow, identity-based and resource-based, evaluated as AWS evaluates them.

An explicit Deny wins, then any Allow; nothing said is a refusal. Source: "Policy evaluation logic",
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

Permission boundaries and service control policies are not judged. Neither is a condition on a key
that nobody here can know: it is met in an Allow and not met in a Deny.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

ANY = "*"
_NARROWING = {
    *("aws:sourceip", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourcevpc"),
    *("aws:sourcevpce", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"),
    *("aws:userid", "aws:sourceorgid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
}
"""Condition keys, in lower case, with which a statement for everyone is not a public one."""


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


@dataclass(frozen=True)
class Caller:
    """Who asks: a role that somebody has assumed."""

    arn: str
    """ARN of the session: ``arn:aws:sts::...:assumed-role/...``."""
    role_arn: str

    def is_named(self, statement: Mapping[str, Any]) -> bool:
        """Say whether a statement of a resource-based policy is about this caller.

        The account as principal hands the question back to the role's own policies, so that it
        grants nothing, and as NotPrincipal it spares none of its roles; a Deny to the account is
        one to each of them. Sources:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html.
        """
        names = {ANY, self.arn, self.role_arn}
        if "NotPrincipal" in statement:
            return not names & _principals(statement["NotPrincipal"])
        if statement["Effect"] == "Deny":
            account = self.role_arn.split(":")[4]
            names |= {account, f"arn:aws:iam::{account}:root"}
        return bool(names & _principals(statement.get("Principal")))


def allows(documents: Iterable[Mapping[str, Any]], need: Need) -> bool:
    """Say whether a role's policy documents, taken together, allow what is needed."""
    return not denial(documents, need)


def denial(
    documents: Iterable[Mapping[str, Any]],
    need: Need,
    *,
    attached: Mapping[str, Any] | None = None,
    caller: Caller | None = None,
) -> str:
    """Return AWS's words for why something is refused, or nothing.

    Args:
        documents: The role's own policies.
        need: What is needed.
        attached: The policy of the resource itself, in the same account.
        caller: Who asks, where there is such a policy.
    """
    own = [one for document in documents for one in statements(document)]
    others = [one for one in statements(attached or {}) if caller and caller.is_named(one)]
    for kind, found in (("an identity", own), ("a resource", others)):
        if _says(found, need, effect="Deny"):
            return f"with an explicit deny in {kind}-based policy"
    if _says([*own, *others], need, effect="Allow"):
        return ""
    return f"because no identity-based policy allows the {need.action} action"


def trusts(document: Mapping[str, Any], service: str, context: Mapping[str, str]) -> bool:
    """Say whether a role's trust policy lets an AWS service assume it.

    Args:
        document: The AssumeRolePolicyDocument.
        service: The service principal, for instance ``ecs-tasks.amazonaws.com``.
        context: Condition keys that are known: ``aws:SourceAccount``, ``aws:SourceArn``.
    """
    known = {key.lower(): (value,) for key, value in context.items()}
    need = Need("sts:AssumeRole", context=known)
    for one in statements(document):
        if one["Effect"] != "Allow" or not _matches_any(_texts(one.get("Action")), need.action):
            continue
        principals = _texts((one.get("Principal") or {}).get("Service"))
        if service in principals and _met(one, need, unknown=True):
            return True
    return False


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements of a policy document; a single one need not be in a list."""
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def is_open(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement lets the whole world in, as S3's public access block sees it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
    "The meaning of public".
    """
    said = {key.lower() for block in (statement.get("Condition") or {}).values() for key in block}
    everyone = ANY in _principals(statement.get("Principal"))
    return statement.get("Effect") == "Allow" and everyone and not said & _NARROWING


def _principals(value: Any) -> set[str]:
    return set(_texts(value.get("AWS") if isinstance(value, Mapping) else value))


def _says(found: Iterable[Mapping[str, Any]], need: Need, *, effect: str) -> bool:
    return any(
        one["Effect"] == effect and _about(one, need) and _met(one, need, unknown=effect == "Allow")
        for one in found
    )


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
