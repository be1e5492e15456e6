"""The app's IAM roles as files: each holds the inputs that make one role, as AWS takes them.

``app/iam/*.json``: CreateRole's own keys, with the trust policy as a document, and the role's
inline ``Policies``; ``ManagedPolicyArns`` may name AWS's own policy for execution roles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.errors import ConfigError
from harness.inputs.problem import load_json
from harness.inputs.toml_table import nearest

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = (
    *("RoleName", "Path", "Description", "MaxSessionDuration", "AssumeRolePolicyDocument"),
    *("Policies", "ManagedPolicyArns", "Tags"),
)
_TRUST, _POLICIES, _MANAGED = "AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns"
_SERVICE_ROLE = "arn:aws:iam::aws:policy/service-role/"


def _allow(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


MANAGED: Mapping[str, Mapping[str, Any]] = {
    f"{_SERVICE_ROLE}AmazonECSTaskExecutionRolePolicy": _allow(
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ),
}
"""https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSTaskExecutionRolePolicy.html"""


@dataclass(frozen=True)
class RoleFile:
    """One role: what CreateRole takes, and its policies by name."""

    path: Path
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return str(self.raw["RoleName"])

    @property
    def create(self) -> dict[str, Any]:
        """The input of CreateRole."""
        given = {key: value for key, value in self.raw.items() if key not in (_POLICIES, _MANAGED)}
        return {**given, _TRUST: json.dumps(self.raw[_TRUST])}

    @property
    def policies(self) -> dict[str, str]:
        """Name of each policy to its document, as text; a managed one is kept as an inline one."""
        inline = {one["PolicyName"]: one["PolicyDocument"] for one in self.raw.get(_POLICIES) or ()}
        managed = {arn.rpartition("/")[2]: MANAGED[arn] for arn in self.raw.get(_MANAGED) or ()}
        return {name: json.dumps(one) for name, one in {**managed, **inline}.items()}


def read(app_context: Path) -> tuple[RoleFile, ...]:
    """Read and check the role files of an app; none where it has no ``iam`` directory.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    directory = app_context / "iam"
    paths = sorted(directory.glob("*.json")) if directory.is_dir() else []
    return tuple(_checked(path) for path in paths)


def _checked(path: Path) -> RoleFile:
    raw = load_json(path)
    for key in raw:
        if key not in _KEYS:
            raise _error(path, key, "is no key of a role's file", hint=nearest(key, _KEYS))
    if not isinstance(raw.get("RoleName"), str) or not raw["RoleName"]:
        raise _error(path, "RoleName", "is missing", hint="name the role as it is named on AWS")
    for where, document in _documents(path, raw):
        _check_document(path, document, key=where, trust=where == _TRUST)
    for arn in raw.get(_MANAGED) or ():
        if arn not in MANAGED:
            raise _error(
                path,
                _MANAGED,
                f"names {arn}, whose document is not known here",
                hint="write its document into Policies (`aws iam get-policy-version` shows it);"
                f" known here: {', '.join(MANAGED)}",
            )
    return RoleFile(path, raw)


def _documents(path: Path, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield _TRUST, raw.get(_TRUST)
    policies = raw.get(_POLICIES, [])
    if not isinstance(policies, list):
        raise _error(path, _POLICIES, "is not a list", hint=_POLICY_HINT)
    for index, one in enumerate(policies):
        if not isinstance(one, dict) or not one.get("PolicyName"):
            raise _error(path, f"{_POLICIES}[{index}]", "has no PolicyName", hint=_POLICY_HINT)
        yield f"{_POLICIES}[{index}].PolicyDocument", one.get("PolicyDocument")


_POLICY_HINT = 'write a list of {"PolicyName": "...", "PolicyDocument": { ... }}'


def _check_document(path: Path, document: Any, *, key: str, trust: bool) -> None:
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise _error(path, key, "has no Statement", hint="write the policy document itself")
    for index, one in enumerate(statements):
        where = f"{key}.Statement[{index}]"
        if not isinstance(one, dict) or one.get("Effect") not in ("Allow", "Deny"):
            raise _error(path, where, "has no Effect", hint='"Effect" is "Allow" or "Deny"')
        about = ("Action",), ("Principal",) if trust else ("Resource",)
        for (name,) in about:
            if not one.get(name) and not one.get(f"Not{name}"):
                raise _error(path, where, f"has no {name}", hint=f"AWS refuses it without {name}")


def _error(path: Path, key: str, said: str, *, hint: str) -> ConfigError:
    return ConfigError(f"{path}: {key} {said}", where=f"{path}: {key}", hint=hint)
