"""Role files: the calls to IAM, and each error of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.aws.managed_policies import managed_policy
from harness.core.errors import ConfigError
from harness.inputs.document import read_json
from harness.inputs.files import iam_roles
from harness.inputs.problem import InputError

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def role(**fields: Any) -> dict[str, Any]:
    return {"RoleName": "tickets-web", "AssumeRolePolicyDocument": TRUST, **fields}


def policies(*statements: Any) -> list[dict[str, Any]]:
    return [{"PolicyName": "web", "PolicyDocument": {"Statement": list(statements)}}]


def trusting(**fields: Any) -> dict[str, Any]:
    """Return a role with fields of its trust policy's statement."""
    (statement,) = TRUST["Statement"]
    return role(AssumeRolePolicyDocument={"Statement": [{**statement, **fields}]})


def write(app: Path, content: object) -> Path:
    directory = app / "iam"
    directory.mkdir()
    path = directory / "web.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_an_app_without_role_files_has_no_roles(tmp_path: Path) -> None:
    assert iam_roles.files(tmp_path / "iam") == []
    assert iam_roles.files(None) == []


def test_a_policy_may_be_text_as_the_api_has_it(tmp_path: Path) -> None:
    (inline,) = policies(ALLOW)
    text = {**inline, "PolicyDocument": json.dumps(inline["PolicyDocument"])}
    content = {**role(Policies=[text]), "AssumeRolePolicyDocument": json.dumps(TRUST)}
    iam_role = iam_roles.read(read_json(write(tmp_path, content)))
    assert iam_role.raw == role(Policies=[inline])


def test_a_role_is_created_as_its_file_says(tmp_path: Path) -> None:
    path = write(
        tmp_path, role(Path="/app/", Policies=policies(ALLOW), ManagedPolicyArns=[MANAGED])
    )
    assert iam_roles.files(tmp_path / "iam") == [path]
    iam_role = iam_roles.read(read_json(path))
    assert iam_role.name == "tickets-web"
    assert iam_role.create == {
        "RoleName": "tickets-web",
        "Path": "/app/",
        "AssumeRolePolicyDocument": json.dumps(TRUST),
    }
    assert list(iam_role.policies) == ["AmazonECSTaskExecutionRolePolicy", "web"]
    assert "logs:PutLogEvents" in iam_role.policies["AmazonECSTaskExecutionRolePolicy"]


