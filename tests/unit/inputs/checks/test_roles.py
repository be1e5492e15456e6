"""Roles that tasks name, and no file has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import roles
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits


def without(app: Production, *names: str) -> Production:
    return replace(app, roles=tuple(role for role in app.roles if role.name not in names))


def test_every_role_of_the_reference_app_has_a_file(app: Production) -> None:
    assert [*roles.problems(app)] == []


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("tickets-web-task", ["taskRoleArn"]),
        ("tickets-execution", ["executionRoleArn"] * 3),
        ("tickets-schedule-rule", ["PutTargets.Targets[0].RoleArn"]),
    ],
)
def test_a_role_without_a_file_is_named(app: Production, role: str, places: list[str]) -> None:
    problems = [*roles.problems(without(app, role))]
    assert [problem.key for problem in problems] == places
    assert problems[0].message == f'is the role "{role}", and none of the 4 files of roles has it'
    assert f"`aws iam get-role --role-name {role}`" in problems[0].hint
    assert problems[0].file


def test_a_role_of_two_files_is_named(app: Production) -> None:
    other = replace(app.roles[0], path=app.roles[0].path.with_name("copy.json"))
    (problem,) = roles.problems(replace(app, roles=(*app.roles, other)))
    assert (problem.key, problem.file) == ("RoleName", str(other.path))
    assert problem.message == f'is the role "{other.name}", as that of {app.roles[0].path}'


def test_an_arn_of_another_thing_is_no_role(app: Production) -> None:
    arn = "arn:aws:iam::876000000876:instance-profile/tickets-web-task"
    changed = edits.with_definition(app, "web", taskRoleArn=arn)
    (problem,) = roles.problems(changed)
    assert (problem.key, problem.message) == (
        "taskRoleArn",
        f'is "{arn}", which is no ARN of a role',
    )


def test_without_any_file_no_role_is_asked_for(app: Production) -> None:
    assert [*roles.problems(replace(app, roles=()))] == []


def with_condition(app: Production, name: str, condition: dict[str, Any]) -> Production:
    """Give each statement of a role a condition."""
    (role,) = [candidate for candidate in app.roles if candidate.name == name]
    raw = json.loads(json.dumps(role.raw))
    for statement in raw["Policies"][0]["PolicyDocument"]["Statement"]:
        statement["Condition"] = condition
    return replace(app, roles=(*without(app, name).roles, replace(role, raw=raw)))


OFFICE = {"aws:SourceIp": "203.0.113.0/24"}


def test_a_right_by_public_address_is_none_behind_an_endpoint(app: Production) -> None:
    changed = with_condition(app, "tickets-worker-task", {"IpAddress": OFFICE})
    problems = [*roles.problems(changed)]
    assert [problem.key for problem in problems] == [
        f"Policies[0].PolicyDocument.Statement[{number}].Condition" for number in range(5)
    ]
    assert problems[0].message.startswith(
        "asks for a public address (IpAddress aws:SourceIp), and tasks reach sqs through the VPC's"
    )
    assert problems[0].file.endswith("worker-task.json")


@pytest.mark.parametrize(
    ("role", "condition"),
    [
        ("tickets-worker-task", {"IpAddressIfExists": OFFICE}),
        ("tickets-worker-task", {"NotIpAddress": OFFICE}),
        ("tickets-worker-task", {"StringEquals": {"aws:SourceVpce": "vpce-0a"}}),
        ("tickets-schedule-rule", {"IpAddress": OFFICE}),
    ],
)
def test_conditions_that_tasks_meet_are_left(
    app: Production, role: str, condition: dict[str, Any]
) -> None:
    assert [*roles.problems(with_condition(app, role, condition))] == []


BUCKET = "arn:aws:s3:::876events-tickets-uploads"
LAYERS = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"
SECRETS = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/*"


@pytest.mark.parametrize(
    ("service", "statement", "said"),
    [
        ("s3", {"Resource": [BUCKET, f"{BUCKET}/*"]}, "which the pull of images from ECR needs"),
        ("s3", {"Resource": [BUCKET, f"{BUCKET}/*", LAYERS]}, ""),
        (
            "s3",
            {"Resource": ["arn:aws:s3:::shop/*", LAYERS]},
            f"s3:GetObject on {BUCKET}/cutover, which the role tickets-web-task needs",
        ),
        ("sqs", {"Action": "sqs:ReceiveMessage"}, "does not allow sqs:SendMessage on arn:aws:sqs:"),
        ("sqs", {"Action": ["sqs:*"]}, ""),
        ("secretsmanager", {"Resource": SECRETS}, ""),
        ("secretsmanager", {"Resource": SECRETS.replace("tickets", "shop")}, "which the role tick"),
        ("logs", {"Action": "logs:*"}, ""),
        ("email", {"Action": "ses:SendEmail"}, "does not allow ses:SendRawEmail on"),
        ("ecr.api", {"Action": "ecr:*"}, ""),
        ("sqs", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, ""),
    ],
)
def test_an_endpoint_lets_tasks_do_what_their_roles_may(
    app: Production, service: str, statement: dict[str, Any], said: str
) -> None:
    whole = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **statement}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [whole]})
    content = json.loads(json.dumps(app.documents["phases.network"].data))
    (endpoint,) = (
        call
        for call in content["CreateVpcEndpoint"]
        if call["ServiceName"] == f"com.amazonaws.us-east-1.{service}"
    )
    endpoint["PolicyDocument"] = policy
    messages = edits.messages((roles.problems,), edits.with_phase(app, "network", content))
    edits.judge(messages, said)


@pytest.mark.parametrize(("path", "said"), [("/shop/", "has the path /shop/: no role"), ("/", "")])
def test_the_path_of_a_role_is_a_part_of_its_arn(app: Production, path: str, said: str) -> None:
    (role,) = [candidate for candidate in app.roles if candidate.name == "tickets-web-task"]
    moved = replace(role, raw={**role.raw, "Path": path})
    changed = replace(app, roles=(*without(app, role.name).roles, moved))
    edits.judge(edits.messages((roles.problems,), changed), said)
