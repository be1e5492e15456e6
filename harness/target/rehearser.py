"""The IAM role for rehearsing on an account: the observer's rights, and changes.

Its policy follows from `permissions.PERMISSIONS`, which the client enforces, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of
from harness.aws.value_from import SecretReference, parse_value_from
from harness.target import observer
from harness.target.changes.permissions import PERMISSIONS, arn_of, lock_name

if TYPE_CHECKING:
    from harness.target.access import Access

ROLE_NAME = "cutover-rehearser"
POLICY_NAME = "rehearse"
READS = ("ecs:ListTaskDefinitions",)
"""IAM actions of the reading calls that only a rehearsal makes."""


def policy(access: Access) -> dict[str, Any]:
    """Return the policy: the observer's, the secrets of cutover.toml, and the changes."""
    observed = observer.policy(access)["Statement"]
    statements = [statement for statement in observed if statement["Sid"] == "Read"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            *statements,
            _statement("ReadMore", READS, ["*"]),
            *_secrets(access),
            *_mails(access),
            *_changes(access),
            *_roles(access),
        ],
    }


def _statement(
    sid: str, actions: tuple[str, ...], resources: list[str], **condition: Any
) -> dict[str, Any]:
    stated = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
    return {**stated, "Condition": condition} if condition else stated


def _changes(access: Access) -> list[dict[str, Any]]:
    """Return a statement for each set of resources, with the actions that may change them."""
    actions: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for action, permission in PERMISSIONS.items():
        resources = permission.resources(access)
        if resources:
            actions.setdefault((tuple(resources), permission.in_cluster), []).append(action)
    cluster = {"ArnEquals": {"ecs:cluster": arn_of(access, "ecs", f"cluster/{access.cluster}")}}
    return [
        _statement(f"Change{number}", tuple(names), list(arns), **(cluster if in_cluster else {}))
        for number, ((arns, in_cluster), names) in enumerate(actions.items(), start=1)
    ]


def _secrets(access: Access) -> list[dict[str, Any]]:
    secrets = [
        arn_of(access, "secretsmanager", f"secret:{name}-??????") for name in access.secret_names
    ]
    parameters = [arn_of(access, "ssm", f"parameter{lock_name(access)}")]
    for text in (*access.injected.values(), access.probe_parameter):
        reference = parse_value_from(text) if text else None
        if reference is not None and not isinstance(reference, SecretReference):
            parameters.append(
                f"arn:{partition_of(access.region)}:ssm:{reference.region or access.region}:"
                f"{reference.account or access.account_id}:{reference.resource}"
            )
    read = [_statement("ReadParameters", ("ssm:GetParameters",), list(dict.fromkeys(parameters)))]
    if secrets:
        read.append(_statement("ReadSecrets", ("secretsmanager:GetSecretValue",), secrets))
    return read


def _mails(access: Access) -> list[dict[str, Any]]:
    receipt = access.mail_receipt
    if receipt is None:
        return []
    arn = f"arn:{partition_of(access.region)}:s3:::{receipt.bucket}/{receipt.prefix}*"
    return [_statement("ReadMails", ("s3:GetObject",), [arn])]


def _roles(access: Access) -> list[dict[str, Any]]:
    of_schedule = access.schedule.get("role") if access.schedule.get("group") else None
    passed = {
        "PassTaskRoles": (list(access.roles), "ecs-tasks.amazonaws.com"),
        "PassScheduleRole": ([of_schedule] if of_schedule else [], "scheduler.amazonaws.com"),
    }
    return [
        _statement(sid, ("iam:PassRole",), arns, StringEquals={"iam:PassedToService": service})
        for sid, (arns, service) in passed.items()
        if arns
    ]
