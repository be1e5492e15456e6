"""Mistakes of the roles that tasks have."""

from __future__ import annotations

from scenarios import test_roles as roles
from tests.mistakes.edits import (
    EXECUTION_ROLE,
    WEB_ROLE,
    WORKER_ROLE,
    WORKER_TASK,
    combine,
    replace,
)
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin

MISTAKES = (
    Mistake(
        "the web task's role allows everything",
        replace(WEB_ROLE, '"s3:AbortMultipartUpload",', '"s3:AbortMultipartUpload", "*",'),
        breaks=[roles.test_no_task_role_allows_everything],
        cause="the role tickets-web-task allows too much",
        also_green=[roles.test_task_role_differs_from_the_execution_role],
        twin=Twin(
            "the web task's role allows all of S3 on the uploads",
            replace(WEB_ROLE, '"s3:AbortMultipartUpload",', '"s3:AbortMultipartUpload", "s3:*",'),
        ),
    ),
    Mistake(
        "the worker's role may work for the office's addresses only",
        replace(
            WORKER_ROLE,
            '"Sid": "WorkOffJobs",',
            '"Sid": "WorkOffJobs", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},',
        ),
        cause="asks for a public address (IpAddress aws:SourceIp), and tasks reach sqs through",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker's app has the execution role",
        combine(
            replace(WORKER_TASK, "role/tickets-worker-task", "role/tickets-execution"),
            replace(
                EXECUTION_ROLE,
                '"ecr:GetAuthorizationToken"',
                '["ecr:GetAuthorizationToken", "sqs:ReceiveMessage"]',
            ),
        ),
        breaks=[roles.test_task_role_differs_from_the_execution_role],
        cause="taskRoleArn of the worker task is its execution role",
        also_green=[roles.test_no_task_role_allows_everything],
    ),
    Mistake(
        "the web task's role has a path that its ARN lacks",
        replace(WEB_ROLE, '"RoleName"', '"Path": "/shop/",\n  "RoleName"'),
        cause='the role "tickets-web-task" has the path /shop/: no role has this ARN',
        exit_code=USAGE,
    ),
    Mistake(
        "the task role's trust policy names the cluster",
        replace(
            WEB_ROLE,
            '"arn:aws:ecs:us-east-1:876000000876:*"',
            '"arn:aws:ecs:us-east-1:876000000876:cluster/tickets"',
        ),
        cause="aws:SourceArn takes arn:aws:ecs:<region>:<account>:*, and names no cluster",
        exit_code=NOT_STARTED,
    ),
)
