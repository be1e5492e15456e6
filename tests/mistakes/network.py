"""Mistakes of the security groups."""

from __future__ import annotations

import json

from scenarios import test_network as network
from tests.mistakes.edits import (
    BUCKET_NAME,
    TASKS_GROUP_ID,
    Edit,
    edit_json,
    edit_security_group,
    permission,
)
from tests.mistakes.mistake import USAGE, Mistake, Twin

NETWORK = "app/aws/network.json"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET_NAME}"
LAYERS_ARN = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket"


def let_through_to_s3(*resources: str) -> Edit:
    """Give the gateway endpoint of S3 a policy for these resources."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resources}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return edit_json(
        NETWORK, lambda document: document["CreateVpcEndpoint"][0].update(PolicyDocument=policy)
    )


MISTAKES = (
    Mistake(
        "the endpoint of S3 lets nobody fetch the image's layers",
        let_through_to_s3(BUCKET_ARN, f"{BUCKET_ARN}/*"),
        cause="which the pull of images from ECR needs",
        exit_code=USAGE,
        also_green=[network.test_declared_connections_succeed],
        twin=Twin(
            "the endpoint of S3 is for the bucket and the image's layers",
            let_through_to_s3(BUCKET_ARN, f"{BUCKET_ARN}/*", f"{LAYERS_ARN}/*"),
        ),
    ),
    Mistake(
        "the endpoint of S3 is for the bucket of another app",
        let_through_to_s3("arn:aws:s3:::876events-shop/*", f"{LAYERS_ARN}/*"),
        cause=f"does not allow s3:GetObject on {BUCKET_ARN}/cutover",
        exit_code=USAGE,
    ),
    Mistake(
        "the tasks' security group is open to the world",
        edit_security_group(
            "tickets-tasks", lambda rules: rules.append(permission("0.0.0.0/0", 8080))
        ),
        breaks=[network.test_security_groups_admit_no_strangers],
        cause="the security group of tasks admits 0.0.0.0/0 on port 8080",
        also_green=[
            network.test_declared_connections_succeed,
            network.test_undeclared_connections_are_dropped,
        ],
        twin=Twin(
            "the tasks' security group is open to its VPC, and to each other",
            edit_security_group(
                "tickets-tasks",
                lambda rules: rules.extend(
                    [permission("10.40.0.0/16", 8081), permission(TASKS_GROUP_ID, 8082)]
                ),
            ),
        ),
    ),
    Mistake(
        "the database's security group admits the tasks too",
        edit_security_group(
            "tickets-database", lambda rules: rules.append(permission(TASKS_GROUP_ID, 3306))
        ),
        breaks=[network.test_security_groups_admit_no_strangers],
        cause="the security group of mysql admits tasks on port 3306",
        also_green=[
            network.test_declared_connections_succeed,
            network.test_undeclared_connections_are_dropped,
        ],
    ),
)
