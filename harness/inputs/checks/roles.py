"""Roles of tasks: those that no file has, and rights that no task can use.

Where there are files of roles, one without a file does not exist: ECS cannot assume it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of
from harness.aws.iam_conditions import SOURCE_IP
from harness.aws.iam_policy import Need, allows, statements
from harness.inputs.checks.connections import endpoints
from harness.inputs.files import phase_files
from harness.inputs.files.api_calls import document_in
from harness.inputs.files.schedule import Schedule
from harness.inputs.problem import Problem, closest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_FIELDS = ("taskRoleArn", "executionRoleArn")
_ENDPOINTS = {"ses": "email", "ecr": "ecr.api"}
"""Services of IAM with another name in their endpoints."""
_ADDRESS = "IpAddress aws:SourceIp"
_END = re.compile(r"([/:-])(?:\*|\?{6})$")
"""The end of an ARN that stands for keys of a bucket, streams of a log, or a secret's suffix."""
_CALLED = frozenset(
    {
        *("s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sqs:ReceiveMessage"),
        *("logs:PutLogEvents", "secretsmanager:GetSecretValue", "ecr:BatchGetImage"),
        *("ses:SendRawEmail",),
    }
)
"""Calls without which no app comes up, stores a file, runs a job or sends a mail."""


def problems(production: Production) -> Iterator[Problem]:
    """Report roles that are missing, and rights that depend on an address that tasks have not."""
    yield from _repeated(production)
    yield from _missing(production)
    yield from _of_public_addresses(production)
    yield from _of_endpoint_policies(production)


def _of_endpoint_policies(production: Production) -> Iterator[Problem]:
    """Find endpoints with a policy that refuses calls of the tasks.

    A call needs the right of its role and the endpoint's:
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html. Layers of images
    come from a bucket of ECR's:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    region = production.config.region
    for call in phase_files.calls(production, "network"):
        policy = document_in(call.input.get("PolicyDocument"))
        service = str(call.input.get("ServiceName")).partition(f".{region}.")[2]
        lacks = (
            (who, need) for who, need in _needs(production, service) if not allows([policy], need)
        )
        for who, need in [*lacks][:1] if policy else ():
            yield Problem(
                f"{call.key}.PolicyDocument",
                f"does not allow {need.action} on {need.resource or 'any resource'}, which {who}"
                f" needs: AWS refuses the tasks' calls that go through the endpoint of {service}",
                "allow it there, too, or leave PolicyDocument out: roles decide then",
                file=production.files["phases.network"],
            )


def _needs(production: Production, service: str) -> Iterator[tuple[str, Need]]:
    """Go through the tasks' calls by the endpoint of a service, with a name for the caller."""
    region = production.config.region
    images = (
        str(container.raw.get("image"))
        for d in production.definitions
        for container in d.containers
    )
    if service == "s3" and any(".dkr.ecr." in image for image in images):
        layers = f"arn:{partition_of(region)}:s3:::prod-{region}-starport-layer-bucket/layer"
        yield "the pull of images from ECR", Need("s3:GetObject", layers)
    assumed = _assumed(production)
    for role in production.roles:
        granted = [
            statement
            for policy in role.raw.get("Policies") or ()
            for statement in statements(policy["PolicyDocument"])
            if role.name in assumed and statement.get("Effect") == "Allow"
        ]
        for action, resource in (
            (action, resource)
            for statement in granted
            for action in _listed(statement.get("Action"))
            for resource in _listed(statement.get("Resource"))
        ):
            own = action.partition(":")[0]
            arn = "" if resource == "*" else _END.sub(r"\1cutover", resource)
            # A right on more than one thing says not which of them the tasks use.
            is_known = not {*"*?"} & {*arn}
            if is_known and action in _CALLED and _ENDPOINTS.get(own, own) == service:
                yield f"the role {role.name}", Need(action, arn)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(entry) for entry in value or ()]


def _of_public_addresses(production: Production) -> Iterator[Problem]:
    """Find rights that only public addresses have, for an API with an endpoint in the VPC.

    A call through an endpoint has no aws:SourceIp:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    assumed = _assumed(production)
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
    services = {action.partition(":")[0].lower() for action in _listed(statement.get("Action"))}
    matches = (
        service
        for service in sorted(services)
        if endpoints(production, _ENDPOINTS.get(service, service))
    )
    return next(matches, "")


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
    paths = {role.name: str(role.raw.get("Path") or "/") for role in production.roles}
    for arn, key, file in _named(production) if paths else ():
        name = _name(arn)
        path = f"/{arn.partition(':role/')[2]}".removesuffix(name)
        if arn.startswith("arn:") and ":role/" not in arn:
            yield Problem(
                key,
                f'is "{arn}", which is no ARN of a role',
                "write the ARN that `aws iam get-role` prints",
                file=file,
            )
        elif path != paths.get(name, path):
            yield Problem(
                key,
                f'is "{arn}", and the role "{name}" has the path {paths[name]}: no role has this'
                " ARN",
                f"write the ARN that `aws iam get-role --role-name {name}` prints",
                file=file,
            )
        elif name and name not in paths:
            near = closest(name, paths, similarity=0.8)
            advice = f'did you mean "{near}"? Or ' if near else ""
            yield Problem(
                key,
                f'is the role "{name}", and none of the {len(paths)} files of roles has it',
                f"{advice}put what `aws iam get-role --role-name {name}` and the commands for its"
                " policies print beside the others; without any file no role is judged",
                file=file,
            )


def _assumed(production: Production) -> set[str]:
    """Return the roles that tasks have, by their names."""
    return {_name(arn) for arn, key, _ in _named(production) if key in _FIELDS}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _named(production: Production) -> Iterator[tuple[str, str, str]]:
    """Go through the roles that tasks name by their ARNs, with key and file."""
    for place, task in production.tasks.items():
        table = place.rpartition(".")[0]
        for field in _FIELDS:
            arn = str(task.definition.raw.get(field) or "")
            yield arn, field, production.files[f"{table}.task_definition"]
        if isinstance(task, Schedule):
            arn = str(task.target.get("RoleArn") or "")
            yield arn, f"{task.target_key}.RoleArn", production.files[place]
