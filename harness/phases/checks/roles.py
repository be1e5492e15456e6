"""Phase 5: the roles of tasks, as IAM simulates them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.aws.iam_policy import statements
from harness.phases.account import Account
from harness.phases.phase import Finding, absent, check

_FOREIGN = ("iam:CreateUser", "s3:DeleteBucket", "sqs:DeleteQueue", "ecs:UpdateService")
"""Actions that no task of an app needs."""


@check(
    "5.roles",
    reads=("iam:SimulatePrincipalPolicy",),
    not_local="the emulator's answer differs from IAM's; scenarios of the roles prove them",
)
def roles(account: Account) -> Iterator[Finding]:
    """The tasks' roles allow the calls of their files, and none of a handful of others."""
    arns = {definition.task_role_arn for definition in account.production.definitions} - {""}
    files = {role.name: role for role in account.production.roles}
    for arn in sorted(arns):
        role = files.get(arn.rpartition("/")[2])
        for actions, resources in _allowed(role.policies.values()) if role else ():
            yield from _decisions(account, arn, actions, resources, wanted="allowed")
        yield from _decisions(account, arn, list(_FOREIGN), ["*"], wanted="denied")


def _allowed(policies: Any) -> Iterator[tuple[list[str], list[str]]]:
    """Go through the statements that allow named actions without a condition."""
    for policy in policies:
        for statement in statements(json.loads(policy)):
            actions = _list(statement.get("Action"))
            resources = _list(statement.get("Resource"))
            is_plain = statement["Effect"] == "Allow" and not statement.get("Condition")
            named = [action for action in actions if "*" not in action]
            if is_plain and named and resources:
                yield named, [one if one == "*" else one.replace("*", "x") for one in resources]


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _decisions(
    account: Account, arn: str, actions: list[str], resources: list[str], *, wanted: str
) -> Iterator[Finding]:
    answer = account.read(
        "iam",
        "SimulatePrincipalPolicy",
        PolicySourceArn=arn,
        ActionNames=actions,
        ResourceArns=resources,
    )
    if answer is None:
        yield absent(f"role {arn}", remedy="create it: `cutover phase 0 --plan`")
        return
    for result in answer["EvaluationResults"]:
        decision = "allowed" if result["EvalDecision"] == "allowed" else "denied"
        if decision != wanted:
            thing = f"role {arn.rpartition('/')[2]}"
            call = f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}"
            remedy = "attach the policies of its file" if wanted == "allowed" else "take it away"
            yield Finding(thing, f"{call}: {wanted}", result["EvalDecision"], remedy)
