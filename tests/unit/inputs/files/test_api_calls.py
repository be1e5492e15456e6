"""The app's AWS files: reading, calls and rejections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.aws import eventbridge
from harness.core.errors import ConfigError
from harness.inputs.document import Document, read_json
from harness.inputs.files import api_calls
from harness.inputs.files.api_calls import Call

APP = Path(__file__).resolve().parents[4] / "app" / "aws"
DEAD = {"QueueName": "dead"}
JOBS = {
    "QueueName": "jobs",
    "Attributes": {
        "VisibilityTimeout": "120",
        "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:r:a:dead", "maxReceiveCount": 5},
    },
}
BLOCK = {"BlockPublicAcls": True}
RULE = {"Name": "each-minute", "ScheduleExpression": "rate(1 minute)"}
PARAMETERS = {
    "TaskDefinitionArn": "arn:aws:ecs:r:a:task-definition/t",
    "LaunchType": "FARGATE",
}
TARGET = {
    "Id": "one",
    "Arn": "arn:aws:ecs:r:a:cluster/c",
    "RoleArn": "arn:aws:iam::a:role/r",
    "EcsParameters": PARAMETERS,
}


def write(directory: Path, content: Any) -> Document:
    path = directory / "file.json"
    path.write_text(json.dumps(content))
    return read_json(path)


def schedule(directory: Path, **target: Any) -> Document:
    targets = [{k: v for k, v in {**TARGET, **target}.items() if v is not None}]
    return write(
        directory,
        {"PutRule": RULE, "PutTargets": {"Rule": "each-minute", "Targets": targets}},
    )


@pytest.mark.parametrize("text", ["{}", "{ }", {}])
def test_an_input_without_overrides_is_a_document(text: Any, tmp_path: Path) -> None:
    api_calls.schedule(schedule(tmp_path, Input=text))


def test_the_reference_apps_files_are_good() -> None:
    assert api_calls.bucket(read_json(APP / "bucket.json")).inputs_of("CreateBucket")
    assert len(api_calls.queues(read_json(APP / "queues.json")).calls) == 2
    assert api_calls.identity(read_json(APP / "identity.json")).calls
    assert api_calls.schedule(read_json(APP / "schedule.json")).inputs_of("PutTargets")


def test_settings_without_an_effect_on_the_app_are_checked_and_not_called(tmp_path: Path) -> None:
    logging = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
    content: dict[str, Any] = {
        "CreateBucket": {"Bucket": "uploads"},
        "PutBucketLogging": {"Bucket": "uploads", "BucketLoggingStatus": logging},
    }
    found = api_calls.bucket(write(tmp_path, content))
    assert [call.operation for call in found.calls] == ["CreateBucket"]
    del content["PutBucketLogging"]["BucketLoggingStatus"]
    with pytest.raises(ConfigError, match="BucketLoggingStatus is missing"):
        api_calls.bucket(write(tmp_path, content))


@pytest.mark.parametrize(
    ("operation", "method"),
    [
        ("CreateBucket", "create_bucket"),
        ("PutPublicAccessBlock", "put_public_access_block"),
        ("VerifyEmailIdentity", "verify_email_identity"),
    ],
)
def test_an_operation_is_called_by_boto3s_name(operation: str, method: str) -> None:
    assert Call(operation, {}).method == method


def test_documents_are_sent_as_text(tmp_path: Path) -> None:
    file = api_calls.queues(write(tmp_path, {"CreateQueue": [DEAD, JOBS]}))
    sent = file.calls[1].sent["Attributes"]
    assert sent["VisibilityTimeout"] == "120"
    assert json.loads(sent["RedrivePolicy"])["maxReceiveCount"] == 5


def test_the_dead_letter_queue_is_known_from_either_form() -> None:
    policy = json.dumps(JOBS["Attributes"]["RedrivePolicy"])  # type: ignore[index]
    as_text = {"QueueName": "jobs", "Attributes": {"RedrivePolicy": policy}}
    assert api_calls.dead_letter_queue(JOBS) == "dead"
    assert api_calls.dead_letter_queue(as_text) == "dead"
    assert api_calls.dead_letter_queue(DEAD) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"CreateQueue": [JOBS, DEAD]},
            "CreateQueue[0].Attributes.RedrivePolicy names the queue dead, which is not above it",
        ),
        (
            {"CreateQueue": {"QueueName": "jobs", "Attributes": {"VisibilityTimeout": 120}}},
            "CreateQueue.Attributes.VisibilityTimeout is a number, and must be a string",
        ),
        ({"CreateQueues": [DEAD]}, "CreateQueues is no operation for this file"),
        ({"CreateQueue": [{"Name": "jobs"}]}, "CreateQueue[0].Name is no field that AWS knows"),
        ({"CreateQueue": "jobs"}, "CreateQueue is a string, and must be an object"),
        (
            {"CreateQueue": {"QueueName": "a", "Attributes": {"RedrivePolicy": "{"}}},
            "CreateQueue.Attributes.RedrivePolicy is not a JSON object",
        ),
        ({}, "has no CreateQueue"),
    ],
)
def test_a_wrong_queue_is_refused_with_its_place(tmp_path: Path, content: Any, said: str) -> None:
    document = write(tmp_path, content)
    with pytest.raises(ConfigError) as failure:
        api_calls.queues(document)
    assert str(document.path) in str(failure.value)
    assert said in str(failure.value)


def test_a_bucket_file_is_about_one_bucket(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "CreateBucket": {"Bucket": "one"},
            "PutPublicAccessBlock": {"Bucket": "two", "PublicAccessBlockConfiguration": BLOCK},
        },
    )
    with pytest.raises(ConfigError, match='Bucket is "two", and CreateBucket has "one"'):
        api_calls.bucket(path)


@pytest.mark.parametrize("blocked", [True, False])
def test_a_public_policy_is_refused_where_it_is_blocked(tmp_path: Path, blocked: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    path = write(
        tmp_path,
        {
            "CreateBucket": {"Bucket": "one"},
            "PutPublicAccessBlock": {
                "Bucket": "one",
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": blocked,
                },
            },
            "PutBucketPolicy": {"Bucket": "one", "Policy": {"Statement": [statement]}},
        },
    )
    if not blocked:
        assert api_calls.bucket(path)
        return
    with pytest.raises(ConfigError, match="PutBucketPolicy lets everyone in"):
        api_calls.bucket(path)


@pytest.mark.parametrize("written", [dict, json.dumps])
def test_an_override_that_ecs_does_not_know_is_refused(tmp_path: Path, written: Any) -> None:
    given = written({"containerOverride": []})
    with pytest.raises(ConfigError, match='Input has "containerOverride"'):
        api_calls.schedule(schedule(tmp_path, Input=given))


@pytest.mark.parametrize("key", ["RoleArn", "EcsParameters"])
def test_a_target_that_cannot_run_a_task_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is missing"):
        api_calls.schedule(schedule(tmp_path, **{key: None}))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"Arn": None}, "Targets[0].Arn is missing"),
        ({"EcsParameters": "arn"}, "Targets[0].EcsParameters is a string, and must be an object"),
        (
            {"EcsParameters": {"LaunchType": "FARGATE"}},
            "Targets[0].EcsParameters.TaskDefinitionArn is missing",
        ),
        (
            {
                "EcsParameters": {
                    **PARAMETERS,
                    "NetworkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}},
                }
            },
            "Targets[0].EcsParameters.NetworkConfiguration.awsvpcConfiguration.subnets is no field"
            " that AWS knows",
        ),
    ],
)
def test_a_target_that_put_targets_does_not_take_is_refused(
    tmp_path: Path, target: dict[str, Any], said: str
) -> None:
    document = schedule(tmp_path, **target)
    with pytest.raises(ConfigError) as failure:
        api_calls.schedule(document)
    assert f"PutTargets.{said}" in str(failure.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"LaunchType": "EC2"}, 'LaunchType is "EC2"'),
        ({"LaunchType": None}, "LaunchType is missing, so that ECS takes EC2"),
        ({"PlatformVersion": "1.3.0"}, 'PlatformVersion is "1.3.0"'),
    ],
)
def test_a_target_that_is_not_on_fargate_is_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    parameters = {k: v for k, v in {**PARAMETERS, **changed}.items() if v is not None}
    with pytest.raises(ConfigError, match=f"EcsParameters.{said}"):
        api_calls.schedule(schedule(tmp_path, EcsParameters=parameters))


def test_an_input_that_only_eventbridge_can_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="InputTransformer"):
        api_calls.schedule(schedule(tmp_path, InputTransformer={"InputTemplate": "x"}))


@pytest.mark.parametrize(
    "bus", ["default", "arn:aws:events:us-east-1:876000000876:event-bus/default"]
)
def test_a_rule_may_name_the_default_bus(tmp_path: Path, bus: str) -> None:
    content = {
        "PutRule": {**RULE, "EventBusName": bus},
        "PutTargets": {"Rule": RULE["Name"], "EventBusName": bus, "Targets": [TARGET]},
    }
    assert api_calls.schedule(write(tmp_path, content))


def test_a_rule_of_another_bus_has_no_schedule(tmp_path: Path) -> None:
    content = {
        "PutRule": {**RULE, "EventBusName": "shop"},
        "PutTargets": {"Rule": RULE["Name"], "EventBusName": "shop", "Targets": [TARGET]},
    }
    with pytest.raises(ConfigError) as failure:
        api_calls.schedule(write(tmp_path, content))
    assert 'EventBusName is "shop", and EventBridge takes a ScheduleExpression on' in str(
        failure.value
    )


@pytest.mark.parametrize(
    "expression",
    ["rate(1 minute)", "rate(5 minutes)", "cron(* * * * ? *)", "cron(0 2 ? * MON *)"],
)
def test_a_good_expression_is_taken(expression: str) -> None:
    assert eventbridge.expression_problem(expression) == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(1 minutes)", "must say minute"),
        ("rate(5 minute)", "must say minutes"),
        ("rate(0 minutes)", "has the rate 0"),
        ("* * * * *", "neither rate(...) nor cron(...)"),
        ("cron(* * * * *)", "has 5 fields, and EventBridge's cron has six"),
        ("cron(* * * * * *)", "must have ?"),
        ("cron(* * ? * ? *)", "must have ?"),
    ],
)
def test_a_bad_expression_is_explained(expression: str, said: str) -> None:
    assert said in eventbridge.expression_problem(expression)
