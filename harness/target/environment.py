"""The variables with which AWS's own tools, and the target aws, use a local stack as an account."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.aws.arn import partition_of
from harness.standins.contract import MAIL_EVENTS_SET
from harness.target import observer, rehearser
from harness.target.access import REHEARSE
from harness.target.changes.permissions import arn_of
from harness.target.clients import aws
from harness.target.level import TAG, TAG_VALUE
from harness.target.resources.task_logs import awslogs_groups

if TYPE_CHECKING:
    from harness.target.access import Access


def exports(access: Access, *, level: str) -> list[str]:
    """Return one shell line for each variable: endpoints, credentials, region, CA and address.

    The credentials are those of a role with the policy that docs/aws.md gives an operator of this
    level. They are valid in this stack only. For the level rehearse the cluster gets its tag.
    """
    _make_log_groups(access)
    _make_mail_events(access)
    _make_mail_receipt(access)
    credentials = _assume(access, rehearser if level == REHEARSE else observer)
    if level == REHEARSE:
        aws.aws(access, "ecs").tag_resource(
            resourceArn=arn_of(access, "ecs", f"cluster/{access.cluster}"),
            tags=[{"key": TAG, "value": TAG_VALUE}],
        )
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


def _make_log_groups(access: Access) -> None:
    """Make the log groups of the app's tasks, so that control ships their lines there."""
    ecs, logs = aws.aws(access, "ecs"), aws.aws(access, "logs")
    for family in access.php_containers:
        definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        for group in awslogs_groups(definition):
            with suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group)


def _make_mail_events(access: Access) -> None:
    """Let SES publish its events of each mail to a topic, and the topic to the queue."""
    name = access.resources.get("mail_events")
    if not name:
        return
    ses, sns, sqs = (aws.aws(access, service) for service in ("ses", "sns", "sqs"))
    sqs.create_queue(QueueName=name)
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn_of(access, "sqs", name),
        Attributes={"RawMessageDelivery": "true"},
    )
    with suppress(ses.exceptions.ConfigurationSetAlreadyExistsException):
        ses.create_configuration_set(ConfigurationSet={"Name": MAIL_EVENTS_SET})
    destination = {
        "Name": name,
        "Enabled": True,
        "MatchingEventTypes": ["send", "delivery"],
        "SNSDestination": {"TopicARN": topic},
    }
    for configuration_set in ses.list_configuration_sets()["ConfigurationSets"]:
        with suppress(ses.exceptions.EventDestinationAlreadyExistsException):
            ses.create_configuration_set_event_destination(
                ConfigurationSetName=configuration_set["Name"], EventDestination=destination
            )


def _make_mail_receipt(access: Access) -> None:
    """Let SES keep the mails to the receipt rule's recipient in the rule's bucket."""
    receipt = access.mail_receipt
    if receipt is None:
        return
    ses, s3 = aws.aws(access, "ses"), aws.aws(access, "s3")
    # S3 takes no constraint for us-east-1.
    place = {"LocationConstraint": access.region} if access.region != "us-east-1" else {}
    where = {"CreateBucketConfiguration": place} if place else {}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=receipt.bucket, **where)
    with suppress(ses.exceptions.AlreadyExistsException):
        ses.create_receipt_rule_set(RuleSetName=receipt.bucket)
        action = {"BucketName": receipt.bucket, "ObjectKeyPrefix": receipt.prefix}
        ses.create_receipt_rule(
            RuleSetName=receipt.bucket,
            Rule={
                "Name": "rehearsal",
                "Enabled": True,
                "Recipients": [receipt.recipient],
                "Actions": [{"S3Action": action}],
            },
        )
        ses.set_active_receipt_rule_set(RuleSetName=receipt.bucket)


def _assume(access: Access, role: Any) -> dict[str, str]:
    """Make an operator's role in the stack's account, and assume it."""
    iam, name = aws.aws(access, "iam"), role.ROLE_NAME
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        trust = json.dumps(observer.trust(access))
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(
        RoleName=name,
        PolicyName=role.POLICY_NAME,
        PolicyDocument=json.dumps(role.policy(access)),
    )
    sts: Any = aws.aws(access, "sts")
    answer = sts.assume_role(
        RoleArn=f"arn:{partition_of(access.region)}:iam::{access.account_id}:role/{name}",
        RoleSessionName=name,
    )
    credentials: dict[str, str] = answer["Credentials"]
    return credentials
