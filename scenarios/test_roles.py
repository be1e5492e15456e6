"""Each type of task has a role of its own, which allows only the actions that the app needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERYTHING = "*"
WITHOUT_RESOURCES = ("ssmmessages:*", "ec2messages:*")
"""All actions of these services take no resource but ``*``, and ECS Exec needs nearly all of one:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsessionmanagermessagegatewayservice.html"""

as_files = pytest.mark.truth(
    local=emulated("the roles are the app's files; policies attached on AWS only are not seen"),
    aws=proved,
    url=not_covered("its roles cannot be read from outside"),
)
needs_roles = pytest.mark.requires("ecs", "iam")


@pytest.fixture
def statements(
    task_definitions: dict[str, dict[str, Any]], aws: Callable[[str], Any]
) -> Mapping[str, list[dict[str, Any]]]:
    """Return the Allow statements of each role by its name."""
    iam = aws("iam")
    arns = {task.get(key, "") for task in task_definitions.values() for key in ROLE_KEYS}
    names = {arn.rpartition("/")[2] for arn in arns if arn and exists(iam, arn.rpartition("/")[2])}
    if not names:
        pytest.skip("not covered: the app has no role files in iam/")
    return {name: allowed(iam, name) for name in sorted(names)}


ROLE_KEYS = ("executionRoleArn", "taskRoleArn")


def exists(iam: Any, role: str) -> bool:
    """Whether the account has a role; asked by its name, since an account may have thousands."""
    try:
        iam.get_role(RoleName=role)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def pages(iam: Any, operation: str, role: str) -> list[Any]:
    """Return the parts of every page of a list about a role."""
    answer = iam.get_paginator(operation).paginate(RoleName=role).build_full_result()
    return [part for values in answer.values() if isinstance(values, list) for part in values]


def allowed(iam: Any, role: str) -> list[dict[str, Any]]:
    """Return the Allow statements of a role's inline and attached policies."""
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in pages(iam, "list_role_policies", role)
    ]
    for attached in pages(iam, "list_attached_role_policies", role):
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=arn, VersionId=version)
        documents.append(policy["PolicyVersion"]["Document"])
    entries = [entry for document in documents for entry in as_list(document["Statement"])]
    return [entry for entry in entries if entry["Effect"] == "Allow"]


def as_list(value: Any) -> list[Any]:
    """Return a list: a policy may hold a single value instead of a list of one."""
    return value if isinstance(value, list) else [value]


@as_files
@needs_roles
@pytest.mark.read_only
def test_no_task_role_allows_everything(
    statements: Mapping[str, list[dict[str, Any]]],
) -> None:
    for role, entries in statements.items():
        for entry in entries:
            wide = "all but a few actions" if "NotAction" in entry else wildcard(entry)
            expect(
                not wide,
                f"the role {role} allows {wide}",
                cause=f"the role {role} allows too much: name the actions and the resources that"
                " the app needs",
                certain=True,
            )


def wildcard(entry: dict[str, Any]) -> str:
    """Return the action that an Allow statement grants on everything; empty if there is none."""
    anywhere = EVERYTHING in as_list(entry.get("Resource", EVERYTHING))
    for action in as_list(entry["Action"]):
        whole = action.endswith(":*") and action.lower() not in WITHOUT_RESOURCES
        if action == EVERYTHING or (whole and anywhere):
            return f"{action} on everything"
    return ""


@as_files
@needs_roles
@pytest.mark.read_only
def test_task_role_differs_from_the_execution_role(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    for kind, definition in task_definitions.items():
        execution, task = (definition.get(key) for key in ROLE_KEYS)
        expect(
            not task or task != execution,
            f"the app of the {kind} task runs with the execution role {task}",
            cause=f"taskRoleArn of the {kind} task is its execution role, with which the app may"
            " read every secret: give the app a role of its own",
            certain=True,
        )
