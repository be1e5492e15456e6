"""The app's bucket, queues, mail identity and schedule, made from the files that production uses.

Receives clients. The one place where a call differs from production's is the rule's target: on AWS
it is an ECS task; here it is a queue, which control reads and turns into RunTask.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from harness.aws import environment_file, eventbridge
from harness.aws.task_definition import family_of
from harness.core.errors import ProvisionError
from harness.inputs.files import listeners

if TYPE_CHECKING:
    from types_boto3_ecs import ECSClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_events import EventBridgeClient
    from types_boto3_iam import IAMClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ses import SESClient
    from types_boto3_sqs import SQSClient

    from harness.aws.task_definition import TaskDefinition
    from harness.core.redact import Secret
    from harness.inputs.files.api_calls import CallFile
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production

TICKS_VISIBILITY_S = 10
"""Seconds until a tick with a refused RunTask is tried again."""
_TARGET_ID = "ticks"
_NOT_NAMED = "us-east-1"
"""The one region that CreateBucket takes only where none is named."""


def make(client: S3Client | SQSClient | SESClient, file: CallFile) -> None:
    """Make the calls of a file, in its order."""
    for call in file.calls:
        getattr(client, call.method)(**call.sent)


def make_schedule(
    events: EventBridgeClient,
    sqs: SQSClient,
    schedule: Schedule,
    *,
    scheduler: Any,
) -> None:
    """Create the rule, with a queue as its target; or the schedule, and a rule for its ticks.

    PutTargets is called exactly once: in the emulator, each call ever made adds a tick a minute.
    The emulator keeps schedules of EventBridge Scheduler and runs none. Their time zone is not
    known to the rule, and one that runs once has no ticks here.

    Raises:
        ProvisionError: The rule or its target was not accepted.
    """
    queue = sqs.create_queue(
        QueueName=schedule.queue,
        Attributes={
            "VisibilityTimeout": str(TICKS_VISIBILITY_S),
            "MessageRetentionPeriod": str(max(60, schedule.maximum_age_s)),
        },
    )
    arn = sqs.get_queue_attributes(QueueUrl=queue["QueueUrl"], AttributeNames=["QueueArn"])
    if schedule.is_of_scheduler:
        rule = schedule.queue
        _create_schedule(scheduler, schedule)
        expression = eventbridge.of_rule(str(schedule.content["ScheduleExpression"]))
        if expression.startswith("at("):
            return
        events.put_rule(Name=rule, ScheduleExpression=expression)
    else:
        rule = schedule.name
        events.put_rule(**dict(schedule.content))
    answer = events.put_targets(
        Rule=rule, Targets=[{"Id": _TARGET_ID, "Arn": arn["Attributes"]["QueueArn"]}]
    )
    if answer["FailedEntryCount"]:
        raise ProvisionError(
            f"the rule {schedule.name} did not take its target",
            last_answer=json.dumps(answer["FailedEntries"]),
            where=str(schedule.rule.path),
            hint="correct PutTargets in that file",
        )


def _create_schedule(scheduler: Any, schedule: Schedule) -> None:
    groups = {group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]}
    if schedule.group not in groups:
        scheduler.create_schedule_group(Name=schedule.group)
    (call,) = schedule.rule.calls
    scheduler.create_schedule(**call.sent)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an AWS API's refusal into an error of ours.

    Raises:
        ProvisionError: The API answered with an error, or not at all.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise ProvisionError(
            f"could not create {doing}",
            last_answer=str(error),
            hint="if a file of the app asks for something wrong, correct it there: production's"
            " API would refuse it too",
        ) from error
    except BotoCoreError as error:
        raise ProvisionError(
            f"could not create {doing}: the stand-in did not answer",
            last_answer=str(error),
            hint="run it again, on a machine that has more time",
        ) from error


def secrets(client: SecretsManagerClient, values: Mapping[str, Secret]) -> None:
    """Store each secret under production's name."""
    for name, value in values.items():
        client.create_secret(Name=name, SecretString=value.reveal())


def environment_files(client: S3Client, texts: Mapping[str, str]) -> None:
    """Put each environment file into its bucket, which is made where the app has no such one."""
    buckets = {entry["Name"] for entry in client.list_buckets()["Buckets"]} if texts else set()
    for reference, text in texts.items():
        bucket, key = environment_file.place_of(reference) or ("", "")
        if bucket not in buckets:
            region, arguments = client.meta.region_name, cast("Any", {"Bucket": bucket})
            if region != _NOT_NAMED:
                arguments["CreateBucketConfiguration"] = {"LocationConstraint": region}
            client.create_bucket(**arguments)
            buckets.add(bucket)
        client.put_object(Bucket=bucket, Key=key, Body=text.encode())


def roles(client: IAMClient, production: Production) -> None:
    """Create the roles that the app's files in ``iam/`` describe, as they are."""
    for role in production.roles:
        client.create_role(**role.create)
        for name, document in role.policies.items():
            client.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=document)


def create_load_balancing(client: ElasticLoadBalancingv2Client, production: Production) -> None:
    """Create the load balancer, and then the listeners."""
    create_load_balancer(client, production)
    create_listeners(client, production)


def create_load_balancer(client: ElasticLoadBalancingv2Client, production: Production) -> None:
    """Create the load balancer and the target group with production's settings."""
    balancer, group = production.load_balancer, production.target_group
    answer = client.create_load_balancer(**balancer["LoadBalancer"])
    if attributes := balancer.get("Attributes"):
        client.modify_load_balancer_attributes(
            LoadBalancerArn=answer["LoadBalancers"][0]["LoadBalancerArn"], Attributes=attributes
        )
    target_group = client.create_target_group(**group["TargetGroup"])
    if attributes := group.get("Attributes"):
        client.modify_target_group_attributes(
            TargetGroupArn=target_group["TargetGroups"][0]["TargetGroupArn"], Attributes=attributes
        )


def create_listeners(client: ElasticLoadBalancingv2Client, production: Production) -> None:
    """Create the listeners with their rules, and the other target groups that they lead to."""
    name = production.load_balancer["LoadBalancer"]["Name"]
    (balancer,) = client.describe_load_balancers(Names=[name])["LoadBalancers"]
    own = production.target_group["TargetGroup"]["Name"]
    for group, arguments in listeners.target_groups(production).items():
        if group != own:
            client.create_target_group(**arguments)
    for listener in listeners.of_production(production):
        # A listener as the AWS CLI prints it has the ARN of production's load balancer.
        own_balancer = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
        answer = client.create_listener(**{**cast("Any", listener.create), **own_balancer})
        arn = answer["Listeners"][0]["ListenerArn"]
        for rule in listener.rules:
            client.create_rule(**{**cast("Any", rule), "ListenerArn": arn})


def cluster(client: ECSClient, name: str) -> None:
    """Create the cluster."""
    client.create_cluster(clusterName=name)


def definition(client: ECSClient, content: TaskDefinition) -> None:
    """Register a task definition."""
    client.register_task_definition(**dict(content.raw))


def service(client: ECSClient, content: Service, *, cluster: str) -> None:
    """Register the task definition and create the service, from the files that production uses.

    Production's revision has another number here, so the family's newest is named.
    """
    definition(client, content.definition)
    family = family_of(content.create.get("taskDefinition", ""))
    client.create_service(**{**content.create, "cluster": cluster, "taskDefinition": family})
