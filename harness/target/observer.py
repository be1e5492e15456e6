"""The IAM role of an operator who observes an account: it reads, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of

if TYPE_CHECKING:
    from harness.target.access import Access

ROLE_NAME = "cutover-observer"
POLICY_NAME = "observe"
ACTIONS = (
    *("ecs:DescribeClusters", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"),
    *("ecs:DescribeTasks", "ecs:ListTasks"),
    *("elasticloadbalancing:DescribeLoadBalancers",),
    *("elasticloadbalancing:DescribeLoadBalancerAttributes",),
    *("elasticloadbalancing:DescribeTargetGroups",),
    *("elasticloadbalancing:DescribeTargetGroupAttributes",),
    *("elasticloadbalancing:DescribeTargetHealth",),
    *("events:DescribeRule", "events:ListTargetsByRule"),
    *("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListRoles"),
    *("iam:ListAttachedRolePolicies",),
    *("s3:ListBucket", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock"),
    *("s3:GetBucketOwnershipControls",),
    *("secretsmanager:DescribeSecret",),
    *("sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
)
"""IAM actions of every call that the harness makes to an account that it observes."""


def policy(access: Access) -> dict[str, Any]:
    """Return the policy: what is read, and the one secret whose value is, the probe's."""
    statements: list[dict[str, Any]] = [
        {"Sid": "Read", "Effect": "Allow", "Action": list(ACTIONS), "Resource": "*"}
    ]
    if "probe" in access.secrets:
        name = access.secrets["probe"]
        arn = f"arn:{partition_of(access.region)}:secretsmanager:{access.region}"
        statements.append(
            {
                "Sid": "ReadTheProbesKey",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": f"{arn}:{access.account_id}:secret:{name}-??????",
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def trust(access: Access) -> dict[str, Any]:
    """Return a trust policy for the account's own users."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "AWS": f"arn:{partition_of(access.region)}:iam::{access.account_id}:root"
                },
                "Action": "sts:AssumeRole",
            }
        ],
    }
