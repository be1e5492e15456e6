"""The logs of tasks in CloudWatch Logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from harness.target.access import Access
from harness.target.resources.task_logs import TaskLogs

ARN = "arn:aws:ecs:eu-west-1:876000000876"
TASK = {
    "taskArn": f"{ARN}:task/shop/0123",
    "taskDefinitionArn": f"{ARN}:task-definition/web:7",
}
AWSLOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/shop", "awslogs-stream-prefix": "web"},
}
DEFINITION = {
    "taskDefinition": {
        "containerDefinitions": [
            {"name": "app", "logConfiguration": AWSLOGS},
            {"name": "agent", "logConfiguration": {"logDriver": "splunk"}},
        ]
    }
}
CALL = {"logGroupName": "/ecs/shop", "logStreamNames": ["web/app/0123"], "startTime": ANY}


@pytest.fixture
def clients() -> dict[str, Any]:
    session: Any = boto3.session.Session(
        aws_access_key_id="AKIA", aws_secret_access_key="x", region_name="eu-west-1"
    )
    return {name: session.client(name) for name in ("ecs", "logs")}


def event(second: int, text: str) -> dict[str, Any]:
    at = datetime(2026, 11, 27, 20, 0, second, tzinfo=UTC)
    return {"timestamp": int(at.timestamp() * 1000), "message": text}


def test_the_log_of_a_task_is_read_to_its_last_page(clients: dict[str, Any]) -> None:
    logs = TaskLogs(Access("https://shop.example", cluster="shop"), **clients)
    with Stubber(clients["ecs"]) as ecs, Stubber(clients["logs"]) as cloudwatch:
        ecs.add_response("describe_tasks", {"tasks": [TASK]})
        ecs.add_response("describe_task_definition", DEFINITION)
        for token, events in (("a", [event(0, "one")]), ("b", []), ("", [event(1, "two")])):
            more = {"nextToken": token} if token else {}
            before = {"": {"nextToken": "b"}, "b": {"nextToken": "a"}, "a": {}}[token]
            cloudwatch.add_response(
                "filter_log_events", {"events": events, **more}, {**CALL, **before}
            )
        assert logs.log_of("0123") == "one\ntwo"


def test_a_task_that_has_written_nothing_has_no_log(clients: dict[str, Any]) -> None:
    logs = TaskLogs(Access("https://shop.example", cluster="shop"), **clients)
    with Stubber(clients["ecs"]) as ecs, Stubber(clients["logs"]) as cloudwatch:
        ecs.add_response("describe_tasks", {"tasks": [TASK]})
        ecs.add_response("describe_task_definition", DEFINITION)
        cloudwatch.add_client_error(
            "filter_log_events", "ResourceNotFoundException", "The specified log stream"
        )
        assert logs.log_of("0123") == ""
