"""IAM policies, identity-based and resource-based, evaluated as AWS evaluates them.

An explicit Deny wins, then any Allow; nothing said is a refusal. Source: "Policy evaluation logic",
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

Permission boundaries and service control policies are not judged. Neither is a condition on a key
that nobody here can know: it is met in an Allow and not met in a Deny. The time is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from harness.aws.iam_conditions import any_matches, holds, matches, time_context

ANY = "*"
_NARROWING = {
    *("aws:sourceip", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourcevpc"),
    *("aws:sourcevpce", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"),
    *("aws:userid", "aws:sourceorgid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
}
"""Condition keys, in lower case, with which a statement for everyone is not a public one."""


_SOME_KEY = "cutover"


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
    """The principal of a call: an assumed role."""

    arn: str
    """ARN of the session: ``arn:aws:sts::...:assumed-role/...``."""
    role_arn: str

    def is_named(self, statement: Mapping[str, Any]) -> bool:
        """Return whether a statement of a resource-based policy is about this caller.

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
            _, partition, _, _, account, _ = self.role_arn.split(":", 5)
            names |= {account, f"arn:{partition}:iam::{account}:root"}
        return bool(names & _principals(statement.get("Principal")))


def allows(documents: Iterable[Mapping[str, Any]], need: Need) -> bool:
    """Whether a role's policy documents, taken together, allow the needed actions."""
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
    need = _placed(need)
    own, resource_policy = _own(documents), _about_caller(attached, caller)
    for kind, candidates in (("an identity", own), ("a resource", resource_policy)):
        if _applicable(candidates, need, effect="Deny"):
            return f"with an explicit deny in {kind}-based policy"
    if _applicable([*own, *resource_policy], need, effect="Allow"):
        return ""
    return f"because no identity-based policy allows the {need.action} action"


def applicable_deny(
    documents: Iterable[Mapping[str, Any]],
    need: Need,
    *,
    attached: Mapping[str, Any] | None = None,
    caller: Caller | None = None,
) -> str:
    """Return the Deny that applies, by its Sid and condition; empty where there is none.

    The arguments are those of `denial`.
    """
    candidates = [*_own(documents), *_about_caller(attached, caller)]
    statement = _applicable(candidates, _placed(need), effect="Deny")
    if statement is None:
        return ""
    return _described(statement)


def unmet_allow(documents: Iterable[Mapping[str, Any]], need: Need) -> str:
    """Return the Allow of a need with a condition that does not hold, as `applicable_deny` does.

    Empty where no statement of the role is about the need.
    """
    need = _placed(need)
    contents = (
        statement.content
        for statement in _own(documents)
        if statement.content["Effect"] == "Allow"
        and _about(statement, need)
        and False in _conditions(statement, need)
    )
    return next(map(_described, contents), "")


def allowed_folder(documents: Iterable[Mapping[str, Any]], *, action: str, bucket: str) -> str:
    """Return the beginning of the keys that a role may do an action on; "" is all of the bucket.

    Args:
        documents: The role's own policies.
        action: An action on an object, such as ``s3:PutObject``.
        bucket: The bucket's ARN.
    """
    policies, objects = list(documents), f"{bucket}/"
    prefixes = (
        resource.removeprefix(objects).partition(ANY)[0]
        for document in policies
        for statement in statements(document)
        for resource in _texts(statement.get("Resource"))
        if resource.startswith(objects)
    )
    folders = ("", *(folder for folder in prefixes if "$" not in folder and "?" not in folder))
    allowed = (
        folder
        for folder in folders
        if allows(policies, Need(action, f"{objects}{folder}{_SOME_KEY}"))
    )
    return next(allowed, "")


def _described(statement: Mapping[str, Any]) -> str:
    conditions = [
        f"{operator} {key} {' or '.join(_texts(value))}"
        for operator, block in (statement.get("Condition") or {}).items()
        for key, value in block.items()
    ]
    name, effect = statement.get("Sid") or "a statement without a Sid", statement["Effect"]
    return f"{name}: {effect} if {' and '.join(conditions)}" if conditions else f"{name}: {effect}"


