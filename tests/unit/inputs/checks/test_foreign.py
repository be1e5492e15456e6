"""Accounts and regions that are neither the configuration's nor listed as somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.checks import foreign
from harness.inputs.config import Config
from harness.inputs.problem import InputError
from tests.project import ROOT, copy_of_the_app

OTHER = "111122223333"
QUEUE = f"arn:aws:sqs:us-east-1:{OTHER}:jobs"


@pytest.fixture(scope="module")
def ours() -> Config:
    return production.load({}, cwd=ROOT).config


def messages(data: dict[str, Any], ours: Config, *listed: str) -> list[str]:
    problems = foreign.problems(data, config=replace(ours, foreign=listed))
    return [f"{problem.key} {problem.message}" for problem in problems]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"taskRoleArn": f"arn:aws:iam::{OTHER}:role/web"}, f'is in the account "{OTHER}", and'),
        ({"Arn": "arn:aws-cn:iam::876000000876:role/web"}, 'is in the partition "aws-cn"'),
        ({"options": {"awslogs-region": "eu-west-1"}}, 'is in the region "eu-west-1", and'),
        ({"groups": [{"OwnerId": OTHER}]}, f'groups[0].OwnerId is in the account "{OTHER}"'),
        ({"Policy": json.dumps({"Resource": [QUEUE]})}, f'Policy is in the account "{OTHER}"'),
        (
            {"Statement": [{"Resource": ["arn:aws:sqs:eu-west-1:*:jobs"]}]},
            'Statement[0].Resource[0] is in the region "eu-west-1"',
        ),
    ],
)
def test_what_is_elsewhere_is_named(data: dict[str, Any], message: str, ours: Config) -> None:
    (text,) = messages(data, ours)
    assert message in text


def test_what_was_printed_of_another_account_is_named(tmp_path: Path) -> None:
    project = copy_of_the_app(tmp_path / "copy").root
    path = project / "app/ecs/web.json"
    arn = f"arn:aws:ecs:us-east-1:{OTHER}:task-definition/tickets-web:7"
    printed = {**json.loads(path.read_text()), "taskDefinitionArn": arn}
    path.write_text(json.dumps({"taskDefinition": printed}))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    (problem,) = caught.value.problems
    assert problem.key == "taskDefinition.taskDefinitionArn"
    assert f'is in the account "{OTHER}"' in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::uploads/*",
        "arn:aws:sqs:*:*:*",
        "arn:aws:sqs:us-*:876000000876:jobs",
        "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        "876000000876.dkr.ecr.us-east-1.amazonaws.com/tickets:1",
        "arn: a word",
        "*",
    ],
)
def test_what_is_ours_or_anybodys_is_not(text: str, ours: Config) -> None:
    assert messages({"Resource": text, "OwnerId": ours.account_id}, ours) == []


def test_a_group_of_a_peered_vpc_says_itself_that_it_is_elsewhere(ours: Config) -> None:
    pair = {"GroupId": "sg-9", "UserId": OTHER, "VpcPeeringConnectionId": "pcx-1"}
    assert messages({"UserIdGroupPairs": [pair]}, ours) == []


@pytest.mark.parametrize("listed", [OTHER, QUEUE, f"arn:aws:sqs:*:{OTHER}:*"])
def test_what_is_listed_is_somebody_elses_on_purpose(listed: str, ours: Config) -> None:
    assert messages({"Resource": QUEUE}, ours, listed) == []


@pytest.fixture
def problems_after(tmp_path: Path) -> Callable[[str, str, str], str]:
    """Change the text of a file of the app, and load it."""

    def load(name: str, old: str, new: str) -> str:
        project = copy_of_the_app(tmp_path)
        project.replace(name, old, new)
        try:
            production.load({}, cwd=project.root)
        except InputError as error:
            return str(error)
        return ""

    return load


def test_a_policy_of_a_role_that_a_task_has_is_judged(
    problems_after: Callable[[str, str, str], str],
) -> None:
    text = problems_after("app/iam/web-task.json", "sqs:us-east-1:", "sqs:eu-west-1:")
    assert 'is in the region "eu-west-1", and the configuration\'s is "us-east-1"' in text
    assert "add it to aws.foreign" in text


def test_an_account_in_a_condition_is_judged(
    problems_after: Callable[[str, str, str], str],
) -> None:
    text = problems_after(
        "app/iam/web-task.json",
        '"aws:SourceAccount": "876000000876"',
        '"aws:SourceAccount": "876000000867"',
    )
    assert 'is in the account "876000000867"' in text


def test_a_role_that_no_task_has_is_not_judged(
    problems_after: Callable[[str, str, str], str], tmp_path: Path
) -> None:
    message = problems_after("app/iam/web-task.json", "tickets-web-task", "tickets-web-task")
    role = json.loads((tmp_path / "app/iam/web-task.json").read_text())
    text = json.dumps({**role, "RoleName": "deploy"}).replace("876000000876", OTHER)
    (tmp_path / "app/iam/deploy.json").write_text(text)
    assert message == ""
    production.load({}, cwd=tmp_path)


def test_one_wrong_account_is_one_problem(problems_after: Callable[[str, str, str], str]) -> None:
    text = problems_after("cutover.toml", '"876000000876"', f'"{OTHER}"')
    assert f'aws.account_id is "{OTHER}", and all ' in text
    assert text.count("is in the account") == 0
