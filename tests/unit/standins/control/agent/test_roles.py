"""Roles of the reference app as ECS and EventBridge use them, and each right that is taken away."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.standins.control.agent.parameters import Parameters
from harness.standins.control.agent.roles import Roles
from harness.standins.control.state.model import Definition, Task

APP = Path(__file__).resolve().parents[5] / "app"
ACCOUNT = "876000000876"
ECS = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/tickets-schedule"
KMS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0b1c"
CLUSTER = f"{ECS}:cluster/tickets"


class FakeIam:
    """IAM with the app's own role files in it."""

    class exceptions:  # noqa: N801 - botocore's spelling
        class NoSuchEntityException(Exception):
            pass

    def __init__(self) -> None:
        self.files = {
            role["RoleName"]: role
            for role in (json.loads(path.read_text()) for path in (APP / "iam").glob("*.json"))
        }

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName not in self.files:
            raise self.exceptions.NoSuchEntityException
        document = self.files[RoleName]["AssumeRolePolicyDocument"]
        arn = f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"
        return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": document}}

    def list_role_policies(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        return {
            "PolicyNames": [policy["PolicyName"] for policy in self.files[RoleName]["Policies"]]
        }

    def get_role_policy(self, *, RoleName: str, PolicyName: str) -> dict[str, Any]:  # noqa: N803
        policies = self.files[RoleName]["Policies"]
        (policy,) = [entry for entry in policies if entry["PolicyName"] == PolicyName]
        return {"PolicyDocument": policy["PolicyDocument"]}

    def change(self, role: str, old: str, new: str) -> None:
        text = json.dumps(self.files[role])
        assert old in text
        self.files[role] = json.loads(text.replace(old, new))


class FakeSsm:
    """Describes one parameter, which a key of the customer's encrypts."""

    def describe_parameters(self, **_: Any) -> dict[str, Any]:
        return {"Parameters": [{"Name": "/shop/key", "KeyId": KMS_KEY}]}

    def get_parameters(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("a right is judged without the value")


def parameters() -> Parameters:
    return Parameters(lambda *_: FakeSsm(), account=ACCOUNT, region="us-east-1")


@pytest.fixture
def iam() -> FakeIam:
    return FakeIam()


@pytest.fixture
def roles(iam: FakeIam) -> Roles:
    return Roles(lambda: iam, parameters=parameters(), known=True, account_id=ACCOUNT)


def definition(name: str) -> Definition:
    raw = json.loads((APP / "ecs" / f"{name}.json").read_text())
    arn = f"{ECS}:task-definition/{raw['family']}:1"
    return Definition(arn=arn, family=raw["family"], revision=1, raw=raw, registered_at=0.0)


def task(**fields: Any) -> Task:
    return Task(
        id="abc",
        arn=f"{ECS}:task/tickets/abc",
        definition_arn="",
        group="",
        created_at=0.0,
        containers=[],
        **fields,
    )


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_the_apps_own_roles_are_enough(roles: Roles, name: str) -> None:
    assert roles.start_refusal(task(), definition(name)) == ""
    assert roles.may_exec(task(execute_command=name != "scheduler"), definition(name))


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("ecr:GetAuthorizationToken", "unable to retrieve ecr registry auth"),
        ("ecr:BatchGetImage", "CannotPullContainerError: pull image manifest"),
        (
            "repository/tickets",
            "not authorized to perform: ecr:BatchGetImage on resource: arn:aws:",
        ),
        ("secretsmanager:GetSecretValue", "failed to fetch secret arn:aws:secretsmanager:"),
        (
            "secret:tickets/app-??????",
            "secret:tickets/app-Kq7wT2 from secrets manager: AccessDenied",
        ),
        ("logs:CreateLogStream", "failed to create Cloudwatch log stream: AccessDeniedException"),
        ("logs:PutLogEvents", "logs:PutLogEvents on resource: arn:aws:logs:us-east-1:876"),
        ("log-group:/ecs/tickets-web:*", "log-group:/ecs/tickets-web:log-stream:web/app/abc"),
        ("ecs-tasks.amazonaws.com", "ECS was unable to assume the role"),
        (f'"aws:SourceAccount": "{ACCOUNT}"', "unable to assume the role"),
    ],
)
def test_a_task_does_not_start_without(roles: Roles, iam: FakeIam, old: str, words: str) -> None:
    new = '"aws:SourceAccount": "111111111111"' if "SourceAccount" in old else "other:Thing"
    iam.change("tickets-execution", old, new)
    assert words in roles.start_refusal(task(), definition("web"))


def test_credentials_of_log_driver_and_registry_need_the_right_to(roles: Roles) -> None:
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:tickets/{{}}-Kq7wT2"
    task_definition = definition("web")
    (container, *_) = task_definition.raw["containerDefinitions"]
    for name, fields in (
        ("datadog", {"logConfiguration": {"secretOptions": [{"valueFrom": ""}]}}),
        ("registry", {"repositoryCredentials": {"credentialsParameter": ""}}),
    ):
        text = json.dumps(fields).replace('""', json.dumps(secret.format(name)))
        changed = {**container, "logConfiguration": None, **json.loads(text)}
        raw = {**task_definition.raw, "containerDefinitions": [changed]}
        refusal = roles.start_refusal(task(), replace(task_definition, raw=raw))
        assert f"failed to fetch secret {secret.format(name)} from secrets manager: Acc" in refusal