def trusts(document: Mapping[str, Any], service: str, context: Mapping[str, str]) -> bool:
    """Return whether a role's trust policy lets an AWS service assume it.

    Args:
        document: The AssumeRolePolicyDocument.
        service: The service principal, for instance ``ecs-tasks.amazonaws.com``.
        context: Condition keys that are known: ``aws:SourceAccount``, ``aws:SourceArn``.
    """
    source_context = {key.lower(): (value,) for key, value in context.items()}
    need = Need("sts:AssumeRole", context={**time_context(datetime.now(UTC)), **source_context})
    for statement in _statements(document):
        content = statement.content
        if content["Effect"] != "Allow" or not _matches_any(
            _texts(content.get("Action")), need.action
        ):
            continue
        principals = _texts((content.get("Principal") or {}).get("Service"))
        if service in principals and False not in _conditions(statement, need):
            return True
    return False


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements of a policy document; a single one need not be in a list."""
    value = document.get("Statement") or []
    return [value] if isinstance(value, Mapping) else list(value)


def condition_keys(statement: Mapping[str, Any]) -> set[str]:
    """Return the keys that a statement's conditions ask for, in lower case."""
    return {key.lower() for block in (statement.get("Condition") or {}).values() for key in block}


@dataclass(frozen=True)
class _Statement:
    """A statement, and whether ``${...}`` is a variable in it: the policy's version decides."""

    content: Mapping[str, Any]
    has_variables: bool


def _statements(document: Mapping[str, Any]) -> list[_Statement]:
    has_variables = document.get("Version") == "2012-10-17"
    return [_Statement(content, has_variables) for content in statements(document)]


def is_open(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement lets the whole world in, as S3's public access block sees it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
    "The meaning of public".
    """
    keys = condition_keys(statement)
    everyone = ANY in _principals(statement.get("Principal"))
    return statement.get("Effect") == "Allow" and everyone and not keys & _NARROWING


def _principals(value: Any) -> set[str]:
    return set(_texts(value.get("AWS") if isinstance(value, Mapping) else value))


def _placed(need: Need) -> Need:
    """Return a need with the time of the call, and its region where the resource's ARN has one."""
    context = time_context(datetime.now(UTC))
    if region := "".join(need.resource.split(":")[3:4]):
        context = {**context, "aws:requestedregion": (region,)}
    return replace(need, context={**context, **need.context})


def _own(documents: Iterable[Mapping[str, Any]]) -> list[_Statement]:
    return [statement for document in documents for statement in _statements(document)]


def _about_caller(attached: Mapping[str, Any] | None, caller: Caller | None) -> list[_Statement]:
    return [
        statement
        for statement in _statements(attached or {})
        if caller and caller.is_named(statement.content)
    ]


def _applicable(
    candidates: Iterable[_Statement], need: Need, *, effect: str
) -> Mapping[str, Any] | None:
    """Return a statement of this effect that applies; an unknown condition is met in an Allow."""
    for candidate in candidates:
        if candidate.content["Effect"] == effect:
            answers = (_about(candidate, need), *_conditions(candidate, need))
            if False not in answers and (effect == "Allow" or None not in answers):
                return candidate.content
    return None


def _texts(value: Any) -> tuple[str, ...]:
    """Return one value or several as strings; JSON has numbers, true and false, too."""
    if value is None:
        return ()
    many = value if isinstance(value, list) else [value]
    return tuple(str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in many)


def _about(statement: _Statement, need: Need) -> bool | None:
    """Return whether a statement is about an action on a resource."""
    content = statement.content
    if "NotAction" in content:
        action = not _matches_any(_texts(content["NotAction"]), need.action)
    else:
        action = _matches_any(_texts(content.get("Action")), need.action)
    if not action or not need.resource:
        return action
    resources = _texts(content.get("NotResource", content.get("Resource")))
    substitutions = need.context if statement.has_variables else None
    like = any_matches(resources, need.resource, context=substitutions)
    return like if like is None or "NotResource" not in content else not like


def _matches_any(patterns: Iterable[str], action: str) -> bool:
    """Compare actions, which know no case."""
    return any(matches(pattern.lower(), action.lower()) for pattern in patterns)


def _conditions(statement: _Statement, need: Need) -> Iterator[bool | None]:
    for operator, block in (statement.content.get("Condition") or {}).items():
        for key, value in block.items():
            yield holds(
                operator,
                key=key.lower(),
                wanted=_texts(value),
                context=need.context,
                has_variables=statement.has_variables,
            )
