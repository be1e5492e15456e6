"""The calls that a policy allows, as AWS evaluates it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.aws.iam_policy import (
    Caller,
    Need,
    allowed_folder,
    allows,
    applicable_deny,
    denial,
    is_open,
    trusts,
    unmet_allow,
)

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
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"NumericLessThan": {"ses:FromAddress": "1"}}, False),
        ({"OperatorOfTheFuture": {"ses:FromAddress": "1"}}, True),
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


CONTEXT = {
    "s3:max-keys": ("10",),
    "s3:signatureage": ("0.5",),
    "aws:sourceip": ("203.0.113.7",),
    "aws:vpcsourceip": ("2001:db8::7",),
    "aws:currenttime": ("2026-11-27T12:00:00Z",),
    "aws:epochtime": ("1795780800",),
    "aws:principaltag/team": ("events",),
    "aws:principaltag/odd": ("a*",),
    "aws:principaltag/none": (),
    "s3:prefix": ("events/2026",),
    "aws:principalaccount": ("876000000876",),
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"NumericEquals": {"s3:max-keys": "10.0"}}, True),
        ({"NumericEquals": {"s3:max-keys": ["9", "10"]}}, True),
        ({"NumericNotEquals": {"s3:max-keys": "10"}}, False),
        ({"NumericNotEquals": {"s3:max-keys": "11"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, False),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, True),
        ({"NumericGreaterThan": {"s3:max-keys": 9}}, True),
        ({"NumericGreaterThanEquals": {"s3:max-keys": "11"}}, False),
        ({"NumericLessThan": {"s3:signatureage": "1"}}, True),
        ({"NumericLessThan": {"s3:max-keys": "many"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-27T12:00:01Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-27"}}, False),
        ({"DateLessThanEquals": {"aws:CurrentTime": "2026-11-27T14:00:00+02:00"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-12"}}, False),
        ({"DateGreaterThanEquals": {"aws:CurrentTime": "1795780800"}}, True),
        ({"DateEquals": {"aws:EpochTime": "2026-11-27T12:00:00Z"}}, True),
        ({"DateNotEquals": {"aws:EpochTime": "2026-11-27T12:00:00Z"}}, False),
        ({"DateEquals": {"aws:CurrentTime": "yesterday"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.7"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, False),
        ({"IpAddress": {"aws:SourceIp": "the office"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "2001:db8::/32"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}/2026"}}, True),
        ({"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}, True),
        ({"StringNotLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}, False),
        ({"StringEquals": {"s3:prefix": "${aws:PrincipalTag/none}/2026"}}, False),
        ({"StringEquals": {"s3:prefix": "${aws:PrincipalTag/none, 'events'}/2026"}}, True),
        ({"StringEquals": {"s3:prefix": "${aws:username}/2026"}}, True),
        ({"StringLike": {"s3:prefix": "${aws:PrincipalTag/odd}"}}, False),
        ({"NumericEquals": {"s3:max-keys": "${s3:max-keys}"}}, False),
    ],
)
def test_conditions_on_numbers_dates_addresses_and_variables(
    condition: dict[str, Any], expected: bool
) -> None:
    need = Need("s3:ListBucket", context=CONTEXT)
    assert allows([policy(allow("s3:*", Condition=condition))], need) is expected


def test_the_time_of_a_call_is_known() -> None:
    past = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    future = {"DateGreaterThan": {"aws:EpochTime": "1577836800"}}
    assert not allows([policy(allow("s3:*", Condition=past))], PUT)
    assert allows([policy(allow("s3:*", Condition=future))], PUT)
    assert not allows([policy(allow("s3:*"), deny("s3:*", Condition=future))], PUT)


@pytest.mark.parametrize(
    ("resource", "version", "expected"),
    [
        (f"{BUCKET}/${{aws:PrincipalTag/team}}/*", "2012-10-17", True),
        (f"{BUCKET}/${{aws:principaltag/TEAM}}/*", "2012-10-17", True),
        (f"{BUCKET}/${{aws:PrincipalTag/none, 'events'}}/*", "2012-10-17", True),
        (f"{BUCKET}/${{aws:PrincipalTag/none}}/*", "2012-10-17", False),
        (f"{BUCKET}/${{aws:PrincipalTag/odd}}*", "2012-10-17", False),
        (f"{BUCKET}/events/${{*}}.jpg", "2012-10-17", True),
        (f"{BUCKET}/${{aws:PrincipalTag/team}}/*", "2008-10-17", False),
        (f"{BUCKET}/${{aws:username}}/*", "2012-10-17", True),
    ],
)
def test_variables_in_a_resource(resource: str, version: str, expected: bool) -> None:
    document = {**policy(allow("s3:*", resource)), "Version": version}
    assert allows([document], Need("s3:PutObject", f"{BUCKET}/events/*.jpg", CONTEXT)) is expected


def test_a_deny_with_a_variable_that_nobody_knows_does_not_deny() -> None:
    personal = deny("s3:*", f"{BUCKET}/${{aws:username}}/*")
    assert allows([policy(allow("s3:*"), personal)], PUT)
    spared = {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{BUCKET}/${{aws:username}}/*"}
    assert allows([policy(allow("s3:*"), spared)], PUT)


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


def test_the_region_of_a_call_is_that_of_its_resource() -> None:
    condition = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    documents = [policy(allow("sqs:*"), deny("*", Condition=condition))]
    assert not allows(documents, Need("sqs:SendMessage", "arn:aws:sqs:us-east-1:1:jobs"))
    assert allows(documents, Need("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:jobs"))


def test_a_deny_is_told_by_its_sid_and_condition() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalTag/team": ["web", "shop"]}}
    named = deny("s3:PutObject", Sid="TeamsOnly", Principal="*", Condition=condition)
    need = replace(PUT, context={"aws:principaltag/team": ("office",)})
    reason = applicable_deny([policy(allow("s3:*"))], need, attached=policy(named), caller=CALLER)
    assert reason == "TeamsOnly: Deny if StringNotEquals aws:PrincipalTag/team web or shop"
    assert applicable_deny([policy(deny("s3:*"))], PUT) == "a statement without a Sid: Deny"
    assert applicable_deny([policy(allow("s3:*"))], PUT) == ""


def test_an_allow_with_a_condition_that_is_not_met_is_named() -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    need = replace(PUT, context={"aws:requestedregion": ("us-east-1",)})
    reason = unmet_allow([policy(allow("s3:*", Sid="Uploads", Condition=condition))], need)
    assert reason == "Uploads: Allow if StringEquals aws:RequestedRegion eu-west-1"
    assert unmet_allow([policy(allow("sqs:*", Condition=condition))], need) == ""
    assert unmet_allow([policy(allow("s3:*"))], need) == ""


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


SHARED = "arn:aws:s3:::uploads"


@pytest.mark.parametrize(
    ("resources", "folder"),
    [
        (f"{SHARED}/*", ""),
        (f"{SHARED}/production/*", "production/"),
        ([f"{SHARED}/index.html", f"{SHARED}/posters-*"], "posters-"),
        ([f"{SHARED}/${{aws:username}}/*", f"{SHARED}/a?/*"], ""),
        ([f"{SHARED}/production/*", "*"], ""),
        ("arn:aws:s3:::others/*", ""),
    ],
)
def test_the_folder_that_a_role_may_write_to(resources: Any, folder: str) -> None:
    document = policy({"Effect": "Allow", "Action": "s3:*Object", "Resource": resources})
    assert allowed_folder([document], action="s3:PutObject", bucket=SHARED) == folder


def test_a_folder_that_is_denied_is_none() -> None:
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"{SHARED}/{name}/*"} for name in "ab"
    ]
    refused = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{SHARED}/a/*"}
    document = policy(*statements, refused)
    assert allowed_folder([document], action="s3:PutObject", bucket=SHARED) == "b/"
