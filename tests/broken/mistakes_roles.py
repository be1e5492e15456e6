"""The mistakes that IAM policies, and what AWS refuses of everyone, are about."""

from __future__ import annotations

from tests.broken.mistakes import JOB, MINUTES, NOT_STARTED, Mistake, pattern, text
from tests.broken.mistakes_stories import CONFIRMATION, OTHER_TASK, all_of

WEB = "app/iam/web-task.json"
WORKER = "app/iam/worker-task.json"
EXECUTION = "app/iam/execution.json"
RULE = "app/iam/schedule-rule.json"
DISK = "app/config/filesystems.php"

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
)
