"""What a policy allows, as AWS evaluates it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.aws.iam_policy import Caller, Need, allows, denial, is_open, trusts

BUCKET = "arn:aws:s3:::876events-tickets-uploads"
PUT = Need("s3:PutObject", f"{BUCKET}/posters/a b.jpg")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([allow("s3:PutObject", f"{BUCKET}/*")], True),
        ([allow(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/*"])], True),
        ([allow("s3:putobject", f"{BUCKET}/*")], True),
        ([allow("s3:Put*", f"{BUCKET}/*")], True),
        ([allow("*")], True),
        ([allow("s3:GetObject", f"{BUCKET}/*")], False),
        ([allow("s3:PutObject", BUCKET)], False),
        ([allow("s3:PutObject", "arn:aws:s3:::other/*")], False),
        ([allow("s3:PutObject", f"{BUCKET}/posters/? b.jpg")], True),
        ([allow("s3:PutObject", f"{BUCKET}/[p]*")], False),
        ([allow("s3:*"), deny("s3:PutObject")], False),
        ([allow("s3:*"), deny("s3:PutObject", "arn:aws:s3:::other/*")], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}], False),
    ],
)
def test_actions_and_resources(statements: list[dict[str, Any]], expected: bool) -> None:
    assert allows([policy(*statements)], PUT) is expected


def test_one_statement_need_not_be_in_a_list_and_policies_add_up() -> None:
    single = {"Version": "2012-10-17", "Statement": allow("s3:PutObject")}
    assert allows([policy(), single], PUT)
    assert not allows([single, policy(deny("s3:*"))], PUT)


def test_a_resource_that_nobody_knows_is_any() -> None:
    assert allows(
        [policy(allow("kms:Decrypt", "arn:aws:kms:us-east-1:1:key/a"))], Need("kms:Decrypt")
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"ses:FromAddress": "a@b.example"}}, True),
        ({"StringEquals": {"ses:FromAddress": ["x@b.example", "a@b.example"]}}, True),
        ({"StringEquals": {"ses:FromAddress": "x@b.example"}}, False),
        ({"StringNotEquals": {"ses:FromAddress": "x@b.example"}}, True),
        ({"StringLike": {"ses:FromAddress": "*@b.example"}}, True),
        ({"StringNotLike": {"ses:FromAddress": "*@b.example"}}, False),
        ({"StringEqualsIgnoreCase": {"ses:FromAddress": "A@B.example"}}, True),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@b.example"}}, False),
        ({"ForAnyValue:StringLike": {"ses:Recipients": "*@b.example"}}, True),
        ({"StringEquals": {"ses:Absent": "a"}}, False),
        ({"StringEqualsIfExists": {"ses:Absent": "a"}}, True),
        ({"StringNotEquals": {"ses:Absent": "a"}}, True),
        ({"Null": {"ses:Absent": "true"}}, True),
        ({"Null": {"ses:FromAddress": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"NumericLessThan": {"ses:FromAddress": "1"}}, True),
    ],
)
def test_conditions_of_an_allow(condition: dict[str, Any], expected: bool) -> None:
    need = Need(
        "ses:SendRawEmail",
        context={
            "ses:fromaddress": ("a@b.example",),
            "ses:recipients": ("c@b.example", "d@elsewhere.example"),
            "ses:absent": (),
            "aws:securetransport": ("true",),
        },
    )
    assert allows([policy(allow("ses:*", Condition=condition))], need) is expected


def test_a_deny_whose_condition_nobody_can_judge_does_not_deny() -> None:
    only_inside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    assert allows([policy(allow("s3:*"), deny("s3:*", Condition=only_inside))], PUT)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    known = Need(PUT.action, PUT.resource, {"aws:securetransport": ("true",)})
    assert allows([policy(allow("s3:*"), deny("s3:*", Condition=insecure))], known)


def trust(service: str, **condition: Any) -> dict[str, Any]:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    )


def test_a_role_trusts_the_service_it_names_under_its_conditions() -> None:
    here = {
        "aws:SourceAccount": "876000000876",
        "aws:SourceArn": "arn:aws:ecs:us-east-1:876:task/a",
    }
    ecs = "ecs-tasks.amazonaws.com"
    assert trusts(trust(ecs), ecs, here)
    assert not trusts(trust("ec2.amazonaws.com"), ecs, here)
    assert trusts(trust(ecs, StringEquals={"aws:SourceAccount": "876000000876"}), ecs, here)
    assert not trusts(trust(ecs, StringEquals={"aws:SourceAccount": "111111111111"}), ecs, here)
    assert trusts(trust(ecs, ArnLike={"aws:SourceArn": "arn:aws:ecs:us-east-1:876:*"}), ecs, here)
    assert not trusts(trust(ecs, ArnLike={"aws:SourceArn": "arn:aws:ecs:eu-*:876:*"}), ecs, here)


ROLE = "arn:aws:iam::876000000876:role/tickets-web-task"
CALLER = Caller("arn:aws:sts::876000000876:assumed-role/tickets-web-task/1", ROLE)
NOT_ALLOWED = "because no identity-based policy allows the s3:PutObject action"
DENIED = "with an explicit deny in a resource-based policy"


@pytest.mark.parametrize(
    ("own", "attached", "expected"),
    [
        (allow("s3:*"), allow("s3:GetObject", Principal="*"), ""),
        (allow("s3:GetObject"), allow("s3:PutObject", Principal={"AWS": ROLE}), ""),
        (allow("s3:GetObject"), allow("s3:PutObject", Principal={"AWS": [CALLER.arn]}), ""),
        (
            allow("s3:GetObject"),
            allow("s3:*", Principal={"AWS": "arn:aws:iam::876000000876:root"}),
            NOT_ALLOWED,
        ),
        (allow("s3:GetObject"), allow("s3:*", Principal={"AWS": f"{ROLE}-2"}), NOT_ALLOWED),
        (
            allow("s3:GetObject"),
            allow("s3:*", Principal={"Service": "logging.s3.amazonaws.com"}),
            NOT_ALLOWED,
        ),
        (allow("s3:*"), deny("s3:PutObject", f"{BUCKET}/*", Principal="*"), DENIED),
        (allow("s3:*"), deny("s3:*", Principal={"AWS": "876000000876"}), DENIED),
        (allow("s3:*"), deny("s3:*", NotPrincipal={"AWS": ROLE}), ""),
        (allow("s3:*"), deny("s3:*", NotPrincipal={"AWS": f"{ROLE}-2"}), DENIED),
        (
            allow("s3:*"),
            deny("s3:*", NotPrincipal={"AWS": "arn:aws:iam::876000000876:root"}),
            DENIED,
        ),
        (
            deny("s3:PutObject"),
            allow("s3:*", Principal="*"),
            "with an explicit deny in an identity-based policy",
        ),
    ],
)
def test_the_resources_own_policy(
    own: dict[str, Any], attached: dict[str, Any], expected: str
) -> None:
    assert denial([policy(own)], PUT, attached=policy(attached), caller=CALLER) == expected


def test_a_deny_of_uploads_without_a_header_for_encryption() -> None:
    without = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    attached = policy(deny("s3:PutObject", f"{BUCKET}/*", Principal="*", Condition=without))
    bare = Need(PUT.action, PUT.resource, {"s3:x-amz-server-side-encryption": ()})
    sent = Need(PUT.action, PUT.resource, {"s3:x-amz-server-side-encryption": ("aws:kms",)})
    own = [policy(allow("s3:*"))]
    assert denial(own, bare, attached=attached, caller=CALLER) == DENIED
    assert denial(own, sent, attached=attached, caller=CALLER) == ""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("s3:GetObject", Principal="*"), True),
        (allow("s3:GetObject", Principal={"AWS": ["*"]}), True),
        (deny("s3:GetObject", Principal="*"), False),
        (allow("s3:GetObject", Principal={"AWS": ROLE}), False),
        (
            allow(
                "s3:GetObject",
                Principal="*",
                Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}},
            ),
            False,
        ),
        (
            allow(
                "s3:GetObject",
                Principal="*",
                Condition={"StringLike": {"aws:Referer": "https://876events.example/*"}},
            ),
            True,
        ),
    ],
)
def test_what_lets_the_world_in(statement: dict[str, Any], expected: bool) -> None:
    assert is_open(statement) is expected