def test_a_boundary_is_accepted_and_not_created(tmp_path: Path) -> None:
    boundary = "arn:aws:iam::876000000876:policy/boundary"
    iam_role = iam_roles.read(read_json(write(tmp_path, role(PermissionsBoundary=boundary))))
    assert "PermissionsBoundary" not in iam_role.create


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_policies_of_awss_own_are_known_in_every_partition(tmp_path: Path, partition: str) -> None:
    name = "AmazonEC2ContainerServiceEventsRole"
    arn = f"arn:{partition}:iam::aws:policy/service-role/{name}"
    iam_role = iam_roles.read(read_json(write(tmp_path, role(ManagedPolicyArns=[arn]))))
    assert "iam:PassRole" in iam_role.policies[name]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{,}", "is not JSON"),
        ({"AssumeRolePolicyDocument": TRUST}, "RoleName is missing"),
        (role(Policy=[]), "Policy is no key of a role's file"),
        ({"RoleName": "a"}, "AssumeRolePolicyDocument has no Statement"),
        (
            role(AssumeRolePolicyDocument={"Version": "2026-11-28", "Statement": [ALLOW]}),
            'AssumeRolePolicyDocument.Version is "2026-11-28", which IAM does not know',
        ),
        (role(Policies={"a": 1}), "Policies is an object, and must be a list"),
        (role(Policies=[{}]), "Policies[0] has no PolicyName"),
        (
            role(Policies=[{**policies(ALLOW)[0], "PolicyName": ["a"]}]),
            "Policies[0].PolicyName is a list",
        ),
        (
            role(Policies=[{**policies(ALLOW)[0], "PolicyName": "a b"}]),
            'Policies[0].PolicyName is "a b"',
        ),
        (role(Policies=policies(ALLOW) * 2), "Policies[1].PolicyName repeats"),
        (
            role(Policies=policies({**ALLOW, "Resource": "arn:aws:s3:::${BUCKET}/*"})),
            "and ${BUCKET} is no variable of policies",
        ),
        (
            role(Policies=policies({**ALLOW, "Resource": ["arn:aws:s3:::a-${AWS::Region}"]})),
            "and ${AWS::Region} is no variable of policies",
        ),
        (
            trusting(Principal={"Service": "ecs-tasks.amazonaw.com"}),
            'Principal.Service is "ecs-tasks.amazonaw.com", which is no service of AWS',
        ),
        (role(Policies=policies()), "Policies[0].PolicyDocument has no Statement"),
        (
            role(Policies=policies({**ALLOW, "Effect": "allow"})),
            'Statement[0] has the Effect "allow"',
        ),
        (role(Policies=policies({"Effect": "Allow", "Action": "s3:*"})), "has no Resource"),
        (
            role(Policies=policies({**ALLOW, "Efect": "Allow"})),
            "Statement[0].Efect is no element of IAM's\n",
        ),
        (role(Policies=policies({**ALLOW, "Sid": "read it"})), 'Statement[0].Sid is "read it"'),
        (role(Policies=policies({**ALLOW, "Sid": ["a"]})), "Statement[0].Sid is a list"),
        (
            role(Policies=policies({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"})),
            'Statement[1].Sid repeats "A"',
        ),
        (
            role(Policies=policies({**ALLOW, "Action": ["s3:GetObject", "s3"]})),
            'Statement[0].Action[1] is "s3", which IAM does not take',
        ),
        (
            role(Policies=policies({**ALLOW, "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}})),
            "Statement[0].Resource is an object, which IAM does not take",
        ),
        (
            role(Policies=policies({**ALLOW, "NotAction": "s3:*"})),
            "Statement[0].NotAction stands beside Action",
        ),
        (
            role(Policies=policies({**ALLOW, "Principal": "*"})),
            "Statement[0].Principal has no place in a role's own policy",
        ),
        (
            role(Policies=policies({**ALLOW, "Condition": [{"StringEquals": {"a": "b"}}]})),
            "Statement[0].Condition is a list, and must be an object",
        ),
        (
            role(Policies=policies({**ALLOW, "Condition": {"StringEqual": {"a": "b"}}})),
            "Statement[0].Condition.StringEqual is no operator of conditions",
        ),
        (
            role(Policies=policies({**ALLOW, "Condition": {"ArnLike": "arn:*"}})),
            "Statement[0].Condition.ArnLike is a string, and must be an object",
        ),
        (
            role(Policies=policies({**ALLOW, "Condition": {"ArnLike": {"aws:SourceArn": {}}}})),
            "Condition.ArnLike.aws:SourceArn is not a text, or a list of texts",
        ),
        (trusting(Principal="ecs-tasks.amazonaws.com"), "Statement[0].Principal is "),
        (trusting(Principal={"Services": "ecs-tasks.amazonaws.com"}), "is no type of principal"),
        (trusting(Principal={"Service": []}), "Principal.Service names nobody"),
        (trusting(Resource="*"), "Statement[0].Resource has no place in a trust policy"),
        (role(Description="\u2603"), "Description has characters, or a form, that AWS does not"),
        (role(ManagedPolicyArns=["arn:aws:iam::aws:policy/Other"]), "whose document is not known"),
        (role(ManagedPolicyArns=[[]]), "ManagedPolicyArns[0] is a list, and must be a string"),
        (role(ManagedPolicyArns="arn:aws"), "ManagedPolicyArns is a string, and must be a list"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(
    tmp_path: Path, content: object, words: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ConfigError) as failure:
        iam_roles.read(read_json(path))
    assert words.replace("{path}", str(path)) in str(failure.value)
    assert str(path) in str(failure.value)
    assert "what to do: " in str(failure.value)


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_widespread_policies_of_aws_are_known(partition: str) -> None:
    document = managed_policy(f"arn:{partition}:iam::aws:policy/AmazonSQSFullAccess")
    assert document is not None
    assert document["Statement"] == [{"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}]
    assert managed_policy(f"arn:{partition}:iam::1:policy/AmazonSQSFullAccess") is None


def test_a_policy_alone_is_no_role(tmp_path: Path) -> None:
    path = write(tmp_path, {"Version": "2012-10-17", "Statement": []})
    with pytest.raises(InputError) as caught:
        iam_roles.read(read_json(path))
    (problem,) = caught.value.problems
    assert problem.message == "is a policy's document, and a role's file is expected"


def test_conditions_of_every_form_that_iam_takes_are_taken(tmp_path: Path) -> None:
    conditions = {
        "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]},
        "Bool": {"aws:SecureTransport": True},
        "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
        "Null": {"aws:TokenIssueTime": "true"},
        "arnlike": {"aws:SourceArn": "arn:aws:s3:::${aws:PrincipalTag/team}"},
    }
    statement = {**ALLOW, "Sid": "", "Action": ["s3:Get*", "*"], "Condition": conditions}
    everyone = trusting(Principal={"AWS": "*", "Service": ["a.amazonaws.com"]})
    content = {**everyone, "Policies": policies(statement, {**ALLOW, "Sid": ""})}
    assert iam_roles.read(read_json(write(tmp_path, content))).name == "tickets-web"