def test_a_log_group_that_is_to_be_created_needs_the_right_to(roles: Roles, iam: FakeIam) -> None:
    task_definition = definition("web")
    options = task_definition.raw["containerDefinitions"][0]["logConfiguration"]["options"]
    options["awslogs-create-group"] = "true"
    refusal = roles.start_refusal(task(), task_definition)
    assert "failed to create Cloudwatch log group: AccessDeniedException" in refusal
    assert "logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:876" in refusal
    iam.change(
        "tickets-execution", '"logs:PutLogEvents"', '"logs:PutLogEvents", "logs:CreateLogGroup"'
    )
    assert roles.start_refusal(task(), task_definition) == ""


def test_a_task_does_not_start_with_a_task_role_that_nobody_made(
    roles: Roles, iam: FakeIam
) -> None:
    del iam.files["tickets-web-task"]
    refusal = roles.start_refusal(task(), definition("web"))
    assert f"role 'arn:aws:iam::{ACCOUNT}:role/tickets-web-task'" in refusal
    assert roles.start_refusal(task(), definition("worker")) == ""


def test_a_parameter_needs_its_right_and_that_of_the_customers_key(
    roles: Roles, iam: FakeIam
) -> None:
    task_definition = definition("web")
    secrets = task_definition.raw["containerDefinitions"][0]["secrets"]
    secrets.append({"name": "KEY", "valueFrom": "/shop/key"})
    refusal = roles.start_refusal(task(), task_definition)
    arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/key"
    assert "unable to retrieve secrets from ssm: service call has been retried 1 time(s)" in refusal
    assert f"is not authorized to perform: ssm:GetParameters on resource: {arn}" in refusal
    statements = iam.files["tickets-execution"]["Policies"][0]["PolicyDocument"]["Statement"]
    statements.append({"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": arn})
    refusal = roles.start_refusal(task(), task_definition)
    assert "The ciphertext refers to a customer master key that does not exist" in refusal
    statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KMS_KEY})
    assert roles.start_refusal(task(), task_definition) == ""


def test_where_no_role_is_known_none_is_judged(iam: FakeIam) -> None:
    iam.files.clear()
    unknown = Roles(lambda: iam, parameters=parameters(), known=False, account_id=ACCOUNT)
    assert unknown.start_refusal(task(), definition("web")) == ""
    assert unknown.may_exec(task(execute_command=True), definition("web"))
    role = TARGET_ROLE
    to = definition("scheduler")
    assert unknown.tick_refusal(role, rule_arn=RULE, cluster=CLUSTER, to=to) == ""


def test_a_secret_without_its_six_signs_is_matched_by_question_marks(roles: Roles) -> None:
    task_definition = definition("web")
    text = json.dumps(task_definition.raw).replace("tickets/db-Ab3dE5", "tickets/db")
    task_definition.raw = json.loads(text)
    assert roles.start_refusal(task(), task_definition) == ""


def test_ecs_exec_needs_the_channels_of_systems_manager(roles: Roles, iam: FakeIam) -> None:
    iam.change("tickets-web-task", "ssmmessages:OpenDataChannel", "ssmmessages:Other")
    assert not roles.may_exec(task(execute_command=True), definition("web"))
    assert roles.may_exec(task(), definition("web"))


TARGET_ROLE = f"arn:aws:iam::{ACCOUNT}:role/tickets-schedule-rule"


def test_a_schedule_needs_a_role_that_scheduler_may_assume(roles: Roles, iam: FakeIam) -> None:
    to, group = definition("scheduler"), "arn:aws:scheduler:us-east-1:876000000876:schedule-group/x"
    words = "its trust policy does not let scheduler.amazonaws.com assume it"
    assert words in roles.tick_refusal(TARGET_ROLE, rule_arn=group, cluster=CLUSTER, to=to)
    iam.change("tickets-schedule-rule", "events.amazonaws.com", "scheduler.amazonaws.com")
    words = f"a condition of its trust policy is not met: aws:SourceAccount is {ACCOUNT},"
    refusal = roles.tick_refusal(TARGET_ROLE, rule_arn=group, cluster=CLUSTER, to=to)
    assert refusal.endswith(f"{words} aws:SourceArn is {group}")
    iam.change(
        "tickets-schedule-rule",
        "arn:aws:events:us-east-1:876000000876:rule/tickets-schedule",
        group,
    )
    assert roles.tick_refusal(TARGET_ROLE, rule_arn=group, cluster=CLUSTER, to=to) == ""


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("events.amazonaws.com", "EventBridge cannot assume the role"),
        ("ecs:RunTask", f"ecs:RunTask on resource: {ECS}:task-definition/tickets-scheduler:1"),
        ("cluster/tickets", "not authorized to perform: ecs:RunTask"),
        ("role/tickets-execution", "iam:PassRole on resource: arn:aws:iam::876000000876:role/"),
        ("ecs-tasks.amazonaws.com", "iam:PassRole"),
    ],
)
def test_a_rule_runs_no_task_without(roles: Roles, iam: FakeIam, old: str, words: str) -> None:
    to = definition("scheduler")
    assert roles.tick_refusal(TARGET_ROLE, rule_arn=RULE, cluster=CLUSTER, to=to) == ""
    iam.change("tickets-schedule-rule", old, "other")
    assert words in roles.tick_refusal(TARGET_ROLE, rule_arn=RULE, cluster=CLUSTER, to=to)
