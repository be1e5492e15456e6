"""Policies of AWS's own that roles of an app have: their documents, which no file of a team holds.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html. Statements
about services that no rehearsal has are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PARTITION = re.compile(r"arn:[\w-]+:iam::aws:policy/")


def _allow(*actions: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {**allowed, "Condition": condition} if condition else allowed


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


MANAGED: Mapping[str, Mapping[str, Any]] = {
    "service-role/AmazonECSTaskExecutionRolePolicy": _policy(
        _allow(
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        )
    ),
    "service-role/AmazonEC2ContainerServiceEventsRole": _policy(
        _allow("ecs:RunTask"),
        _allow(
            "iam:PassRole",
            condition={"StringLike": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        _allow("ecs:TagResource", condition={"StringEquals": {"ecs:CreateAction": ["RunTask"]}}),
    ),
    "AdministratorAccess": _policy(_allow("*")),
    "AmazonEC2ContainerRegistryReadOnly": _policy(
        _allow(
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:DescribeRepositories",
            "ecr:ListImages",
            "ecr:DescribeImages",
            "ecr:BatchGetImage",
            "ecr:GetLifecyclePolicy",
            "ecr:GetLifecyclePolicyPreview",
            "ecr:ListTagsForResource",
            "ecr:DescribeImageScanFindings",
        )
    ),
    "AmazonS3FullAccess": _policy(_allow("s3:*", "s3-object-lambda:*")),
    "AmazonS3ReadOnlyAccess": _policy(_allow("s3:Get*", "s3:List*", "s3:Describe*")),
    "AmazonSESFullAccess": _policy(_allow("ses:*")),
    "AmazonSNSFullAccess": _policy(_allow("sns:*")),
    "AmazonSQSFullAccess": _policy(_allow("sqs:*")),
    "AmazonSSMManagedInstanceCore": _policy(
        _allow(
            "ssm:DescribeAssociation",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:DescribeDocument",
            "ssm:GetManifest",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:ListAssociations",
            "ssm:ListInstanceAssociations",
            "ssm:PutInventory",
            "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult",
            "ssm:UpdateAssociationStatus",
            "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation",
        ),
        _allow(
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ),
    ),
    "AmazonSSMReadOnlyAccess": _policy(_allow("ssm:Describe*", "ssm:Get*", "ssm:List*")),
    "CloudWatchLogsFullAccess": _policy(_allow("logs:*", "cloudwatch:GenerateQuery")),
    "SecretsManagerReadWrite": _policy(
        _allow("secretsmanager:*", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys")
    ),
    "AWSXRayDaemonWriteAccess": _policy(
        _allow(
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries",
        )
    ),
}
"""Path and name of a policy to its document."""


def managed_policy(arn: str) -> Mapping[str, Any] | None:
    """Return the document of a policy of AWS's own, in any partition; None if it is not known."""
    return MANAGED.get(_PARTITION.sub("", arn)) if _PARTITION.match(arn) else None
