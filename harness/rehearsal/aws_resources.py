"""The app's bucket, queues, mail identity and schedule, made from the files that production uses.

Receives clients. The one place where a call differs from production's is the rule's target: on AWS
it is an ECS task; here it is a queue, which control reads and turns into RunTask.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.core.errors import ProvisionError
from harness.inputs import task_definitions
from harness.inputs.api_calls import dead_letter_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_events import EventBridgeClient
    from types_boto3_s3 import S3Client
    from types_boto3_ses import SESClient
    from types_boto3_sqs import SQSClient

    from harness.inputs.api_calls import CallFile
    from harness.inputs.config import Config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.core.redact import Secret
from harness.inputs import iam_roles, load_balancer, problem
from harness.inputs.config import Config, Service

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_ecs import ECSClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_iam import IAMClient
    from types_boto3_secretsmanager import SecretsManagerClient

TICKS_VISIBILITY_S = 10
"""How soon a tick whose RunTask was refused is tried again."""


_TARGET_ID = "ticks"


def make(client: S3Client | SQSClient | SESClient, file: CallFile) -> None:
    """Make the calls of a file, in its order."""
    for call in file.calls:
        getattr(client, call.method)(**call.sent)


def ticks_queue(rule: str) -> str:
    """Name of the queue that stands for a rule's ECS target."""
    return f"{rule}-ticks"


def make_schedule(events: EventBridgeClient, sqs: SQSClient, file: CallFile) -> None:
    """Create the rule, with a queue as its target.

    PutTargets is called exactly once: in the emulator, each call ever made adds a tick a minute.

    Raises:
        ProvisionError: The rule or its target was not accepted.
    """
    (rule,) = file.inputs_of("PutRule")
    (target,) = file.inputs_of("PutTargets")[0]["Targets"]
    name = rule["Name"]
    queue = sqs.create_queue(
        QueueName=ticks_queue(name),
        Attributes={
            "VisibilityTimeout": str(TICKS_VISIBILITY_S),
            "MessageRetentionPeriod": str(max(60, maximum_age_s(target))),
        },
    )
    arn = sqs.get_queue_attributes(QueueUrl=queue["QueueUrl"], AttributeNames=["QueueArn"])
    events.put_rule(**rule)
    answer = events.put_targets(
        Rule=name, Targets=[{"Id": _TARGET_ID, "Arn": arn["Attributes"]["QueueArn"]}]
    )
    if answer["FailedEntryCount"]:
        raise ProvisionError(
            f"the rule {name} did not take its target",
            last_answer=json.dumps(answer["FailedEntries"]),
            where=str(file.path),
            hint="correct PutTargets in that file",
        )


def maximum_age_s(target: dict[str, Any]) -> int:
    """Return how old a tick may be when its task is started; AWS says a day if nothing is said."""
    return int(target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 86400))


def names(config: Config) -> dict[str, str]:
    """Return what the scenarios call these resources by: kind -> name."""
    found: dict[str, str] = {}
    schedule = config.schedule
    for file in (*config.resources.files, *((schedule.rule,) if schedule else ())):
        for call in file.calls:
            given = call.given
            if call.operation == "CreateBucket":
                found["bucket"] = given["Bucket"]
            elif call.operation == "PutRule":
                found["rule"] = given["Name"]
            elif call.operation.startswith("Verify"):
                found["identity"] = given.get("EmailAddress") or given["Domain"]
        found |= _queue_names(file.inputs_of("CreateQueue"))
    if schedule is not None:
        found["scheduler"] = task_definitions.load(schedule.task_definition).family
    return found


def _queue_names(inputs: list[Mapping[str, Any]]) -> dict[str, str]:
    """Name the queue that is no other's dead-letter queue, and its own."""
    dead = {dead_letter_queue(given) for given in inputs}
    for given in inputs:
        if given["QueueName"] not in dead:
            own = dead_letter_queue(given)
            return {"queue": given["QueueName"], **({"dead_letter_queue": own} if own else {})}
    return {}


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an AWS API's refusal into an error of ours.

    Raises:
        ProvisionError: The API answered with an error, or not at all.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ProvisionError(
            f"could not create {doing}",
            last_answer=str(error),
            hint="if a file of the app asks for something wrong, correct it there: production's"
            " API would refuse it too",
        ) from error


def secrets(client: SecretsManagerClient, values: Mapping[str, Secret]) -> None:
    """Store each secret under production's name."""
    for name, value in values.items():
        client.create_secret(Name=name, SecretString=value.reveal())


def roles(client: IAMClient, config: Config) -> None:
    """Create the roles that the app's files in ``iam/`` describe, as they are."""
    for role in iam_roles.read(config.app_context):
        client.create_role(**role.create)
        for name, document in role.policies.items():
            client.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=document)


def create_load_balancer(client: ElasticLoadBalancingv2Client, config: Config) -> None:
    """Create the load balancer and the target group with production's settings."""
    balancer = load_balancer.load_balancer(config.load_balancer)
    made = client.create_load_balancer(**balancer["LoadBalancer"])
    client.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
        Attributes=balancer.get("Attributes", []),
    )
    group = load_balancer.target_group(config.target_group)
    target_group = client.create_target_group(**group["TargetGroup"])
    client.modify_target_group_attributes(
        TargetGroupArn=target_group["TargetGroups"][0]["TargetGroupArn"],
        Attributes=group.get("Attributes", []),
    )


def cluster(client: ECSClient, config: Config) -> None:
    """Create the cluster."""
    client.create_cluster(clusterName=config.cluster)


def definition(client: ECSClient, path: Path) -> None:
    """Register a task definition."""
    client.register_task_definition(**dict(task_definitions.load(path).raw))


def service(client: ECSClient, config: Config, files: Service) -> None:
    """Register the task definition and create the service, from the files that production uses."""
    definition(client, files.task_definition)
    settings = problem.load_json(files.service)
    client.create_service(**{**settings, "cluster": config.cluster})


def service_name(files: Service) -> str:
    """Name of the service in its file."""
    return str(problem.load_json(files.service)["serviceName"])
