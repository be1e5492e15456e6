"""The mistakes that IAM policies, and what AWS refuses of everyone, are about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.broken.mistakes import (
    JOB,
    MINUTES,
    NOT_STARTED,
    USAGE,
    Change,
    Mistake,
    pattern,
    text,
)
from tests.broken.mistakes_stories import CONFIRMATION, OTHER_TASK, all_of

if TYPE_CHECKING:
    from pathlib import Path

WEB = "app/iam/web-task.json"
WORKER = "app/iam/worker-task.json"
EXECUTION = "app/iam/execution.json"
RULE = "app/iam/schedule-rule.json"
DISK = "app/config/filesystems.php"
BUCKET_FILE = "app/aws/bucket.json"
BUCKET = "876events-tickets-uploads"
KEY = "arn:aws:kms:us-east-1:876000000876:key/0b1c6a35-7f0e-4d3b-9b67-2f1d6f1f0c11"


def bucket_has(operation: str, **given: Any) -> Change:
    """Add a setting to the bucket's file."""

    def change(root: Path) -> None:
        path = root / BUCKET_FILE
        found = json.loads(path.read_text())
        found[operation] = {"Bucket": BUCKET, **given}
        path.write_text(json.dumps(found, indent=2))

    return change


def bucket_policy(**statement: Any) -> Change:
    """Give the bucket a policy of one statement, about its objects and for everyone."""
    whole = {"Principal": "*", "Resource": f"arn:aws:s3:::{BUCKET}/*", **statement}
    return bucket_has("PutBucketPolicy", Policy={"Version": "2012-10-17", "Statement": [whole]})


def takes_away(rule: str, **what: Any) -> Change:
    """Give the bucket a lifecycle rule for all that is in it."""
    whole = {"ID": rule, "Status": "Enabled", "Filter": {"Prefix": ""}, **what}
    return bucket_has("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": [whole]})


