"""The app's IAM roles as files: each holds the inputs that make one role, as AWS takes them.

``iam/*.json``: CreateRole's own keys, with the trust policy as a document, and the role's
inline ``Policies``; ``ManagedPolicyArns`` may name AWS's own policy for execution roles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.aws import iam_policy
from harness.aws.arn import partition_of
from harness.aws.managed_policies import MANAGED, managed_policy
from harness.inputs import operation_shapes
from harness.inputs.files import policy_grammar
from harness.inputs.problem import Problem, nearest, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.document import Document

_KEYS = (
    *("RoleName", "Path", "Description", "MaxSessionDuration", "AssumeRolePolicyDocument"),
    *("Policies", "ManagedPolicyArns", "PermissionsBoundary", "Tags"),
)
_TRUST, _POLICIES, _MANAGED = "AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns"
_NAME = re.compile(r"[\w+=,.@-]{1,128}", flags=re.ASCII)
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html, PolicyName"""
_BOUNDARY = "PermissionsBoundary"
"""Accepted and not judged: its policy is in no file of the app."""


@dataclass(frozen=True)
class RoleFile:
    """One role: the input of CreateRole, and its policies by name."""

    path: Path
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return str(self.raw["RoleName"])

    @property
    def create(self) -> dict[str, Any]:
        """The input of CreateRole."""
        left_out = (_POLICIES, _MANAGED, _BOUNDARY)
        fields = {key: value for key, value in self.raw.items() if key not in left_out}
        return {**fields, _TRUST: json.dumps(self.raw[_TRUST])}

    @property
    def policies(self) -> dict[str, str]:
        """Name of each policy to its document, as text; a managed one is kept as an inline one."""
        inline = {
            policy["PolicyName"]: policy["PolicyDocument"]
            for policy in self.raw.get(_POLICIES) or ()
        }
        managed = {
            arn.rpartition("/")[2]: managed_policy(arn) for arn in self.raw.get(_MANAGED) or ()
        }
        return {name: json.dumps(document) for name, document in {**managed, **inline}.items()}


PRINT_THEM = (
    "print there `aws iam get-role` and its policies (docs/configuration.md), or leave it out"
)


def files(directory: Path | None) -> list[Path]:
    """Return the role files of a directory; none where there is no such."""
    return sorted(directory.glob("*.json")) if directory else []


def writable_folder(
    roles: Iterable[RoleFile | None], *, role: str, bucket: str, region: str
) -> str:
    """Return the only folder of a bucket that a role may write to; empty where it may anywhere.

    Args:
        roles: The files; None for one with problems.
        role: ARN or name of the role.
        bucket: The bucket's name.
        region: Where it is.
    """
    name = role.rpartition("/")[2]
    role_file = next((file for file in roles if file is not None and file.name == name), None)
    if not bucket or role_file is None:
        return ""
    arn = f"arn:{partition_of(region)}:s3:::{bucket}"
    documents = [json.loads(text) for text in role_file.policies.values()]
    return iam_policy.allowed_folder(documents, action="s3:PutObject", bucket=arn)


def read(document: Document) -> RoleFile:
    """Check a role's file.

    Raises:
        InputError: Every problem of the file.
    """
    if "Statement" in document.data:
        message = "is a policy's document, and a role's file is expected"
        hint = (
            f"put it into the role's file, as {_TRUST} or below {_POLICIES}; or keep it in another"
            " folder"
        )
        document.reject([Problem("Statement", message, hint)])
    raw = _with_documents(document.data)
    unknown = [
        Problem(key, "is no key of a role's file", nearest(key, _KEYS))
        for key in raw
        if key not in _KEYS
    ]
    sent = {key: raw[key] for key in _KEYS if key in raw and key not in (_POLICIES, _MANAGED)}
    if isinstance(raw.get(_TRUST), dict):
        sent[_TRUST] = json.dumps(raw[_TRUST])
    fit = operation_shapes.fit(sent, api="iam", operation="CreateRole")
    document.reject(
        [*unknown, *fit.with_checks(problem for find in CHECKS for problem in find(raw))]
    )
    return RoleFile(document.path, raw)


def _with_documents(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a role's file with its policies as documents, where they are text as the API has."""
    raw = {**data, **({_TRUST: _parsed(data[_TRUST])} if _TRUST in data else {})}
    policies = raw.get(_POLICIES)
    if isinstance(policies, list):
        raw[_POLICIES] = [
            {**policy, "PolicyDocument": _parsed(policy["PolicyDocument"])}
            if isinstance(policy, dict) and "PolicyDocument" in policy
            else policy
            for policy in policies
        ]
    return raw


def _parsed(document: Any) -> Any:
    try:
        return json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document


def _of_trust(raw: Mapping[str, Any]) -> Iterator[Problem]:
    yield from policy_grammar.problems(raw.get(_TRUST), key=_TRUST, needs="Principal")


def _of_policies(raw: Mapping[str, Any]) -> Iterator[Problem]:
    hint = 'write a list of {"PolicyName": "...", "PolicyDocument": { ... }}'
    policies = raw.get(_POLICIES) or []
    if not isinstance(policies, list):
        yield Problem(_POLICIES, f"is {type_of(policies)}, and must be a list", hint)
        return
    names: list[Any] = []
    for index, policy in enumerate(policies):
        key = f"{_POLICIES}[{index}]"
        if not isinstance(policy, dict) or not policy.get("PolicyName"):
            yield Problem(key, "has no PolicyName", hint)
            continue
        name, document = policy["PolicyName"], policy.get("PolicyDocument")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            message = f'is "{name}"' if isinstance(name, str) else f"is {type_of(name)}"
            remedy = "write up to 128 letters, digits and _+=,.@-: IAM takes no other name"
            yield Problem(f"{key}.PolicyName", message, remedy)
        elif name in names:
            remedy = "IAM keeps the last policy of a name: name one of the two differently"
            yield Problem(f"{key}.PolicyName", f'repeats "{name}"', remedy)
        names.append(name)
        where = f"{key}.PolicyDocument"
        yield from policy_grammar.problems(document, key=where, needs="Resource")


def _of_managed_policies(raw: Mapping[str, Any]) -> Iterator[Problem]:
    arns = raw.get(_MANAGED) or []
    if not isinstance(arns, list):
        yield Problem(_MANAGED, f"is {type_of(arns)}, and must be a list", "write a list of ARNs")
        return
    for index, arn in enumerate(arns):
        if not isinstance(arn, str):
            message = f"is {type_of(arn)}, and must be a string"
            yield Problem(f"{_MANAGED}[{index}]", message, "write the ARN of a policy")
        elif managed_policy(arn) is None:
            yield Problem(
                f"{_MANAGED}[{index}]",
                f"is {arn}, whose document is not known here",
                "write its document into Policies (`aws iam get-policy-version` shows it);"
                f" known here: {', '.join(MANAGED)}",
            )


CHECKS = (_of_trust, _of_policies, _of_managed_policies)
