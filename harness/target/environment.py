"""The variables with which AWS's own tools, and the target aws, use a local stack as an account."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of
from harness.target.clients import aws
from harness.target.observer import POLICY_NAME, ROLE_NAME, policy, trust

if TYPE_CHECKING:
    from harness.target.access import Access


def exports(access: Access) -> list[str]:
    """Return one shell line for each variable: endpoints, credentials, region, CA and address.

    The credentials are those of a role with the policy that docs/aws.md gives an observer. They
    are valid in this stack only.
    """
    credentials = _observe(access)
    variables = {
        "AWS_ENDPOINT_URL": access.emulator,
        "AWS_ENDPOINT_URL_ECS": access.control,
        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": access.control,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": access.region,
        "AWS_DEFAULT_REGION": access.region,
        "SSL_CERT_FILE": access.ca_file,
        "CUTOVER_CONNECT_TO": access.https,
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def _observe(access: Access) -> dict[str, str]:
    """Make the observer's role in the stack's account, and assume it."""
    iam = aws.aws(access, "iam")
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=ROLE_NAME, AssumeRolePolicyDocument=json.dumps(trust(access)))
    iam.put_role_policy(
        RoleName=ROLE_NAME, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(policy(access))
    )
    sts: Any = aws.aws(access, "sts")
    answer = sts.assume_role(
        RoleArn=f"arn:{partition_of(access.region)}:iam::{access.account_id}:role/{ROLE_NAME}",
        RoleSessionName=ROLE_NAME,
    )
    credentials: dict[str, str] = answer["Credentials"]
    return credentials
