"""The IAM role of an operator that observes an account: it reads, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of
from harness.aws.value_from import parse_parameter

if TYPE_CHECKING:
    from harness.target.access import Access

ROLE_NAME = "cutover-observer"
POLICY_NAME = "observe"
ACTIONS = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:GetMetricData",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ecr:DescribeImageScanFindings",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListTasks",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetHealth",
    "events:DescribeRule",
    "events:ListRuleNamesByTarget",
    "events:ListTargetsByRule",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "scheduler:GetSchedule",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListRolePolicies",
    "iam:ListAttachedRolePolicies",
    "iam:SimulatePrincipalPolicy",
    "logs:DescribeLogGroups",
    "logs:FilterLogEvents",
    "rds:DescribeDBClusterParameters",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargetGroups",
    "rds:DescribeDBProxyTargets",
    "route53:ListHostedZonesByName",
    "route53:ListResourceRecordSets",
    "s3:ListBucket",
    "s3:GetBucketCORS",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "secretsmanager:DescribeSecret",
    "servicequotas:GetServiceQuota",
    "ses:GetAccount",
    "ses:GetEmailIdentity",
    "ses:GetIdentityVerificationAttributes",
    "ses:ListIdentities",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListQueues",
    "ssm:DescribeParameters",
)
"""IAM actions of every call that the harness makes to an account that it observes."""

_ACTIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}
"""Operations that IAM names otherwise.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html.
"""
NEEDS_NO_RIGHT = "sts:GetCallerIdentity"


def action(operation: str) -> str:
    """Return the IAM action of an operation, as ``s3:ListBucket`` of ``s3:HeadBucket``."""
    return _ACTIONS.get(operation, operation)


def policy(access: Access) -> dict[str, Any]:
    """Return the policy: it reads, and of all secrets only the value of the probe's key."""
    statements: list[dict[str, Any]] = [
        {"Sid": "Read", "Effect": "Allow", "Action": list(ACTIONS), "Resource": "*"}
    ]
    if access.probe_parameter or "probe" in access.secrets:
        action, resource = _probe_key(access)
        statements.append(
            {
                "Sid": "ReadTheProbesKey",
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _probe_key(access: Access) -> tuple[str, str]:
    """Return the action that reads the probe's key, and the ARN of its secret or parameter."""
    partition = partition_of(access.region)
    if not access.probe_parameter:
        secret = f"secret:{access.secrets['probe']}-??????"
        arn = f"arn:{partition}:secretsmanager:{access.region}:{access.account_id}:{secret}"
        return "secretsmanager:GetSecretValue", arn
    reference = parse_parameter(access.probe_parameter)
    region, account = reference.region or access.region, reference.account or access.account_id
    return "ssm:GetParameters", f"arn:{partition}:ssm:{region}:{account}:{reference.resource}"


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