ROLES = (
    Mistake(
        "the execution role may not read a secret",
        text(EXECUTION, "secret:tickets/app-??????", "secret:tickets/other-??????"),
        cause="its execution role may not read arn:aws:secretsmanager:us-east-1:876000000876:"
        "secret:tickets/app-",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the execution role may not write logs",
        text(EXECUTION, '"logs:CreateLogStream",', ""),
        cause="its execution role tickets-execution lacks logs:CreateLogStream",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the log group is to be created by a role that may not",
        text(
            "app/ecs/web.json",
            '"awslogs-group"',
            '"awslogs-create-group": "true", "awslogs-group"',
        ),
        cause="its execution role tickets-execution lacks logs:CreateLogGroup",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the execution role may not pull the image",
        text(EXECUTION, "repository/tickets", "repository/shop"),
        cause="its execution role tickets-execution lacks ecr:BatchGetImage",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task role trusts another service than ECS",
        text(WEB, "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"),
        cause="role/tickets-web-task does not exist, or its trust policy",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task role that the definition names does not exist",
        text("app/ecs/worker.json", "role/tickets-worker-task", "role/tickets-worker"),
        cause="role/tickets-worker does not exist",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "ECS Exec is not enabled for the web service",
        text(
            "app/ecs/service-web.json",
            '"enableExecuteCommand": true',
            '"enableExecuteCommand": false',
        ),
        cause="ECS Exec does not work for the web task: its service does not enable it",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the web task's role lacks what ECS Exec needs",
        text(WEB, '"ssmmessages:OpenDataChannel"', '"ssm:OpenDataChannel"'),
        cause="ECS Exec does not work for the web task: its role lacks the ssmmessages actions",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the web task's role may not remove uploads",
        text(WEB, '"s3:DeleteObject",', ""),
        cause="the task role tickets-web-task lacks s3:DeleteObject on arn:aws:s3:::876events",
        red=("test_a_removed_file_is_gone_for_every_task",),
        green=(JOB,),
    ),
    Mistake(
        "the web task's role names the bucket and not its objects",
        text(WEB, "876events-tickets-uploads/*", "876events-tickets-uploads"),
        cause="the task role tickets-web-task lacks s3:PutObject on arn:aws:s3:::876events",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "the web task's role may not dispatch jobs",
        text(WEB, '"sqs:SendMessage"', '"sqs:SendMessages"'),
        cause="the task role tickets-web-task lacks sqs:SendMessage",
        red=(JOB,),
        green=(OTHER_TASK,),
    ),
    Mistake(
        "the scheduler's role may not dispatch jobs",
        text("app/iam/scheduler-task.json", '"sqs:SendMessage"', '"sqs:GetQueueUrl"'),
        cause="the task role tickets-scheduler-task lacks sqs:SendMessage",
        red=("test_an_order_whose_job_the_queue_did_not_take_is_confirmed_by_the_scheduler",),
        green=(MINUTES,),
    ),
    Mistake(
        "the worker's role may not remove messages",
        text(WORKER, '"sqs:DeleteMessage",', ""),
        cause="the task role tickets-worker-task lacks sqs:DeleteMessage",
        red=(JOB,),
    ),
    Mistake(
        "the worker's role may send from another address only",
        text(WORKER, "identity/tickets@876events.example", "identity/shop@876events.example"),
        cause="the task role tickets-worker-task lacks ses:SendRawEmail",
        red=(CONFIRMATION,),
    ),
    Mistake(
        "the rule's role may not run the task",
        text(RULE, "task-definition/tickets-scheduler:*", "task-definition/tickets-schedule:*"),
        cause="the rule tickets-schedule cannot run its task: its role tickets-schedule-rule lacks"
        " ecs:RunTask",
        red=(MINUTES,),
    ),
    Mistake(
        "the rule's role may not hand over the execution role",
        pattern(RULE, r'"arn:aws:iam::876000000876:role/tickets-execution",\n', ""),
        cause="its role tickets-schedule-rule lacks iam:PassRole on arn:aws:iam::876000000876",
        red=(MINUTES,),
    ),
    Mistake(
        "the web task's role allows everything",
        text(WEB, '"s3:AbortMultipartUpload",', '"s3:AbortMultipartUpload", "*",'),
        cause="the role tickets-web-task allows too much",
        red=("test_no_role_of_a_task_allows_everything",),
    ),
    Mistake(
        "the worker's app has the execution role",
        all_of(
            text("app/ecs/worker.json", "role/tickets-worker-task", "role/tickets-execution"),
            text(
                EXECUTION,
                '"ecr:GetAuthorizationToken"',
                '["ecr:GetAuthorizationToken", "sqs:ReceiveMessage"]',
            ),
        ),
        cause="taskRoleArn of the worker task is its execution role",
        red=("test_no_task_has_its_execution_role_for_a_task_role",),
    ),
    Mistake(
        "uploads are made public by an ACL",
        text(DISK, "'options' => ['ACL' => '']", "'options' => ['ACL' => 'public-read']"),
        cause="the app sets an ACL, and the bucket has none",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "the worker has no role",
        pattern("app/ecs/worker.json", r'^  "taskRoleArn": .*\n', ""),
        cause="the task has no task role",
        red=(JOB,),
    ),
    Mistake(
        "the bucket's policy asks for a header that the app does not send",
        bucket_policy(
            Effect="Deny",
            Action="s3:PutObject",
            Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}},
        ),
        cause="the policy of the bucket or queue itself denies s3:PutObject on arn:aws:s3:::876",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "the bucket's policy lets everyone read",
        bucket_policy(Effect="Allow", Action="s3:GetObject"),
        cause="PutBucketPolicy lets everyone in, and the bucket blocks public policies",
        exit_code=USAGE,
    ),
    Mistake(
        "the bucket has a key that the web task's role may not use",
        bucket_has(
            "PutBucketEncryption",
            ServerSideEncryptionConfiguration={
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": KEY,
                        }
                    }
                ]
            },
        ),
        cause=f"lacks kms:GenerateDataKey on the key that bucket or queue is encrypted with ({KEY}",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "the queue has a key that the roles may not use",
        text(
            "app/aws/queues.json",
            '"SqsManagedSseEnabled": "true",\n        "RedrivePolicy"',
            f'"KmsMasterKeyId": "{KEY}",\n        "RedrivePolicy"',
        ),
        cause=f"on the key that bucket or queue is encrypted with ({KEY})",
        red=(JOB,),
    ),
    Mistake(
        "the bucket is in another region",
        bucket_has("CreateBucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
        cause="the bucket is not in the region that the app signs for",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "a lifecycle rule deletes uploads",
        takes_away("temporary", Expiration={"Days": 1}),
        cause="the bucket's lifecycle takes uploads away while their events are on sale",
        red=("test_no_rule_of_the_bucket_takes_uploads_away",),
        green=(OTHER_TASK,),
    ),
    Mistake(
        "a lifecycle rule moves uploads to an archive",
        takes_away("archive", Transitions=[{"Days": 30, "StorageClass": "GLACIER"}]),
        cause="moves it to GLACIER, out of the app's reach, after 30 day(s)",
        red=("test_no_rule_of_the_bucket_takes_uploads_away",),
    ),
)
