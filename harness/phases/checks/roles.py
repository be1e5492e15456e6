"""Phase 5: the roles of tasks and of the rule, and their rights, as IAM simulates them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.aws.iam_policy import statements, trusts
from harness.inputs.production import Production
from harness.phases.account import Account
from harness.phases.phase import Finding, absent, check

_FOREIGN = ("iam:CreateUser", "s3:DeleteBucket", "sqs:DeleteQueue", "ecs:UpdateService")
"""Actions that no task of an app needs."""
_WILDCARDS = re.compile(r"[*?]")


@check(
    "5.roles",
    reads=("iam:SimulatePrincipalPolicy", "iam:GetRole"),
    not_local="the emulator's answer differs from IAM's; scenarios of the roles prove them",
)
def roles(account: Account) -> Iterator[Finding]:
    """Roles of tasks and of the rule are assumed by their service, with the rights of their files.

    The tasks' own have none of a handful of others.
    """
    files = {role.name: role for role in account.production.roles}
    for arn, service in _services_of_roles(account.production).items():
        answer = account.read("iam", "GetRole", RoleName=arn.rpartition("/")[2])
        if answer is None:
            yield absent(f"role {arn}", remedy="create it: `cutover phase 0 --plan`")
            continue
        context = {"aws:SourceAccount": account.access.account_id}
        if not trusts(answer["Role"]["AssumeRolePolicyDocument"], service, context):
            actual, remedy = "its trust policy does not let it", "give it that of its file"
            yield Finding(f"role {arn}", f"{service} assumes it", actual, remedy)
        role = files.get(arn.rpartition("/")[2])
        for actions, resources in _allowed(role.policies.values()) if role else ():
            yield from _decisions(account, arn, actions, resources, wanted="allowed")
    for arn in sorted(
        {definition.task_role_arn for definition in account.production.definitions} - {""}
    ):
        yield from _decisions(account, arn, list(_FOREIGN), ["*"], wanted="denied")


def _services_of_roles(production: Production) -> dict[str, str]:
    """Return the ARN of each role -> the service that assumes it."""
    pairs = (
        (definition.task_role_arn, definition.execution_role_arn)
        for definition in production.definitions
    )
    arns = {arn for pair in pairs for arn in pair}
    services = dict.fromkeys(sorted(arns - {""}), "ecs-tasks.amazonaws.com")
    for schedule in production.schedules.values():
        if arn := str(schedule.target.get("RoleArn") or ""):
            service = "scheduler" if schedule.is_of_scheduler else "events"
            services[arn] = f"{service}.amazonaws.com"
    return services


def _allowed(policies: Any) -> Iterator[tuple[list[str], list[str]]]:
    """Go through the statements that allow named actions without a condition."""
    for policy in policies:
        for statement in statements(json.loads(policy)):
            actions = _list(statement.get("Action"))
            resources = _list(statement.get("Resource"))
            is_plain = statement["Effect"] == "Allow" and not statement.get("Condition")
            exact_actions = [action for action in actions if "*" not in action]
            if is_plain and exact_actions and resources:
                yield (
                    exact_actions,
                    [
                        resource if resource == "*" else _WILDCARDS.sub("x", resource)
                        for resource in resources
                    ],
                )


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
    for result in answer["EvaluationResults"] if answer else ():
        decision = "allowed" if result["EvalDecision"] == "allowed" else "denied"
        if decision != wanted:
            thing = f"role {arn.rpartition('/')[2]}"
            call = f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}"
            remedy = "attach the policies of its file" if wanted == "allowed" else "take it away"
            yield Finding(thing, f"{call}: {wanted}", result["EvalDecision"], remedy)
