"""Roles of tasks: those that no file has, and rights that no task can use.

Where there are files of roles, one without a file does not exist: ECS cannot assume it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.aws.iam_conditions import SOURCE_IP
from harness.aws.iam_policy import statements
from harness.inputs.checks.connections import endpoints
from harness.inputs.files.schedule import Schedule
from harness.inputs.problem import Problem, closest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_FIELDS = ("taskRoleArn", "executionRoleArn")
_ENDPOINTS = {"ses": "email", "ecr": "ecr.api"}
"""Services of IAM with another name in their endpoints."""
_ADDRESS = "IpAddress aws:SourceIp"


def problems(production: Production) -> Iterator[Problem]:
    """Report roles that are missing, and rights that depend on an address that tasks have not."""
    yield from _repeated(production)
    yield from _missing(production)
    yield from _of_public_addresses(production)


def _of_public_addresses(production: Production) -> Iterator[Problem]:
    """Find rights that only public addresses have, for an API with an endpoint in the VPC.

    A call through an endpoint has no aws:SourceIp:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    assumed = {name for name, key, _ in _named(production) if key in _FIELDS}
    for role in production.roles:
        for number, policy in enumerate(role.raw.get("Policies") or ()):
            for index, statement in enumerate(statements(policy["PolicyDocument"])):
                service = _service_by_endpoint(production, statement)
                if role.name in assumed and service:
                    yield Problem(
                        f"Policies[{number}].PolicyDocument.Statement[{index}].Condition",
                        f"asks for a public address ({_ADDRESS}), and tasks reach {service} through"
                        f" the VPC's endpoint in {production.files['phases.network']}, without any:"
                        " the right is never given",
                        "leave the condition out, or ask for aws:SourceVpce",
                        file=str(role.path),
                    )


def _service_by_endpoint(production: Production, statement: Mapping[str, Any]) -> str:
    """Return the service of a right by public address that the VPC has an endpoint for."""
    conditions = {
        (operator.lower(), key.lower())
        for operator, block in (statement.get("Condition") or {}).items()
        for key in block
    }
    if statement.get("Effect") != "Allow" or ("ipaddress", SOURCE_IP) not in conditions:
        return ""
    actions = statement.get("Action") or []
    services = {
        str(action).partition(":")[0].lower()
        for action in ([actions] if isinstance(actions, str) else actions)
    }
    found = (one for one in sorted(services) if endpoints(production, _ENDPOINTS.get(one, one)))
    return next(found, "")


def _repeated(production: Production) -> Iterator[Problem]:
    """Report a role of two files: which of them would count?"""
    first: dict[str, str] = {}
    for role in production.roles:
        other = first.setdefault(role.name, str(role.path))
        if other != str(role.path):
            message = f'is the role "{role.name}", as that of {other}'
            hint = "leave one of the two files out, or correct its name: IAM has one role of it"
            yield Problem("RoleName", message, hint, file=str(role.path))


def _missing(production: Production) -> Iterator[Problem]:
    """Report each role without a file; none where no role has one."""
    known = {role.name for role in production.roles}
    for name, key, file in _named(production) if known else ():
        if name and name not in known:
            near = closest(name, known, similarity=0.8)
            meant = f'did you mean "{near}"? Or ' if near else ""
            yield Problem(
                key,
                f'is the role "{name}", and none of the {len(known)} files of roles has it',
                f"{meant}put what `aws iam get-role --role-name {name}` and the commands for its"
                " policies print beside the others; without any file no role is judged",
                file=file,
            )


def _named(production: Production) -> Iterator[tuple[str, str, str]]:
    """Go through the roles that tasks name, with key and file."""
    for place, task in production.tasks.items():
        table = place.rpartition(".")[0]
        for field in _FIELDS:
            arn = str(task.definition.raw.get(field) or "")
            yield arn.rpartition("/")[2], field, production.files[f"{table}.task_definition"]
        if isinstance(task, Schedule):
            arn = str(task.target.get("RoleArn") or "")
            yield arn.rpartition("/")[2], f"{task.target_key}.RoleArn", production.files[place]
