"""Each task has a role of its own, which allows what the app needs and not all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.report import emulated, not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERYTHING = "*"

as_files = pytest.mark.truth(
    local=emulated("the roles are the app's files; what is attached on AWS besides is not seen"),
    aws=proved,
    url=not_covered("its roles cannot be read from outside"),
)
needs_roles = pytest.mark.requires("ecs", "iam")


@pytest.fixture
def statements(
    task_definitions: dict[str, dict[str, Any]], aws: Callable[[str], Any]
) -> Mapping[str, list[dict[str, Any]]]:
    """Return what each role allows, by the role's name."""
    iam = aws("iam")
    known = {one["RoleName"] for one in iam.list_roles()["Roles"]}
    arns = {one.get(key, "") for one in task_definitions.values() for key in ROLE_KEYS}
    names = {arn.rpartition("/")[2] for arn in arns} & known
    if not names:
        pytest.skip("not covered: the app has no role files in iam/")
    return {name: allowed(iam, name) for name in sorted(names)}


ROLE_KEYS = ("executionRoleArn", "taskRoleArn")


def allowed(iam: Any, role: str) -> list[dict[str, Any]]:
    """Return the statements of a role's policies that allow something."""
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=one["PolicyArn"])["Policy"]
        version = iam.get_policy_version(
            PolicyArn=one["PolicyArn"], VersionId=policy["DefaultVersionId"]
        )
        documents.append(version["PolicyVersion"]["Document"])
    found = [entry for document in documents for entry in listed(document["Statement"])]
    return [entry for entry in found if entry["Effect"] == "Allow"]


def listed(value: Any) -> list[Any]:
    """Return a list: policies may have one thing where they may have many."""
    return value if isinstance(value, list) else [value]


@as_files
@needs_roles
@pytest.mark.read_only
def test_no_role_of_a_task_allows_everything(
    statements: Mapping[str, list[dict[str, Any]]],
) -> None:
    for role, entries in statements.items():
        for entry in entries:
            assert "NotAction" not in entry, f"the role {role} allows all but a few actions"
            for action in listed(entry["Action"]):
                anywhere = EVERYTHING in listed(entry.get("Resource", EVERYTHING))
                whole = action == EVERYTHING or (action.endswith(":*") and anywhere)
                assert not whole, f"the role {role} allows {action} on everything"


@as_files
@needs_roles
@pytest.mark.read_only
def test_no_task_has_its_execution_role_for_a_task_role(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    for kind, definition in task_definitions.items():
        execution, task = (definition.get(key) for key in ROLE_KEYS)
        assert not task or task != execution, (
            f"the {kind} task's app has the execution role {task}, and may read every secret"
        )
