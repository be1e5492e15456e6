"""The bucket, the queues, the rule, the roles, the identity and the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.mistakes.edits import (
    BUCKET,
    BUCKET_NAME,
    EXECUTION_ROLE,
    KMS_KEY,
    QUEUES,
    RULE_ROLE,
    SCHEDULE,
    TASKS_GROUP_ID,
    WEB_ROLE,
    WORKER_ROLE,
    WORKER_SERVICE,
    Edit,
    add_schedule,
    combine,
    edit_container,
    edit_egress,
    edit_json,
    edit_security_group,
    permission,
    set_bucket,
)
from tests.variants.edits import add_statement, update
from tests.variants.variant import Variant

SCHEDULER_ROLE = "app/iam/scheduler-task.json"
IDENTITY = "app/aws/identity.json"
TASK_ROLES = (WEB_ROLE, WORKER_ROLE, SCHEDULER_ROLE)
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
EVENTS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceEventsRole"
USE_KEY = ["kms:Decrypt", "kms:GenerateDataKey"]
WORKERS_GROUP_ID = "sg-0a40c1e2f3b4a5109"


def set_queue(number: int, **attributes: str | None) -> Edit:
    """Set attributes of a queue; None takes one away."""
    return update(QUEUES, "CreateQueue", number, "Attributes", **attributes)


def work_with(*flags: str) -> Edit:
    """Have the worker run queue:work with these words."""
    return edit_container(
        "worker",
        lambda container: container.update(command=["php", "artisan", "queue:work", *flags]),
    )


def add_workers_group(document: dict[str, Any]) -> None:
    """Add a group for the workers, which admits nobody, and let it in where the tasks' is."""
    groups = document["SecurityGroups"]
    tasks = next(entry for entry in groups if entry["GroupId"] == TASKS_GROUP_ID)
    groups.append(
        {**tasks, "GroupId": WORKERS_GROUP_ID, "GroupName": "workers", "IpPermissions": []}
    )
    for group in groups:
        for rule in group["IpPermissions"]:
            pairs = rule.get("UserIdGroupPairs", [])
            if any(pair["GroupId"] == TASKS_GROUP_ID for pair in pairs):
                pairs.append({"GroupId": WORKERS_GROUP_ID})


def verify_domain(content: dict[str, Any]) -> None:
    """Verify the sender's domain in place of its address."""
    content.clear()
    content["VerifyDomainIdentity"] = {"Domain": "876events.example"}


def add_role(name: str) -> Edit:
    """Add a role that no task of the app has."""

    def apply(root: Path) -> None:
        content = json.loads((root / WEB_ROLE).read_text())
        (root / "app/iam/another.json").write_text(json.dumps({**content, "RoleName": name}))

    return Edit((WEB_ROLE,), apply)


