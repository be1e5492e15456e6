"""Policies of roles, and rules of security groups, in the ways that teams write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.mistakes.edits import (
    BUCKET_NAME,
    EXECUTION_ROLE,
    SECURITY_GROUPS,
    Edit,
    combine,
    edit_json,
    replace,
)
from tests.variants.edits import add_statement
from tests.variants.resources import TASK_ROLES
from tests.variants.variant import Variant

TASKS_MAY = [
    {
        "Effect": "Allow",
        "Action": ["s3:*Object*", "s3:List*", "s3:GetBucketLocation"],
        "Resource": [f"arn:aws:s3:::{BUCKET_NAME.rpartition('-')[0]}-*"],
    },
    {
        "Effect": "Allow",
        "Action": "sqs:*",
        "Resource": "arn:aws:sqs:*:876000000876:tickets-*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
    },
    {
        "Effect": "Allow",
        "Action": ["ses:Send*", "ssmmessages:Create*", "ssmmessages:Open*", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringLikeIfExists": {"aws:ResourceTag/team": "sh*p"}},
    },
    {
        "Sid": "NeverInTheClear",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {
        "Effect": "Deny",
        "NotAction": ["s3:*", "sqs:*", "ses:*", "ssmmessages:*", "kms:*", "sts:*", "logs:*"],
        "NotResource": f"arn:aws:s3:::{BUCKET_NAME}/*",
    },
]
"""Wildcards, conditions and denials, none of which takes from a task anything that it needs."""


def write_widely(role: dict[str, Any]) -> None:
    """Give a task's role these statements alone, and the trust policy of AWS's console."""
    role["Policies"] = [
        {
            "PolicyName": "shop",
            "PolicyDocument": {"Version": "2012-10-17", "Id": "shop", "Statement": TASKS_MAY},
        }
    ]
    role["AssumeRolePolicyDocument"] = {
        "Version": "2008-10-17",
        "Statement": [
            {
                "Sid": "",
                "Effect": "Allow",
                "Principal": {"Service": ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }


def describe_groups(document: dict[str, Any]) -> None:
    """Write the groups as they are described, with addresses in place of some groups."""
    for group in document["SecurityGroups"]:
        arn = f"arn:aws:ec2:us-east-1:876000000876:security-group/{group['GroupId']}"
        group.update(OwnerId="876000000876", SecurityGroupArn=arn, Tags=[{"Key": "a", "Value": ""}])
        for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"]):
            for name in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
                rule.setdefault(name, [])
            for pair in rule["UserIdGroupPairs"]:
                pair["UserId"] = "876000000876"
    balancer, tasks, proxy, database, endpoints = document["SecurityGroups"]
    balancer["IpPermissions"][1]["Ipv6Ranges"] = [{"CidrIpv6": "::/0", "Description": "visitors"}]
    itself = {"GroupId": tasks["GroupId"], "Description": "each other"}
    tasks["IpPermissions"].append({"IpProtocol": "-1", "UserIdGroupPairs": [itself]})
    tasks["IpPermissions"][0].update(FromPort=8000, ToPort=8999)
    operators = {"CidrIp": "10.40.200.0/24", "Description": "bastion"}
    database["IpPermissions"][0]["IpRanges"] = [operators]
    subnets = [{"CidrIp": "10.40.16.0/20"}, {"CidrIp": "10.40.32.0/20"}]
    proxy["IpPermissions"][0].update(UserIdGroupPairs=[], IpRanges=subnets)
    peer = {"GroupId": "sg-0e9", "UserId": "999988887777", "VpcPeeringConnectionId": "pcx-0a1"}
    database["IpPermissions"].append(
        {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "UserIdGroupPairs": [peer]}
    )
    document["SecurityGroups"].append(
        {
            "GroupId": "sg-0a40c1e2f3b4a5110",
            "GroupName": "vpn",
            "IpPermissions": [{"IpProtocol": "50", "IpRanges": [{"CidrIp": "203.0.113.7/32"}]}],
            "IpPermissionsEgress": [],
        }
    )
    endpoints["IpPermissions"][0].update(
        UserIdGroupPairs=[], IpRanges=[{"CidrIp": "10.40.0.0/16", "Description": "the VPC"}]
    )


POLICIES = [
    Variant(
        "roles of tasks have wildcards, conditions, denials and a wide trust",
        combine(*(edit_json(role, write_widely) for role in TASK_ROLES)),
    ),
    Variant(
        "the execution role may do more than a task needs",
        combine(
            add_statement(
                EXECUTION_ROLE,
                Action=["ssm:GetParameters", "kms:Decrypt", "logs:CreateLogGroup", "s3:GetObject"],
                Resource="*",
            ),
            add_statement(EXECUTION_ROLE, Action="secretsmanager:Get*", Resource="*"),
        ),
    ),
    Variant(
        "the execution role's policies are text",
        edit_json(
            EXECUTION_ROLE,
            lambda document: document["Policies"][0].update(
                PolicyDocument=json.dumps(document["Policies"][0]["PolicyDocument"])
            ),
        ),
    ),
]
GROUPS = [
    Variant(
        "security groups have ranges of ports and addresses, and themselves",
        edit_json(SECURITY_GROUPS, describe_groups),
    ),
]


def use_a_folder(root: Path) -> None:
    """Let the roles use one folder of the bucket, which the app's disk keeps to."""
    for role in TASK_ROLES:
        path = root / role
        path.write_text(path.read_text().replace(f"{BUCKET_NAME}/*", f"{BUCKET_NAME}/production/*"))


FOLDERS = [
    Variant(
        "the roles may use one folder of the bucket, which is the disk's root",
        combine(
            Edit(TASK_ROLES, use_a_folder),
            replace(
                "app/config/filesystems.php",
                "            'bucket' => env('AWS_BUCKET'),",
                "            'bucket' => env('AWS_BUCKET'),\n            'root' => 'production',",
            ),
        ),
    ),
]