BUCKETS = [
    Variant(
        "the bucket has versions, a policy, rules for old objects, and CORS",
        combine(
            set_bucket("PutBucketVersioning", VersioningConfiguration={"Status": "Enabled"}),
            set_bucket(
                "PutBucketPolicy",
                Policy={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "TlsOnly",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [
                                f"arn:aws:s3:::{BUCKET_NAME}",
                                f"arn:aws:s3:::{BUCKET_NAME}/*",
                            ],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            ),
            set_bucket(
                "PutBucketLifecycleConfiguration",
                LifecycleConfiguration={
                    "Rules": [
                        {
                            "ID": "parts",
                            "Status": "Enabled",
                            "Filter": {},
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                        },
                        {
                            "ID": "versions",
                            "Status": "Enabled",
                            "Filter": {"Prefix": ""},
                            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                            "Transitions": [{"Days": 90, "StorageClass": "STANDARD_IA"}],
                        },
                    ]
                },
            ),
            set_bucket(
                "PutBucketCors",
                CORSConfiguration={
                    "CORSRules": [
                        {
                            "AllowedOrigins": ["https://tickets.876events.example"],
                            "AllowedMethods": ["GET", "PUT"],
                            "AllowedHeaders": ["*"],
                            "MaxAgeSeconds": 3600,
                        }
                    ]
                },
            ),
        ),
    ),
    Variant(
        "bucket and queue are encrypted with a key of the app's own",
        combine(
            set_bucket(
                "PutBucketEncryption",
                ServerSideEncryptionConfiguration={
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": KMS_KEY,
                            },
                            "BucketKeyEnabled": True,
                        }
                    ]
                },
            ),
            set_queue(
                1,
                SqsManagedSseEnabled=None,
                KmsMasterKeyId=KMS_KEY,
                KmsDataKeyReusePeriodSeconds="300",
            ),
            *(add_statement(role, Action=USE_KEY, Resource=KMS_KEY) for role in TASK_ROLES),
        ),
    ),
    Variant(
        "the bucket has tags, a log and metrics",
        combine(
            set_bucket("PutBucketTagging", Tagging={"TagSet": [{"Key": "team", "Value": "shop"}]}),
            set_bucket(
                "PutBucketLogging",
                BucketLoggingStatus={
                    "LoggingEnabled": {"TargetBucket": "shop-logs", "TargetPrefix": "uploads/"}
                },
            ),
            set_bucket(
                "PutBucketMetricsConfiguration", Id="all", MetricsConfiguration={"Id": "all"}
            ),
        ),
    ),
    Variant(
        "the bucket's file says what S3 does by default in one call",
        combine(
            edit_json(
                BUCKET,
                lambda document: [
                    document.pop(name)
                    for name in ("PutPublicAccessBlock", "PutBucketOwnershipControls")
                ],
            ),
            update(BUCKET, "CreateBucket", ObjectOwnership=None),
        ),
    ),
]
LONG_POLLS = [
    Variant(
        "the queue polls as long as it can, and hides a message for longer",
        combine(
            set_queue(
                1,
                ReceiveMessageWaitTimeSeconds="20",
                VisibilityTimeout="300",
                MaximumMessageSize="1048576",
            ),
            update(QUEUES, "CreateQueue", 1, tags={"team": "shop"}),
        ),
    ),
    Variant(
        "the worker's flags are other ones",
        work_with(
            *("--tries=2", "--timeout", "60", "--backoff=1,5", "--max-time=3600", "--max-jobs=500"),
            *("--queue=tickets-jobs", "--name=default", "--rest=1", "--verbose"),
        ),
    ),
]
SHORT_POLLS = [
    Variant(
        "the queue has SQS's own settings, with short polls",
        combine(
            set_queue(0, SqsManagedSseEnabled=None),
            set_queue(
                1,
                ReceiveMessageWaitTimeSeconds=None,
                MessageRetentionPeriod=None,
                SqsManagedSseEnabled=None,
                VisibilityTimeout="61",
            ),
            edit_json(
                QUEUES,
                lambda document: document["CreateQueue"][1]["Attributes"]["RedrivePolicy"].update(
                    maxReceiveCount="4"
                ),
            ),
        ),
    ),
    Variant(
        "the worker has the flags of Laravel's documentation, and ECS's time to stop",
        combine(
            work_with("--tries=3", "--timeout=25"),
            edit_container("worker", lambda container: container.pop("stopTimeout")),
        ),
    ),
    Variant(
        "there is a queue for mails too, which stands first, and the worker takes from both",
        combine(
            edit_json(
                QUEUES,
                lambda document: document["CreateQueue"].insert(0, {"QueueName": "tickets-mails"}),
            ),
            *(
                add_statement(
                    role,
                    Action="sqs:*",
                    Resource="arn:aws:sqs:us-east-1:876000000876:tickets-mails",
                )
                for role in TASK_ROLES
            ),
        ),
    ),
]
RULES = [
    Variant(
        "a further rule runs a command at night",
        add_schedule("php", "artisan", "queue:prune-failed", "--hours=48"),
    ),
    Variant(
        "the rule is a cron expression, and its target has other fields, and a revision",
        combine(
            update(
                SCHEDULE,
                "PutRule",
                ScheduleExpression="cron(0/1 * * * ? *)",
                Description=None,
                EventBusName="default",
                Tags=[{"Key": "team", "Value": "shop"}],
            ),
            update(
                SCHEDULE,
                *("PutTargets", "Targets", 0),
                Input=None,
                RetryPolicy=None,
                DeadLetterConfig={"Arn": "arn:aws:sqs:us-east-1:876000000876:tickets-jobs-dead"},
            ),
            update(
                SCHEDULE,
                *("PutTargets", "Targets", 0, "EcsParameters"),
                TaskDefinitionArn="arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-scheduler:41",
                LaunchType=None,
                CapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
                PlatformVersion="LATEST",
                TaskCount=None,
                Group="scheduled",
                PropagateTags="TASK_DEFINITION",
                EnableECSManagedTags=True,
            ),
        ),
    ),
]
ROLES = [
    Variant(
        "roles have tags, a boundary, a longer session and statements more",
        combine(
            *(
                combine(
                    update(
                        role,
                        Tags=[{"Key": "team", "Value": "shop"}],
                        MaxSessionDuration=7200,
                        PermissionsBoundary="arn:aws:iam::876000000876:policy/shop-boundary",
                    ),
                    add_statement(
                        role,
                        Action=["xray:PutTraceSegments", "cloudwatch:PutMetricData"],
                        Resource="*",
                    ),
                )
                for role in TASK_ROLES
            )
        ),
    ),
    Variant(
        "the execution role has AWS's own policy, and a right for the secrets",
        edit_json(
            EXECUTION_ROLE,
            lambda document: document.update(
                ManagedPolicyArns=[EXECUTION_POLICY],
                Policies=[
                    {
                        "PolicyName": "secrets",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": {
                                "Effect": "Allow",
                                "Action": "secretsmanager:GetSecretValue",
                                "Resource": "arn:aws:secretsmanager:*:*:secret:tickets/*",
                            },
                        },
                    }
                ],
            ),
        ),
    ),
    Variant(
        "the rule's role has AWS's own policy",
        edit_json(
            RULE_ROLE,
            lambda document: document.update(ManagedPolicyArns=[EVENTS_POLICY], Policies=[]),
        ),
    ),
    Variant("there is a role that nothing here uses", add_role("shop-backup")),
]
IDENTITIES = [
    Variant(
        "the sender's domain is verified, and not the address",
        combine(
            edit_json(IDENTITY, verify_domain),
            add_statement(
                WORKER_ROLE,
                Action=["ses:SendRawEmail", "ses:SendEmail"],
                Resource="arn:aws:ses:us-east-1:876000000876:identity/876events.example",
            ),
        ),
    ),
]
NETWORKS = [
    Variant(
        "the workers have a security group of their own, which admits nobody",
        combine(
            edit_json("app/network/security-groups.json", add_workers_group),
            update(
                WORKER_SERVICE,
                *("networkConfiguration", "awsvpcConfiguration"),
                securityGroups=[WORKERS_GROUP_ID],
            ),
        ),
    ),
    Variant(
        "visitors come over https only",
        edit_security_group("tickets-load-balancer", lambda rules: rules.pop(0)),
    ),
    Variant(
        "groups let out what is needed, to the subnets' addresses",
        combine(
            edit_egress("tickets-load-balancer", [permission("10.40.16.0/20", 8080)]),
            edit_egress("tickets-proxy", [permission("10.40.32.0/20", 3306)]),
            edit_egress("tickets-database", []),
            edit_egress("tickets-endpoints", []),
        ),
    ),
]
